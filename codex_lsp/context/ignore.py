"""Which files of a folder may be read: the rules of ``.gitignore`` and ``.codexignore``.

Both files have git's syntax and hold for the folder they stand in. One that cannot be read or
understood shuts its whole folder: a file must not be read because a rule was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pathspec

from codex_lsp.context.secrets import is_secret_file, is_secret_folder

RULE_FILES = (".gitignore", ".codexignore")
_MAX_RULE_BYTES = 1_000_000
_FOREIGN = frozenset(
    {"__pycache__", "bower_components", "node_modules", "site-packages", "venv", "virtualenv"}
)
"""Folders that hold what others wrote or a tool made, whether or not a rule says so."""

Rules = pathspec.GitIgnoreSpec | str
"""What a file of rules says; of one that is not understood, why not: a clause for people."""


class IgnoreRules:
    """The rules for one folder and all below it, each file of rules read when first needed.

    In a git repository the rules above the folder count as well.

    :param read: returns the rules of a file
    :ivar problems: one sentence for each file of rules that was not understood
    """

    def __init__(self, folder: Path, read: Callable[[Path], Rules] | None = None) -> None:
        self._folder = folder
        self._read = read or read_rules
        self._top = next((up for up in (folder, *folder.parents) if (up / ".git").exists()), folder)
        self._specs: dict[Path, tuple[Rules, ...]] = {}
        self.problems: dict[Path, str] = {}

    def allows(self, file: Path) -> bool:
        """Say whether a file may be read. Never raises.

        Not when it lies outside of the folder, or behind a symbolic link: that leads anywhere.
        """
        return (
            self._is_inside(file)
            and all(self.enters(part) for part in reversed(list(self._between(file))))
            and self.allows_entry(file)
        )

    def ignores(self, file: Path) -> bool:
        """Say whether a rule is about a file, or about a folder that it lies in. Never raises.

        Unlike :meth:`allows` this minds rules only: not names, hidden folders or symbolic links.
        """
        ups = [up for up in reversed(file.parents) if self._top in up.parents]
        return any(self._is_ignored(up, is_folder=True) for up in ups) or self._is_ignored(
            file, is_folder=False
        )

    def enters(self, folder: Path) -> bool:
        """Say whether a folder may be looked into, provided that the one above it may.

        Hidden folders may not: they belong to tools.
        """
        if folder == self._folder:
            # The user has opened it, whatever its name; what was ruled out of it still is.
            ups = [up for up in (folder, *folder.parents) if self._top in up.parents]
            return all(self._is_allowed(up, is_folder=True) for up in ups)
        name = folder.name
        if name.startswith(".") or name in _FOREIGN or is_secret_folder(name):
            return False
        return self._is_allowed(folder, is_folder=True)

    def allows_entry(self, file: Path) -> bool:
        """Say whether a file may be read, provided that its folder may be looked into."""
        return not is_secret_file(file) and self._is_allowed(file, is_folder=False)

    def _is_inside(self, file: Path) -> bool:
        return self._folder in file.parents and ".." not in file.parts

    def _between(self, file: Path) -> Iterator[Path]:
        """Yield the folders from the file's up to ours."""
        for folder in file.parents:
            yield folder
            if folder == self._folder:
                return

    def _is_allowed(self, path: Path, *, is_folder: bool) -> bool:
        try:
            if path != self._folder and path.is_symlink():
                return False
        except OSError:
            return False
        return not self._is_ignored(path, is_folder=is_folder)

    def _is_ignored(self, path: Path, *, is_folder: bool) -> bool:
        undecided = set(range(len(RULE_FILES)))
        # The nearest folder that says something of the path has the last word, as in git.
        for folder in path.parents:
            below = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
            for which, spec in enumerate(self._specs_of(folder)):
                if isinstance(spec, str):
                    return True
                verdict = spec.check_file(below).include if which in undecided else None
                if verdict:
                    return True
                if verdict is not None:
                    undecided.discard(which)
            if folder == self._top:
                break
        return False

    def _specs_of(self, folder: Path) -> tuple[Rules, ...]:
        specs = self._specs.get(folder)
        if specs is None:
            specs = tuple(self._read(folder / name) for name in RULE_FILES)
            self._specs[folder] = specs
            for name, spec in zip(RULE_FILES, specs, strict=True):
                if isinstance(spec, str):
                    self.problems[folder / name] = (
                        f"{folder / name} {spec}, so nothing in its folder is read or completed; "
                        "mend or remove it."
                    )
        return specs


def read_rules(path: Path) -> Rules:
    """Return the rules of a file, none if there is no such file. Never raises."""
    try:
        if path.is_fifo():
            return "is a pipe"  # which would keep its reader waiting for ever
        with path.open("rb") as file:
            data = file.read(_MAX_RULE_BYTES + 1)
        if len(data) > _MAX_RULE_BYTES:  # devices say that they are empty
            return "is too large to be a file of rules"
        # A byte order mark is no part of the first rule, in git neither.
        return pathspec.GitIgnoreSpec.from_lines(data.decode("utf-8-sig").splitlines())
    except FileNotFoundError:
        return pathspec.GitIgnoreSpec.from_lines([])
    except UnicodeDecodeError:
        return "is not UTF-8"
    except OSError as error:
        return f"cannot be read ({error.strerror or type(error).__name__})"
    except Exception:  # whatever was meant, it is not understood
        return "has a pattern that is not valid"
