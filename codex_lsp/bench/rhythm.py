"""How long people take between two keys.

Source: Dhakal, Feit, Kristensson and Oulasvirta 2018, *Observations on Typing from 136 Million
Keystrokes* (CHI '18, doi:10.1145/3173574.3174220), table 3: over 168,000 volunteers who copied
English sentences the mean interval between keys is 238.66 ms with a standard deviation of
111.60 ms, at 51.56 words a minute. Without the keys that begin a word, the means are 215.23 (left
hand), 203.60 (right hand) and 198.26 ms (hands alternating).

What is made of it here: intervals are log-normal, a good fit to free typing according to González
et al. 2021, *On the shape of timings distributions in free-text keystroke dynamics profiles*
(Heliyon 7, doi:10.1016/j.heliyon.2021.e08413). Their mean is that of the three published ones
(205.70 ms) within words, and at a word's start what makes the published mean over all keys with
words of five letters and a blank (403.48 ms). The published deviation is that between people; its
ratio to the mean (0.4676) is taken for each interval's.

Not from a source: the pause before a line is twice that before a word. Symbols are typed like
letters, and no one stops to think; both make the typist here faster than a programmer is.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

MEAN_MS = 238.66
SD_MS = 111.60
WORDS_PER_MINUTE = 51.56
IN_WORD_MS = (215.23 + 203.60 + 198.26) / 3
WORD_START_MS = 6 * MEAN_MS - 5 * IN_WORD_MS
LINE_START_MS = 2 * WORD_START_MS


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A typist.

    :ivar words_per_minute: scales all intervals
    :ivar seed: the same seed types the same text in the same time
    """

    seed: int = 0
    words_per_minute: float = WORDS_PER_MINUTE

    def interval_ms(self, name: str, text: str, offset: int) -> float:
        """Return the time before the key at ``offset`` of ``text`` is pressed.

        It depends on the place alone, not on what was typed or accepted before: two variants that
        are compared meet the same typist.

        :param name: tells texts apart
        """
        mean = mean_ms(text, offset) * WORDS_PER_MINUTE / self.words_per_minute
        sigma = math.sqrt(math.log(1 + (SD_MS / MEAN_MS) ** 2))
        draw = random.Random(f"{self.seed}:{name}:{offset}")
        return draw.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)


def mean_ms(text: str, offset: int) -> float:
    """Return the mean time before the key at ``offset``."""
    before = text[:offset].rstrip(" \t")[-1:] if offset else "\n"
    if before in ("\n", ""):
        return LINE_START_MS
    return WORD_START_MS if text[offset - 1] in " \t" else IN_WORD_MS
