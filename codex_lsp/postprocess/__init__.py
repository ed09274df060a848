"""From what was sampled to what may be shown: one filter a file, each a pure function."""

from codex_lsp.postprocess.base import Draft, Filter, apply_filters
from codex_lsp.postprocess.blanks import trim_blanks
from codex_lsp.postprocess.mismatch import reject_mismatch
from codex_lsp.postprocess.next_lines import trim_next_lines
from codex_lsp.postprocess.same_line import fit_same_line
from codex_lsp.postprocess.unfinished import trim_unfinished

FILTERS: tuple[Filter, ...] = (
    reject_mismatch,
    trim_unfinished,
    trim_next_lines,
    fit_same_line,
    trim_blanks,
)
"""In the order in which they run."""

__all__ = ["FILTERS", "Draft", "Filter", "apply_filters"]
