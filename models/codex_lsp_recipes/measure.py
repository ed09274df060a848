"""Held-out loss: how well a model reads code that it has not seen, in nats a byte.

Per byte, since that compares models whatever their tokens are. Read plainly, and, for the holes of
a fixed set, given the prefix alone or the suffix as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from codex_lsp.tokenizer import Tokenizer
from codex_lsp_recipes.fim import Order, Sentinels, draw_split, lay_out
from codex_lsp_recipes.model import AdaptedLlama


@dataclass(frozen=True, slots=True)
class HeldOutLoss:
    """Figures in nats a byte.

    :ivar plain: of whole passages
    :ivar middle: of the middles of holes, behind prefix and suffix, the end token included
    :ivar middle_prefix_only: of the same middles, behind the prefix alone, without the end token
    """

    plain: float
    middle: float
    middle_prefix_only: float

    def record(self) -> dict[str, float]:
        """Return the figures by name, rounded to what the curve shows."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Scored:
    """Token ids, of which those from ``begin`` on are scored; they spell ``size`` bytes."""

    ids: tuple[int, ...]
    begin: int
    size: int


class HeldOut:
    """Held-out passages, and one hole in each."""

    def __init__(
        self,
        texts: Sequence[str],
        tokenizer: Tokenizer,
        sentinels: Sentinels,
        start: int,
        order: Order,
    ) -> None:
        """Lay out ``texts`` as the model will read them.

        :param start: the token before each
        :param order: that of the fill-in-the-middle prompts
        """
        self._plain: list[Scored] = []
        self._middle: list[Scored] = []
        self._prefix_only: list[Scored] = []
        for index, text in enumerate(texts):
            ids = (start, *tokenizer.encode(text))
            self._plain.append(Scored(ids, 1, len(text.encode())))
            split = draw_split(text, np.random.default_rng([7, index]))
            size = len(split.middle.encode())
            if not size:
                continue
            example = lay_out(split, sentinels, order, tokenizer.encode, 4_096)
            self._middle.append(Scored((start, *example.ids), example.middle + 1, size))
            head = (start, *tokenizer.encode(split.head))
            middle = tokenizer.encode(split.middle)
            self._prefix_only.append(Scored((*head, *middle), len(head), size))

    def measure(self, model: AdaptedLlama) -> HeldOutLoss:
        """Return the loss of ``model``."""
        return HeldOutLoss(
            _nats_per_byte(model, self._plain),
            _nats_per_byte(model, self._middle),
            _nats_per_byte(model, self._prefix_only),
        )


def _nats_per_byte(model: AdaptedLlama, scored: Sequence[Scored]) -> float:
    nats = 0.0
    for item in scored:
        found = model.logprobs(torch.tensor([item.ids]))
        nats -= float(found[0, item.begin - 1 :].sum())
    return nats / max(1, sum(item.size for item in scored))
