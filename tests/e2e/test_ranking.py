"""What the real server tells of its candidates: how sure it is, and what they make insecure."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types

from codex_lsp.ranking import THRESHOLDS
from tests.e2e.conftest import Editor, Start
from tests.e2e.test_completion_mode import ask

EVALUATE = "".join(
    f"def evaluate_{name}(text):\n    return eval(text)\n\n\n" for name in ("one", "two", "three")
)
INSECURE = EVALUATE + "def evaluate_four(text):\n    return "
LINE = INSECURE.count("\n")
CHARACTER = len("    return ")
SURE = {"temperature": 0.0, "recall": "off", "maxLatencyMs": None}


def facts_of(item: types.InlineCompletionItem | types.CompletionItem) -> dict[str, Any]:
    assert item.command is not None and item.command.arguments is not None
    (facts,) = item.command.arguments
    assert isinstance(facts, dict)
    return facts


async def complete_insecurely(editor: Editor) -> list[types.InlineCompletionItem]:
    uri = editor.open(INSECURE)
    return list(await editor.complete(uri, LINE, CHARACTER))


async def test_an_item_says_how_sure_it_is_and_what_is_wrong_with_it(start: Start) -> None:
    editor = await start({**SURE, "completionItems": True})
    uri = editor.open(INSECURE)
    (item,) = await editor.complete(uri, LINE, CHARACTER)
    facts = facts_of(item)
    assert item.insert_text == "eval(text)"
    assert facts["findings"] == ["eval"]
    assert 0 < facts["confidence"] < 1
    (listed,) = (await ask(editor, uri, LINE, CHARACTER)).items
    shown = f"codex-lsp {round(100 * facts['confidence'])} %, insecure"
    assert shown in (listed.detail, listed.label_details and listed.label_details.description)
    assert facts_of(listed)["findings"] == ["eval"]


@pytest.mark.parametrize(("safety", "findings"), [("off", [[]]), ("reject", [])])
async def test_insecure_items_are_what_the_setting_says(
    start: Start, safety: str, findings: list[list[str]]
) -> None:
    editor = await start({**SURE, "safety": safety})
    items = await complete_insecurely(editor)
    assert [facts_of(item)["findings"] for item in items] == findings


async def test_a_clean_item_has_no_findings(start: Start) -> None:
    editor = await start(SURE)
    uri = editor.open("def add(a, b):\n    return ")
    (item,) = await editor.complete(uri, 1, 11)
    assert (item.insert_text, facts_of(item)["findings"]) == ("a + b", [])


async def test_a_confident_profile_shows_less_than_an_eager_one_unless_asked_by_hand(
    start: Start,
) -> None:
    editor = await start({**SURE, "profile": "confident"})
    # The model has no idea what comes after this.
    uri = editor.open("import zq\n\nzq_v = 7\nzq_w = zq.")
    assert await editor.complete(uri, 3, 10) == []
    (item,) = await editor.complete(uri, 3, 10, invoked=True)
    assert facts_of(item)["confidence"] < THRESHOLDS["confident"]


@pytest.mark.parametrize("ranker", ["summed-logprob", "suffix-likelihood", "random"])
async def test_every_ranker_completes(start: Start, ranker: str) -> None:
    editor = await start({"ranker": ranker, "samples": 3, "recall": "off"})
    uri = editor.open("def add(a, b):\n    return \n\n\nprint(add(1, 2))\n")
    items = await editor.complete(uri, 1, 11, invoked=True)
    assert items
    assert all(0 < facts_of(item)["confidence"] < 1 for item in items)
