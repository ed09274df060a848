"""Which candidate to show."""

from codex_lsp.ranking.base import Ranker
from codex_lsp.ranking.confidence import recalled_confidence, sampled_confidence
from codex_lsp.ranking.mean_logprob import MeanLogprob

__all__ = ["MeanLogprob", "Ranker", "recalled_confidence", "sampled_confidence"]
