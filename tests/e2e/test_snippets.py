"""Pieces of other files reach the real model, where the user wants that."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from codex_lsp.context.snippets import as_comment
from codex_lsp.model_dir import TOKENIZER_FILE, ModelDir
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Snippet, SnippetKind
from tests.e2e.conftest import Editor, Start

SHAPES = "class Circle:\n    radius: float\n    def area(self): ...\n"
MAIN = "from shapes import Circle\n\ncircle = Circle()\nprint("
OPTIONS = {"samples": 1, "maxLines": 1, "recall": "off"}


async def prompt_tokens(editor: Editor, uri: str) -> int:
    """Complete at the end of a new document, and return how long the prompt was."""
    editor.open(MAIN, uri=uri)
    before = (await editor.performance())["work"]["promptTokens"]
    await editor.complete(uri, 3, 6, invoked=True)
    after = (await editor.performance())["work"]["promptTokens"]
    return int(after) - int(before)


async def test_a_definition_of_an_imported_name_is_in_the_prompt(
    start: Start, model: ModelDir, tmp_path: Path
) -> None:
    (tmp_path / "shapes.py").write_text(SHAPES)
    without = await start(OPTIONS, folder=tmp_path)
    plain = await prompt_tokens(without, (tmp_path / "main.py").as_uri())
    within = await start({**OPTIONS, "snippets": "imported"}, folder=tmp_path)
    # The folder is read behind the requests; a new document is given what is known by then.
    for number in count():
        found = await prompt_tokens(within, (tmp_path / f"main_{number}.py").as_uri())
        if found != plain:
            break
    comment = as_comment(Snippet("shapes.py", SHAPES.rstrip(), SnippetKind.IMPORTED), "python")
    tokenizer = Tokenizer.from_file(model.path / TOKENIZER_FILE)
    assert found == plain + len(tokenizer.encode(comment))
