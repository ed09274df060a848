"""Which candidate to show."""

from codex_lsp.ranking.base import Ranker
from codex_lsp.ranking.chance import Chance
from codex_lsp.ranking.confidence import FALLBACK, recalled_confidence, sampled_confidence
from codex_lsp.ranking.mean_logprob import MeanLogprob
from codex_lsp.ranking.profiles import THRESHOLDS, too_unsure
from codex_lsp.ranking.registry import RANKERS, make_ranker, name_for
from codex_lsp.ranking.suffix_likelihood import SuffixLikelihood
from codex_lsp.ranking.summed_logprob import SummedLogprob

__all__ = [
    "FALLBACK",
    "RANKERS",
    "THRESHOLDS",
    "Chance",
    "MeanLogprob",
    "Ranker",
    "SuffixLikelihood",
    "SummedLogprob",
    "make_ranker",
    "name_for",
    "recalled_confidence",
    "sampled_confidence",
    "too_unsure",
]
