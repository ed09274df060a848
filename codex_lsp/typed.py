"""What the user has typed since a request was made, told to the rows while they are decoded."""

from __future__ import annotations


class TypedText:
    """All that was typed at the cursor since the request, with line feeds.

    Any thread may set it, any may read it.

    Rows look at it with each token: one that says something else ends, one that says the same goes
    on, and its answer is trimmed by what was typed. So a request need not begin anew for each key
    that is pressed while the model is at work.
    """

    def __init__(self, text: str = "") -> None:
        # One reference, replaced as a whole: neither reading nor writing needs a lock.
        self.text = text

    def agrees(self, candidate: str, ended: bool = False) -> bool:
        """Say whether ``candidate`` can still become what the user is typing.

        :param ended: no more text comes, so that there has to be some left to show
        """
        typed = self.text
        if len(candidate) > len(typed):
            return candidate.startswith(typed)
        return not typed or (not ended and typed.startswith(candidate))
