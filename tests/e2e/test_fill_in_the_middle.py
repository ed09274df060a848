"""The default model as it is served: it sees what follows the cursor, and comes to an end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from codex_lsp.engine.base import Cancellation
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.model_dir import TOKENIZER_FILE, ModelDir
from codex_lsp.options import EngineOptions, TokenBudget
from codex_lsp.prompt import PromptBuilder
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Context, Shape
from tests.e2e.conftest import Editor, Start

READ = "import json\n\n\ndef read(path):\n    with open(path) as file:"
ADD = "def add(a, b):\n    return a +"
CALL = "\n\n\nprint(add(1, 2))\n"
PUSH = (
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n"
)
POP = "\n\n    def pop(self):\n        return self.items.pop()\n"


@pytest.fixture(scope="module")
def engine(model: ModelDir) -> Iterator[CTranslate2Engine]:
    # In float32: with int8, how greedy decoding goes on depends on the processor.
    engine = CTranslate2Engine(model, EngineOptions(threads=1, compute_type="float32"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def prompts(model: ModelDir, engine: CTranslate2Engine) -> PromptBuilder:
    return PromptBuilder(model.description, engine.tokenizer)


def ids_of(prompts: PromptBuilder, prefix: str, suffix: str) -> tuple[int, ...]:
    context = Context(prefix, suffix, "python", Shape.LINE)
    return prompts.build(context, TokenBudget(), 16)[0].ids


def logprob(
    engine: CTranslate2Engine, prompts: PromptBuilder, prefix: str, middle: str, suffix: str
) -> float:
    """Return the log-probability of ``middle`` between the two; it begins with whole tokens."""
    prompt, whole = (ids_of(prompts, text, suffix) for text in (prefix, prefix + middle))
    assert whole[: len(prompt)] == prompt
    pending = engine.score([whole])
    while (found := pending.get()) is None:
        time.sleep(0.001)
    return sum(found[0][len(prompt) - 1 :])


@pytest.mark.parametrize(
    ("prefix", "middle", "suffix"),
    [
        (READ, "\n        settings = json.load(file)", "\n    return settings\n"),
        ("weights = [1, 2, 3]\n", "total_weight = sum(weights)", "\nprint(total_weight)\n"),
        ("for name,", " price", " in prices.items():\n    print(name, price)\n"),
    ],
)
def test_what_the_text_below_speaks_of_is_likelier(
    engine: CTranslate2Engine, prompts: PromptBuilder, prefix: str, middle: str, suffix: str
) -> None:
    between = logprob(engine, prompts, prefix, middle, suffix)
    assert between > logprob(engine, prompts, prefix, middle, "") + 1


class Greedy:
    """Keeps the likeliest tokens up to one that ends the text."""

    def __init__(self, stop_ids: frozenset[int]) -> None:
        self.ids: list[int] = []
        self._stop_ids = stop_ids

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        self.ids.append(token_id)
        return token_id in self._stop_ids


@pytest.mark.parametrize("suffix", [CALL, ""])
def test_the_model_comes_to_an_end_by_itself(
    engine: CTranslate2Engine, prompts: PromptBuilder, suffix: str
) -> None:
    prompt, _ = prompts.build(Context(ADD, suffix, "python", Shape.LINE), TokenBudget(), 16)
    sink = Greedy(prompts.stop_ids)
    engine.generate(prompt, SamplingParams(temperature=0), sink, Cancellation(), 16)
    *ids, last = sink.ids
    assert last in prompts.stop_ids
    assert engine.tokenizer.decode(ids).rstrip() == " b"


async def prompt_tokens(editor: Editor, before: str, after: str, name: str) -> int:
    """Complete a line between the two, and return how long the prompt was."""
    uri = editor.open(before + after, uri=f"file:///t/{name}.py")
    counted = (await editor.performance())["work"]["promptTokens"]
    await editor.complete(uri, 0, len(before), invoked=True)
    return int((await editor.performance())["work"]["promptTokens"] - counted)


async def test_the_server_puts_what_follows_between_sentinels(
    start: Start, model: ModelDir
) -> None:
    editor = await start({"samples": 1, "maxLines": 1, "recall": "off"})
    below = "\n\nprint(total)\n"
    alone = await prompt_tokens(editor, "total = sum(", "\n", "alone")
    between = await prompt_tokens(editor, "total = sum(", below, "between")
    closed = await prompt_tokens(editor, "total = sum(", ")" + below, "closed")
    tokenizer = Tokenizer.from_file(model.path / TOKENIZER_FILE)
    sentinels = 3
    assert between == alone + sentinels + len(tokenizer.encode(below))
    assert closed == between


@pytest.mark.parametrize(
    ("above", "below"),
    [(READ + "\n        ", "\n    return settings\n"), (PUSH + "\n        ", POP)],
)
async def test_no_line_below_is_suggested_again(start: Start, above: str, below: str) -> None:
    editor = await start({"samples": 4, "recall": "off"})
    uri = editor.open(above + below)
    lines = above.split("\n")
    items = await editor.complete(uri, len(lines) - 1, len(lines[-1]), invoked=True)
    assert items
    following = next(line.strip() for line in below.split("\n") if line.strip())
    suggested = [line.strip() for item in items for line in str(item.insert_text).split("\n")]
    assert following not in suggested
