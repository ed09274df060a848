"""From what was sampled to what may be shown: one filter a file, each a pure function."""

from codex_lsp.postprocess.balance import balance_brackets, close_quotes
from codex_lsp.postprocess.base import Draft, Filter, apply_filters
from codex_lsp.postprocess.blanks import trim_blanks
from codex_lsp.postprocess.indentation import fit_indentation
from codex_lsp.postprocess.licence import trim_licence
from codex_lsp.postprocess.lines_above import trim_lines_above
from codex_lsp.postprocess.mismatch import reject_mismatch
from codex_lsp.postprocess.next_lines import trim_next_lines
from codex_lsp.postprocess.personal import trim_personal
from codex_lsp.postprocess.prose import trim_prose
from codex_lsp.postprocess.repetition import trim_repetition
from codex_lsp.postprocess.same_line import fit_same_line
from codex_lsp.postprocess.secret import trim_secret
from codex_lsp.postprocess.unfinished import trim_unfinished

# The order, from what a sample is worth by itself to how it fits its place:
# - What answers another question is dropped before anyone looks at it.
# - Indentation comes before all that compares lines with those of the document.
# - Repetition comes before the half last line: in a loop every line is as good as half.
# - Then lines go that nobody should be shown, wherever they stand; what these filters leave is
#   code, so that those for brackets and copies compare code with code.
# - Copies of lines above and below go before the rest of the line is fitted, which may decide that
#   the draft takes the place of closing brackets: it has to know how far the draft goes.
# - Brackets are counted once it is known what is replaced, and blanks are cut last: every cut may
#   leave some.
FILTERS: tuple[Filter, ...] = (
    Filter("mismatch", reject_mismatch),
    Filter("indentation", fit_indentation),
    Filter("repetition", trim_repetition),
    Filter("unfinished", trim_unfinished),
    Filter("secret", trim_secret),
    Filter("personal", trim_personal),
    Filter("licence", trim_licence),
    Filter("prose", trim_prose),
    Filter("lines_above", trim_lines_above),
    Filter("next_lines", trim_next_lines),
    Filter("same_line", fit_same_line),
    Filter("brackets", balance_brackets),
    Filter("quotes", close_quotes),
    Filter("blanks", trim_blanks),
)
"""In the order in which they run."""

__all__ = ["FILTERS", "Draft", "Filter", "apply_filters"]
