"""Blocks that the real model writes end where the syntax says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codex_lsp.completer import Completer
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import CompleterOptions, EngineOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Rejection,
    RejectionReason,
    Trigger,
)

GREEDY = CompleterOptions(SamplingParams(temperature=0, max_tokens=96))

RUBY = """class Settings
  def width
    if @width
      return @width
    end
    10
  end

  def height
    if @height
      return @height
    end
    10
  end

  def depth
    if @depth
      return @depth
    end
    10
  end

  def length¦
"""
GO = """package kind

func width(kind string) int {
\tswitch kind {
\tcase "a":
\t\treturn 1
\tcase "b":
\t\treturn 2
\t}
\treturn 0
}

func height(kind string) int {
\tswitch kind {
\tcase "a":
\t\treturn 1
\tcase "b":
\t\treturn 2
\t}
\treturn 0
}

func depth(kind string) int {
\tswitch kind {¦
"""
HTML = """<main>
  <ul>
    <li>one</li>
    <li>two</li>
  </ul>
  <ul>
    <li>one</li>
    <li>two</li>
  </ul>
  <ul>
    <li>one</li>
    <li>two</li>
  </ul>
  <ul>¦
"""
FINISHED = """function add(a, b) {
  return a + b;
}

function subtract(a, b) {
  return a - b;
}¦
"""


@pytest.fixture(scope="module")
def completer(model: ModelDir) -> Iterator[Completer]:
    engine = CTranslate2Engine(model, EngineOptions())
    yield Completer(engine, model.description)
    engine.close()


def complete(
    completer: Completer, marked: str, language: str, trigger: Trigger = Trigger.AUTOMATIC
) -> Completion | Rejection:
    before, _, after = marked.partition("¦")
    request = CompletionRequest(Document(before + after, language), len(before), trigger)
    return completer.complete(request, GREEDY).result


@pytest.mark.parametrize(
    ("language", "marked", "closer"),
    [("ruby", RUBY, "  end"), ("go", GO, "\t}"), ("html", HTML, "  </ul>")],
)
def test_a_block_is_whole_and_no_longer(
    completer: Completer, language: str, marked: str, closer: str
) -> None:
    found = complete(completer, marked, language)
    assert isinstance(found, Completion)
    first, *body, last = found.text.split("\n")
    assert (first, last) == ("", closer)
    assert body and closer not in body


def test_behind_a_finished_statement_one_has_to_ask_by_hand(completer: Completer) -> None:
    found = complete(completer, FINISHED, "javascript")
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.STATEMENT_ENDS
    by_hand = complete(completer, FINISHED, "javascript", Trigger.INVOKED)
    assert isinstance(by_hand, Completion)
    assert by_hand.text.startswith("\n\nfunction ")
