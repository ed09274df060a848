"""Rankers by the name that the setting ``ranker`` calls them."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping

from codex_lsp.engine.base import Engine
from codex_lsp.options import RankerName
from codex_lsp.ranking.base import Ranker
from codex_lsp.ranking.chance import Chance
from codex_lsp.ranking.mean_logprob import MeanLogprob
from codex_lsp.ranking.suffix_likelihood import SuffixLikelihood
from codex_lsp.ranking.summed_logprob import SummedLogprob

RANKERS: Mapping[RankerName, Callable[[Engine], Ranker]] = types.MappingProxyType(
    {
        "mean-logprob": lambda engine: MeanLogprob(),
        "summed-logprob": lambda engine: SummedLogprob(),
        "random": lambda engine: Chance(),
        "suffix-likelihood": SuffixLikelihood,
    }
)
"""What makes each ranker; the engine is for those that ask the model."""


def make_ranker(name: RankerName, engine: Engine) -> Ranker:
    """Return a new ranker."""
    return RANKERS[name](engine)
