"""What snippets of other files do for the next line: the same places with them and without them.

At random lines of real packages the file is known up to the line, and the package's other files
are known whole; what stands below the line is shown only where the budget has tokens for it. The
model completes the line greedily, once for each variant, within the same number of prompt tokens:
what snippets take, the text above the cursor loses.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codex_lsp.bench.recall import choose_rows
from codex_lsp.bench.tables import Table, percent
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.context.snippets import Budget, Place, choose
from codex_lsp.context.snippets.choose import SNIPPET_CHARS_PER_TOKEN, TEXT_CHARS_PER_TOKEN
from codex_lsp.context.snippets.imports import MAX_CHARS
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.context.snippets.outline import outline_of
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.healing import healed_blank
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import TokenBudget
from codex_lsp.prompt import PromptBuilder
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import CompletionRequest, Context, Document, Prompt, SnippetKind

_GREEDY = SamplingParams(n=1, temperature=0.0)

VARIANTS: Mapping[str, frozenset[SnippetKind]] = {
    "none": frozenset(),
    "imported definitions": frozenset({SnippetKind.IMPORTED}),
    "similar chunks": frozenset({SnippetKind.SIMILAR}),
    "both": frozenset({SnippetKind.IMPORTED, SnippetKind.SIMILAR}),
}
"""By name, what may be taken. Where the user has been before is not known of a package."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A line to complete.

    :ivar above: the file up to the line's first character that is no blank
    :ivar line: what is to be completed
    :ivar below: the file from the line's end
    """

    package: str
    file: str
    row: int
    above: str
    line: str
    below: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One place under one variant.

    :ivar right: the greedy completion is all of the line
    :ivar right_chars: how many of its characters are right before the first wrong one
    :ivar snippets: how many there were in the prompt
    :ivar snippet_chars: how many characters they have
    """

    package: str
    file: str
    row: int
    variant: str
    right: bool
    right_chars: int
    snippets: int
    snippet_chars: int


def try_package(
    engine: Engine,
    description: ModelDescription,
    package: str,
    files: Mapping[str, str],
    lines: int,
    budget: TokenBudget,
    seed: int,
) -> Iterator[Tried]:
    """Complete random lines of a package under each variant.

    :param files: the text of each file by its name
    :raises EngineError: the model cannot be run
    """
    writer = _Writer(engine, description, budget)
    for spot, index in spots(package, files, lines, seed):
        seen: dict[tuple[object, ...], Tried] = {}
        for variant, kinds in VARIANTS.items():
            context = context_of(spot, index, kinds, budget)
            # Where nothing is found, the prompt is that of another variant.
            known = seen.get(context.snippets)
            if known is None:
                right, chars = writer.write(context, spot.line)
                taken = context.snippets
                size = sum(len(item.text) for item in taken)
                known = Tried(package, spot.file, spot.row, variant, right, chars, len(taken), size)
                seen[context.snippets] = known
            yield Tried(
                package,
                spot.file,
                spot.row,
                variant,
                known.right,
                known.right_chars,
                known.snippets,
                known.snippet_chars,
            )


def spots(
    package: str, files: Mapping[str, str], lines: int, seed: int
) -> Iterator[tuple[Spot, SnippetIndex]]:
    """Yield random lines, each with the index of the package's other files."""
    index = SnippetIndex()
    for name, text in files.items():
        _exhaust(index.put(name, outline_of(text.split("\n"), "python"), recent=True))
    for name, rows in sorted(choose_rows(files, lines, random.Random(seed)).items()):
        _exhaust(index.drop(name))
        all_lines = files[name].split("\n")
        for row in rows:
            line = all_lines[row]
            text = line.strip()
            above = "".join(each + "\n" for each in all_lines[:row])
            indent = line[: len(line) - len(line.lstrip())]
            below = "".join("\n" + each for each in all_lines[row + 1 :])
            yield Spot(package, name, row, above + indent, text, below), index
        _exhaust(index.put(name, outline_of(all_lines, "python"), recent=True))


def context_of(
    spot: Spot, index: SnippetIndex, kinds: frozenset[SnippetKind], budget: TokenBudget
) -> Context:
    """Return what the model may see at a place."""
    options = ContextOptions(8 * budget.prefix, 8 * budget.suffix, max_lines=1)
    request = CompletionRequest(Document(spot.above + spot.below, "python"), len(spot.above))
    chars = int(SNIPPET_CHARS_PER_TOKEN * budget.prefix * budget.snippet_share)
    seen = spot.above[-TEXT_CHARS_PER_TOKEN * budget.prefix :]
    place = Place(spot.file, "python", spot.above[:MAX_CHARS], seen)
    # No limit of time: what is measured must not depend on the machine.
    snippets = choose(place, index, Budget(chars, math.inf, kinds))
    context = build_context(
        CompletionRequest(request.document, request.offset, snippets=snippets), options
    )
    assert isinstance(context, Context), "the end of a text is in no word's middle"
    return context


class _Writer:
    """Completes greedily, as far as it is right."""

    def __init__(self, engine: Engine, description: ModelDescription, budget: TokenBudget) -> None:
        self._engine = engine
        self._prompts = PromptBuilder(description, engine.tokenizer)
        self._budget = budget

    def write(self, context: Context, line: str) -> tuple[bool, int]:
        """Say whether the line is right, and how many of its characters are."""
        healed = healed_blank(context.prefix)
        longest = 2 + len(healed) + len(line)
        prompt, _ = self._prompts.build(context, self._budget, _GREEDY.max_line_tokens, healed)
        # All of it is read anew: nothing is kept from one place to the next.
        prompt = Prompt((), prompt.ids, healed)
        sink = FollowLine(self._engine.tokenizer, prompt, line, self._prompts.stop_ids)
        self._engine.generate(prompt, _GREEDY, sink, Cancellation(), longest)
        return sink.right, sink.right_chars


class FollowLine:
    """A sink that stops at the first wrong character.

    :ivar right: all of the line, and nothing else, was written
    :ivar right_chars: how many characters of the line were written before a wrong one
    """

    def __init__(
        self, tokenizer: Tokenizer, prompt: Prompt, line: str, stop_ids: frozenset[int]
    ) -> None:
        self._decoder = tokenizer.decoder(prompt.ids)
        self._target = prompt.healed + line
        self._healed = len(prompt.healed)
        self._stop_ids = stop_ids
        self._text = ""
        self.right = False

    @property
    def right_chars(self) -> int:
        """How many characters of the line are right so far."""
        pairs = zip(self._text, self._target, strict=False)
        same = next((at for at, (own, real) in enumerate(pairs) if own != real), None)
        if same is None:
            same = min(len(self._text), len(self._target))
        return max(0, same - self._healed)

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Take a token; True at the end of the line, or behind a wrong character."""
        if token_id in self._stop_ids:
            self.right = self._text.rstrip() == self._target
            return True
        self._text += self._decoder.step(token_id)
        if len(self._text) <= len(self._target):
            return not self._target.startswith(self._text)
        rest = self._text[len(self._target) :]
        ended = "\n" in rest
        first = rest.partition("\n")[0]
        begins = self._text.startswith(self._target) and not first.strip()
        self.right = ended and begins
        return ended or not begins


def tables(tried: Sequence[Tried]) -> list[Table]:
    """Return what each variant came to, in all and by package."""
    return [_by_variant(tried), _by_package(tried)]


def _by_variant(tried: Sequence[Tried]) -> Table:
    base = [item for item in tried if item.variant == "none"]
    rows = []
    for variant in VARIANTS:
        items = [item for item in tried if item.variant == variant]
        count = max(1, len(items))
        with_any = [pair for pair in zip(items, base, strict=True) if pair[0].snippets]
        rows.append(
            (
                variant,
                percent(len(with_any) / count),
                percent(sum(item.right for item in items) / count),
                gain([100.0 * (a.right - b.right) for a, b in zip(items, base, strict=True)]),
                gain([100.0 * (a.right - b.right) for a, b in with_any]),
                f"{sum(item.right_chars for item in items) / count:.2f}",
                gain(
                    [float(a.right_chars - b.right_chars) for a, b in zip(items, base, strict=True)]
                ),
            )
        )
    return Table(
        "context",
        "Snippets of other files",
        (
            "snippets",
            "have any, %",
            "line right, %",
            "gain, points",
            "gain where any, points",
            "characters right",
            "gain, characters",
        ),
        tuple(rows),
        f"{len(base)} lines. **Gain** is over no snippets, line by line, with its standard error.",
    )


def _by_package(tried: Sequence[Tried]) -> Table:
    rows = []
    for package in dict.fromkeys(item.package for item in tried):
        own = [item for item in tried if item.package == package]
        base = [item.right for item in own if item.variant == "none"]
        cells = [percent(sum(base) / max(1, len(base)))]
        for variant in list(VARIANTS)[1:]:
            right = [item.right for item in own if item.variant == variant]
            cells.append(gain([100.0 * (a - b) for a, b in zip(right, base, strict=True)]))
        rows.append((package, str(len(base)), *cells))
    return Table(
        "context-packages",
        "By package",
        ("package", "lines", "right without, %", *list(VARIANTS)[1:]),
        tuple(rows),
        "Gains in points, with their standard errors.",
    )


def gain(differences: Sequence[float]) -> str:
    """Write a mean difference with its standard error; a dash where there is nothing to compare."""
    count = len(differences)
    if count == 0:
        return "–"
    mean = sum(differences) / count
    variance = sum((value - mean) ** 2 for value in differences) / count
    return f"{mean:+.2f} ± {math.sqrt(variance / count):.2f}"


def _exhaust(slices: Iterator[None]) -> None:
    for _ in slices:
        pass
