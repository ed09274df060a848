"""What defines a training run. A checkpoint is resumed with the settings that it was begun with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from codex_lsp_recipes.schedule import Schedule
from codex_lsp_recipes.sequences import Mix

FIM_TOKENS = ("<issue_start>", "<issue_comment>", "<issue_closed>")
"""Prefix, suffix and middle sentinel: reserved in the vocabulary of SmolLM2, and never trained."""

START_TOKEN = "<|endoftext|>"
"""Begins every sequence, as the manifest has it, and ends a document."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A run's definition.

    :ivar corpus: the digest of the corpus; with another one the order of sequences is another
    :ivar rows: sequences a step
    :ivar rank: of the adapter
    :ivar scale: what its product is multiplied by
    :ivar middle_weight: how much a token of the middle counts, where others count 1
    :ivar rows_rate: the sentinels' learning rate, as a multiple of that of the matrices
    """

    mix: Mix = field(default_factory=Mix)
    schedule: Schedule = field(default_factory=Schedule)
    rows: int = 8
    rank: int = 32
    scale: float = 2.0
    middle_weight: float = 4.0
    rows_rate: float = 1.0
    weight_decay: float = 0.0
    max_gradient_norm: float = 1.0
    corpus: str = ""

    def record(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Settings:
        """Read what :meth:`record` wrote."""
        return cls(
            **{
                **record,
                # Runs from before there were such sequences go on without them.
                "mix": Mix(**{"snippet_share": 0.0, "function_fim_share": 0.0, **record["mix"]}),
                "schedule": Schedule(**record["schedule"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What is asked to be different from other settings; None for what stays."""

    rate: float | None = None
    rank: int | None = None
    rows: int | None = None
    shares: tuple[int, ...] | None = None
    length: int | None = None
    fim_share: float | None = None
    function_fim_share: float | None = None
    spm_share: float | None = None
    snippet_share: float | None = None
    middle_weight: float | None = None
    seed: int | None = None

    def __bool__(self) -> bool:
        """Say whether anything is asked for."""
        return bool(_given(asdict(self)))

    def applied(self, settings: Settings) -> Settings:
        """Return ``settings`` with the changes made."""
        mix = {
            "shares": self.shares,
            "length": self.length,
            "fim_share": self.fim_share,
            "function_fim_share": self.function_fim_share,
            "spm_share": self.spm_share,
            "snippet_share": self.snippet_share,
            "seed": self.seed,
        }
        own = {"rank": self.rank, "rows": self.rows, "middle_weight": self.middle_weight}
        return replace(
            settings,
            mix=replace(settings.mix, **_given(mix)),
            schedule=replace(settings.schedule, **_given({"peak": self.rate})),
            **_given(own),
        )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
