"""Finds near-duplicate files by MinHash over word shingles (Broder 1997; datasketch does it)."""

from __future__ import annotations

import re

from datasketch import MinHash, MinHashLSH

SHINGLE_WORDS = 5
JACCARD = 0.7
"""Files that share this much of their shingles are one; as for The Stack (Kocetkov et al. 2022)."""

_WORD = re.compile(rb"\w+")


class NearDuplicates:
    """Remembers files, and says which of them a new one repeats."""

    def __init__(self) -> None:
        self._index = MinHashLSH(threshold=JACCARD, num_perm=128)

    def add(self, key: str, text: str) -> str | None:
        """Remember ``text`` as ``key``, or return the key of one that it nearly repeats."""
        signature = _signature(text)
        known = sorted(str(other) for other in self._index.query(signature))
        if known:
            return known[0]
        self._index.insert(key, signature)
        return None


def _signature(text: str) -> MinHash:
    words = _WORD.findall(text.encode("utf-8", "replace"))
    shingles = {
        b" ".join(words[start : start + SHINGLE_WORDS])
        for start in range(max(1, len(words) - SHINGLE_WORDS + 1))
    }
    signature = MinHash(num_perm=128, seed=1)
    signature.update_batch(shingles)
    return signature
