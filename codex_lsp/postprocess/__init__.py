"""From what was sampled to what may be shown: one filter a file, each a pure function."""

from codex_lsp.postprocess.base import Draft, Filter, apply_filters
from codex_lsp.postprocess.blanks import trim_blanks
from codex_lsp.postprocess.mismatch import reject_mismatch
from codex_lsp.postprocess.next_lines import trim_next_lines
from codex_lsp.postprocess.same_line import fit_same_line
from codex_lsp.postprocess.unfinished import trim_unfinished

FILTERS: tuple[Filter, ...] = (
    Filter("mismatch", reject_mismatch),
    Filter("unfinished", trim_unfinished),
    Filter("next_lines", trim_next_lines),
    Filter("same_line", fit_same_line),
    Filter("blanks", trim_blanks),
)
"""In the order in which they run."""

__all__ = ["FILTERS", "Draft", "Filter", "apply_filters"]
