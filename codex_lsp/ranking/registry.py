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
from codex_lsp.types import Shape

RANKERS: Mapping[RankerName, Callable[[Engine], Ranker]] = types.MappingProxyType(
    {
        "mean-logprob": lambda engine: MeanLogprob(),
        "summed-logprob": lambda engine: SummedLogprob(),
        "random": lambda engine: Chance(),
        "suffix-likelihood": SuffixLikelihood,
    }
)
"""What makes each ranker; the engine is for those that ask the model. ``auto`` is one of them,
see :func:`name_for`."""


def name_for(name: RankerName, shape: Shape, reads_suffix: bool) -> RankerName:
    """Return the name of the ranker that orders completions of ``shape``.

    ``auto`` takes what figures speak for (`codex-lsp eval quality`). The right line is most often
    the likeliest one as a whole. Of a block only the first line is compared, and it is to lead to
    more: a sum favours those that end at once.

    :param reads_suffix: the model has the text right of the cursor in its prompt
    """
    if name == "suffix-likelihood" and reads_suffix:
        name = "auto"  # the suffix counts already
    if name == "auto":
        return "summed-logprob" if shape is Shape.LINE else "mean-logprob"
    return name


def make_ranker(name: RankerName, engine: Engine) -> Ranker:
    """Return a new ranker."""
    return RANKERS[name](engine)
