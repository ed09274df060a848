"""Close no bracket twice, and leave no string of the line open."""

from __future__ import annotations

from dataclasses import dataclass

from codex_lsp.brackets import PAIRS, QUOTES
from codex_lsp.postprocess.base import Draft, cut_before
from codex_lsp.postprocess.place import place_of, stands_in_code
from codex_lsp.syntax.lexical import Where, first_code, place_at_end, stretches
from codex_lsp.types import Context, Rejection, RejectionReason

_REJECTION = Rejection(
    RejectionReason.UNBALANCED, "All that the model would add closes what is closed already."
)
_UNMATCHED = frozenset(
    {"markdown", "plaintext", "latex", "html", "xml", "vue", "svelte", "shellscript"}
)
"""Brackets there need not match over lines."""


_STRINGS = frozenset({Where.STRING, Where.TEXT})
_FAR = 1_000_000


@dataclass(frozen=True, slots=True)
class _Bracket:
    """A bracket outside of comments and strings.

    :ivar indent: the blanks in front of its line
    :ivar outdent: the fewest blanks in front of a line of code between it and the cursor
    :ivar leads: it is the first thing on its line
    :ivar apart: and the line above is blank, or it says itself that it ends a namespace
    """

    char: str
    position: int
    indent: int
    outdent: int
    leads: bool
    apart: bool


def balance_brackets(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before what the document closes already, on the cursor's line or on a line below.

    A bracket that the draft opens it may close; one that is open left of the cursor only if nothing
    right of the cursor closes it. A brace that leads its line, at the depth of the block that the
    cursor stands in, ends that block however wrong the brackets are before it. What cannot be told
    for sure is left alone: brackets that were opened above the window, and code whose brackets do
    not match.
    """
    if not any(char in PAIRS for char in draft.text):
        return draft
    in_code = context.language not in _UNMATCHED and stands_in_code(context)
    if in_code:
        start = context.prefix[place_of(context).start :]
        own = _brackets(start, draft.text, context.language)
        around = context.once("brackets", _around)
    else:
        own = _brackets("", draft.text, None)
        around = context.once("brackets of the line", _around_in_line)
    if around is None:
        return draft
    opened, after = around
    sure = context.prefix_start == 0
    closed, over = _closed_below(opened, after, draft.replaces, sure)
    depth = len(opened)
    inner: list[str] = []
    again: list[_Bracket] = []
    for bracket in own:
        if bracket.char not in PAIRS:
            inner.append(bracket.char)
        elif inner:
            if inner.pop() != PAIRS[bracket.char]:
                ends = depth and _ends_block(bracket, opened[depth - 1]) and depth - 1 in closed
                return _cut(draft, bracket) if ends else draft
        elif depth == 0:
            known = bracket.char in over or (in_code and (sure or bracket.char in ")]"))
            return _cut(draft, bracket) if known else draft
        else:
            depth -= 1
            if opened[depth].char != PAIRS[bracket.char]:
                # Unless it is closed, what was taken for a bracket may have been none.
                known = bracket.char != "}" or depth in closed
                return _cut(draft, bracket) if known else draft
            if depth in closed:
                again.append(bracket)
    # What is opened once more behind them is closed by what stands there.
    reopened = inner[: -len(again) - 1 : -1]
    if not again or reopened == [PAIRS[bracket.char] for bracket in again]:
        return draft
    return _cut(draft, again[0])


def close_quotes(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut where a draft ends the string that ends right of the cursor on the same line.

    In ``"|"`` the draft ``a" b`` would leave a quote over; ``a", "b`` would not.
    """
    place = place_at_end(context.line_before, context.language, whole=False)
    rest = context.line_after[draft.replaces :]
    if place.where not in _STRINGS or place.closer not in QUOTES or place.closer not in rest:
        return draft
    line = context.line_before + draft.text.partition("\n")[0] + rest
    if _ends_in_string(line, context.language):
        end = _closing_quote(draft.text, place.closer)
        if end is not None and not _ends_in_string(context.line_before + rest, context.language):
            return cut_before(draft, end, _REJECTION)
    return draft


def _ends_in_string(line: str, language: str) -> bool:
    return place_at_end(line, language, whole=False).where in _STRINGS


def _closing_quote(text: str, quote: str) -> int | None:
    index = 0
    while index < len(text):
        if text[index] == "\\":
            index += 1
        elif text[index] == quote:
            return index
        index += 1
    return None


def _cut(draft: Draft, bracket: _Bracket) -> Draft | Rejection:
    return cut_before(draft, bracket.position, _REJECTION)


_Around = tuple[list[_Bracket], list[_Bracket]]
"""What is open left of the cursor, and what right of it closes what it did not open."""


def _around(context: Context) -> _Around | None:
    """Return the brackets around the cursor; None where they do not match."""
    prefix, language = context.prefix, context.language
    begin = first_code(prefix, language) if context.prefix_start > 0 else 0
    before = _brackets("", prefix, language, begin)
    return _matched(before, _brackets(prefix, context.suffix, language, begin))


def _around_in_line(context: Context) -> _Around | None:
    """Return the brackets of the cursor's line, all of it read as code."""
    before = _brackets("", context.line_before, None)
    return _matched(before, _brackets(context.line_before, context.line_after, None))


def _matched(before: list[_Bracket], after: list[_Bracket]) -> _Around | None:
    opened, unopened = _open(before), _unopened(after)
    return None if opened is None or unopened is None else (opened, unopened)


def _brackets(before: str, text: str, language: str | None, begin: int = 0) -> list[_Bracket]:
    """Return the brackets of ``text``, which stands behind ``before``; None reads all as code."""
    whole = before + text
    hidden = bytearray(len(whole))
    if language is not None:
        for stretch in stretches(whole, language, begin):
            hidden[stretch.start : stretch.end] = b"\1" * (stretch.end - stretch.start)
    found: list[_Bracket] = []
    start = base = len(before)
    outdent = _FAR
    apart = False
    for number, line in enumerate(text.split("\n")):
        # The first line begins left of the cursor.
        full = before[before.rfind("\n") + 1 :] + line if number == 0 else line
        indent = len(full) - len(full.lstrip())
        leading = number > 0 and line[indent : indent + 1] in PAIRS
        if number > 0 and not leading and not _is_loose(line):
            outdent = min(outdent, indent)
        for index in range(start, start + len(line)):
            char = whole[index]
            if char in "()[]{}" and not hidden[index] and not _is_literal(whole, index):
                leads = leading and index == start + indent
                outer = apart or "namespace" in line
                found.append(_Bracket(char, index - base, indent, outdent, leads, outer))
        start += len(line) + 1
        apart = number > 0 and not line.strip()
    return found


def _ends_block(bracket: _Bracket, opener: _Bracket) -> bool:
    """Say whether a brace in a draft ends the block around the cursor, by its indentation."""
    braces = bracket.char == "}" and opener.char == "{"
    return braces and bracket.leads and bracket.indent <= opener.indent


def _is_loose(line: str) -> bool:
    """Say whether a line may be indented less than the block that it stands in."""
    text = line.strip()
    return not text or text[0] in "#*" or text.startswith(("//", "/*", "--")) or text[-1] == ":"


def _is_literal(text: str, index: int) -> bool:
    """Say whether a bracket is escaped, or alone between quotes, as a character's literal is."""
    before = text[index - 1 : index]
    return before == "\\" or (
        before != "" and before in "'\"" and text[index + 1 : index + 2] == before
    )


def _open(brackets: list[_Bracket]) -> list[_Bracket] | None:
    """Return the brackets that stay open, outermost first; None where they do not match."""
    stack: list[_Bracket] = []
    for bracket in brackets:
        if bracket.char not in PAIRS:
            stack.append(bracket)
        elif stack:
            if stack.pop().char != PAIRS[bracket.char]:
                return None
    return stack


def _unopened(brackets: list[_Bracket]) -> list[_Bracket] | None:
    """Return the brackets that close what was opened before; None where they do not match."""
    result: list[_Bracket] = []
    stack: list[str] = []
    for bracket in brackets:
        if bracket.char not in PAIRS:
            stack.append(bracket.char)
        elif not stack:
            result.append(bracket)
        elif stack.pop() != PAIRS[bracket.char]:
            return None
    return result


def _closed_below(
    opened: list[_Bracket], closers: list[_Bracket], replaces: int, whole: bool
) -> tuple[frozenset[int], frozenset[str]]:
    """Return which of the open brackets stay closed right of the cursor, by their indices.

    A bracket closes the innermost one of its kind; one that leads its line the innermost whose line
    is indented alike, or less. Behind a line that is indented no deeper than an open bracket's,
    nothing closes that any more. Where there are fewer of them than are open, the innermost are
    what is missing. The kinds of brackets that are left over come second.

    :param whole: nothing was opened above what is known
    """
    closed: set[int] = set()
    over: set[str] = set()
    top = len(opened)
    for number, closer in enumerate(closers):
        same = [
            index
            for index in range(top)
            if opened[index].char == PAIRS[closer.char]
            and opened[index].indent < closer.outdent
            and not (closer.leads and opened[index].indent > closer.indent)
        ]
        alike = [index for index in same if opened[index].indent == closer.indent]
        # A namespace is not indented, and a blank line stands in front of its end.
        outer = closer.leads and closer.apart and alike
        if not same or (outer and len(alike) == 1 and not whole):
            over.add(closer.char)
            continue
        if outer or (closer.leads and alike):
            index = alike[0] if outer else alike[-1]
        elif closer.leads:
            index = same[-1]
        else:
            index = same[-1] - _missing(opened, same[-1], closers[number:])
        if closer.position >= replaces:
            closed.add(index)
        top = index
    return frozenset(closed), frozenset(over)


def _missing(opened: list[_Bracket], top: int, closers: list[_Bracket]) -> int:
    """Return how many brackets, from ``top`` down, are more than those that close them all."""
    kind = opened[top].char
    open_in_a_row = closed_in_a_row = 0
    while open_in_a_row <= top and opened[top - open_in_a_row].char == kind:
        open_in_a_row += 1
    while closed_in_a_row < len(closers) and PAIRS[closers[closed_in_a_row].char] == kind:
        closed_in_a_row += 1
    return max(0, open_in_a_row - closed_in_a_row)
