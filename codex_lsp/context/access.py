"""Whether a document may be shown to the model at all: by its name, and by the rules around it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from codex_lsp.context.ignore import IgnoreRules, Rules, read_rules
from codex_lsp.context.secrets import is_secret_file, is_secret_folder
from codex_lsp.types import Rejection, RejectionReason

MAX_RULE_FILES = 512


class Access:
    """Judges documents. The disk is asked each time, but a file of rules is read once a change.

    :ivar problems: one sentence for each file of rules that was not understood
    """

    def __init__(self) -> None:
        self._rules: dict[Path, tuple[tuple[int, int, int] | None, Rules]] = {}
        self.problems: dict[Path, str] = {}

    def refusal(self, file: Path, folders: Iterable[Path] = ()) -> Rejection | None:
        """Return why the model may not see a file; None when it may. Never raises.

        What a symbolic link leads to counts as well as the link.

        :param folders: the project's; of a file elsewhere its own folder or repository counts
        """
        projects = tuple(folders)
        try:
            paths = {file.absolute(), file.resolve()}
        except (OSError, RuntimeError):  # a link that leads to itself
            paths = {file.absolute()}
        for path in sorted(paths):
            refused = name_refusal(path) or self._ignored(path, projects)
            if refused is not None:
                return refused
        return None

    def _ignored(self, path: Path, folders: tuple[Path, ...]) -> Rejection | None:
        around = [folder for folder in folders if folder in path.parents]
        folder = max(around, key=lambda found: len(found.parts), default=path.parent)
        rules = IgnoreRules(folder, self._read)
        ignored = rules.ignores(path)
        self.problems |= rules.problems
        if not ignored:
            return None
        why = next(iter(rules.problems.values()), "")
        return Rejection(
            RejectionReason.SECRET_FILE,
            why or f"{path.name} is ignored by .gitignore or .codexignore, so it is never read.",
        )

    def _read(self, path: Path) -> Rules:
        try:
            facts = path.stat()
            state = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        except OSError:
            state = None
        kept = self._rules.get(path)
        if kept is not None and kept[0] == state:
            return kept[1]
        if len(self._rules) >= MAX_RULE_FILES:
            self._rules.clear()
        rules = read_rules(path)
        # Who may read a file can change without the file: what could not be read is tried again.
        if not isinstance(rules, str):
            self._rules[path] = (state, rules)
        return rules


def name_refusal(path: PurePath) -> Rejection | None:
    """Return why the model may not see a file of that name; None when it may."""
    if is_secret_file(path):
        name = path.name
    else:
        name = next((part for part in path.parts[:-1] if is_secret_folder(part)), "")
    if not name:
        return None
    return Rejection(
        RejectionReason.SECRET_FILE, f"{name} may hold secrets by its name, so it is never read."
    )
