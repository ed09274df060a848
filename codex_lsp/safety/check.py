"""What a candidate adds to the code that is insecure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from codex_lsp.context.around import lines_around
from codex_lsp.options import SafetyMode
from codex_lsp.safety.bandit_checks import Bandit
from codex_lsp.safety.patterns import added, family_of, suspicious
from codex_lsp.safety.statement import python_statement
from codex_lsp.safety.weaknesses import Weakness
from codex_lsp.types import Context

BUDGET_MS = 30.0
"""Then the patterns stand in for bandit: some candidates are many and long."""

NEAR_LINES = 6
"""So far above the cursor, a word that a rule is about still has the candidate looked at."""

SafetyCheck = Callable[[str, int], tuple[str, ...]]
"""A candidate's text, and how many characters right of the cursor it replaces, to the weaknesses
that it adds (their values, sorted)."""


def unchecked(text: str, replaces: int) -> tuple[str, ...]:
    """Find nothing: the check for languages without rules, and where it is off."""
    return ()


class Safety:
    """Makes the check of each request.

    :param bandit: a fake, or one that is loaded already
    :param budget_ms: what bandit may take for all candidates of one request
    """

    def __init__(self, bandit: Bandit | None = None, budget_ms: float = BUDGET_MS) -> None:
        self._bandit = bandit or Bandit()
        self._budget_ms = budget_ms

    def for_request(self, context: Context, mode: SafetyMode = "rank") -> SafetyCheck:
        """Return the check of candidates at one cursor. Not for more than one thread."""
        family = family_of(context.language)
        if family is None or mode == "off":
            return unchecked
        self.prepare(context.language, mode)
        bandit = self._bandit if family == "python" else None
        return _RequestCheck(context, family, bandit, self._budget_ms)

    def prepare(self, language: str, mode: SafetyMode = "rank") -> None:
        """Begin to load what checks of a language need, beside whatever else is done."""
        if mode != "off" and family_of(language) == "python":
            self._bandit.begin_loading()


class _RequestCheck:
    """Checks the candidates of one request; each text once."""

    def __init__(
        self, context: Context, family: str, bandit: Bandit | None, budget_ms: float
    ) -> None:
        self._context = context
        self._family = family
        self._bandit = bandit
        self._found: dict[tuple[str, int], tuple[str, ...]] = {}
        self._left_ms = budget_ms
        # What a candidate completes may have begun some lines above.
        self._near = "\n".join(context.prefix.split("\n")[-NEAR_LINES:])

    def __call__(self, text: str, replaces: int) -> tuple[str, ...]:
        """Return the weaknesses that a candidate adds."""
        key = (text, replaces)
        if key not in self._found:
            added = self._added(text, replaces)
            self._found[key] = tuple(sorted(weakness.value for weakness in added))
        return self._found[key]

    def _added(self, text: str, replaces: int) -> Counter[Weakness]:
        if not suspicious(self._near + text + self._context.line_after):
            return Counter()
        by_bandit = self._by_bandit(text, replaces)
        by_patterns = added(
            lines_around(self._context),
            lines_around(self._context, text, replaces),
            self._family,
            fallback=by_bandit is None and self._bandit is not None,
        )
        return by_patterns | (by_bandit or Counter())

    def _by_bandit(self, text: str, replaces: int) -> Counter[Weakness] | None:
        if self._bandit is None or self._left_ms <= 0:
            return None
        began = time.perf_counter()
        after = self._check(text, replaces)
        before = None if not after else self._check("", 0)
        self._left_ms -= (time.perf_counter() - began) * 1000
        return after if after is None or before is None else after - before

    def _check(self, text: str, replaces: int) -> Counter[Weakness] | None:
        assert self._bandit is not None
        code = python_statement(self._context, text, replaces)
        return None if code is None else self._bandit.check(code)
