"""The code that the models are compared on: packages first published after the base was trained."""

from __future__ import annotations

from pathlib import Path

from codex_lsp.bench.corpus import load_packages
from codex_lsp_recipes.cleaning import judge_path, judge_text

TEXT_CHARS = 1_600
"""The length of one held-out text: about what fits a training sequence."""


def held_out_files(folder: Path | None = None) -> list[str]:
    """Return every file of the held-out packages, in a fixed order.

    :param folder: where their wheels are kept; None for the user's data folder
    :raises DownloadError: a wheel cannot be had
    """
    packages = load_packages(folder=folder)
    return [
        packages[package][name]
        for package in sorted(packages)
        for name in sorted(packages[package])
    ]


def held_out_texts(count: int, folder: Path | None = None) -> list[str]:
    """Return ``count`` passages of whole lines, taken evenly from the held-out packages' code."""
    packages = load_packages(folder=folder)
    passages: list[str] = []
    for package in sorted(packages):
        for name, text in sorted(packages[package].items()):
            if judge_path(name) is None and judge_text(name, text) is None:
                passages.extend(_passages(text))
    step = max(1, len(passages) // count)
    return passages[::step][:count]


def _passages(text: str) -> list[str]:
    passages, current = [], ""
    for line in text.splitlines(keepends=True):
        if len(current) + len(line) > TEXT_CHARS and current:
            passages.append(current)
            current = ""
        current += line
    return passages  # the rest is shorter than the others
