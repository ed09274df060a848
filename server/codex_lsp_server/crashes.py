"""What to say of a process that has ended by itself, and whether to start it again."""

from __future__ import annotations

import signal
from collections import deque

DELAYS_S = (0.0, 1.0, 5.0)
"""How long to wait before the first, second and third restart of a bad time."""
WINDOW_S = 300.0
"""How long a crash counts."""


def how_it_ended(code: int) -> str:
    """Describe a return code of :mod:`subprocess` as the beginning of a sentence.

    >>> how_it_ended(3)
    "The engine's process has ended with exit code 3"
    """
    if code >= 0:
        # Windows' codes of crashes are known in this spelling: 0xC0000005.
        shown = str(code) if code < 256 else f"0x{code:08X}"
        return f"The engine's process has ended with exit code {shown}"
    try:
        name = f" ({signal.Signals(-code).name})"
    except ValueError:
        name = ""
    text = f"The engine's process was ended by signal {-code}{name}"
    if name == " (SIGKILL)":
        text += ", which happens when memory runs out"
    return text


class Restarts:
    """Says after each crash how long to wait before the next start, or that it is enough.

    :ivar count: how many restarts there have been
    """

    def __init__(self) -> None:
        self._crashes: deque[float] = deque()
        self.count = 0

    def delay(self, now: float) -> float | None:
        """Take a crash; return the seconds to wait, None when it has been too many.

        :param now: the seconds of a clock that never goes back
        """
        self._crashes.append(now)
        while self._crashes[0] < now - WINDOW_S:
            self._crashes.popleft()
        if len(self._crashes) > len(DELAYS_S):
            return None
        self.count += 1
        return DELAYS_S[len(self._crashes) - 1]

    def forget(self) -> None:
        """Begin anew: the user has changed something, or asked for it."""
        self._crashes.clear()
