"""Where a sample ends, as pure functions of its text (:data:`codex_lsp.sampling.StopRule`)."""

from __future__ import annotations

from dataclasses import dataclass

from codex_lsp.evals.problems import Hole
from codex_lsp.sampling import StopRule, end_of_first_line

PAPER_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""What ends a function body (Chen et al. 2021, section 3.1)."""

PROGRAM_STOPS = ("\nclass", "\n#", "\nif", "\nprint", "\nassert", '\n"""')
"""What ends an MBPP program: it may define helpers, so ``def`` does not end it; tests do."""


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Keep what stands before the first of some texts."""

    stops: tuple[str, ...]

    def __call__(self, text: str) -> int | None:
        """Return where the first stop begins, None while there is none."""
        found = [at for at in (text.find(stop) for stop in self.stops) if at >= 0]
        return min(found, default=None)


def stop_rule(hole: Hole) -> StopRule:
    """Return the rule for what is asked of the model."""
    if hole is Hole.LINE:
        return end_of_first_line
    return FirstOf(PROGRAM_STOPS if hole is Hole.PROGRAM else PAPER_STOPS)


def finished(hole: Hole, text: str) -> str:
    """Return the completion of a kept sample: a line gets back the newline that it ended at."""
    return text + "\n" if hole is Hole.LINE else text
