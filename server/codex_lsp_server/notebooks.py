"""A notebook's cell goes on from the cells above it."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol import types

MAX_CHARS = 8192


def preceding_cells(
    notebook: types.NotebookDocument | None, cell_uri: str, text_of: Callable[[str], str | None]
) -> str:
    """Return the text of the code cells above ``cell_uri``, the nearest last, cut to a window.

    :param notebook: the notebook that the cell is in; None for a document that is no cell
    :param text_of: the text of an open document by its URI
    """
    if notebook is None:
        return ""
    texts: list[str] = []
    for cell in notebook.cells:
        if cell.document == cell_uri:
            break
        text = text_of(cell.document) if cell.kind == types.NotebookCellKind.Code else None
        if text and text.strip():
            texts.append(text.rstrip() + "\n\n")
    return "".join(texts)[-MAX_CHARS:]
