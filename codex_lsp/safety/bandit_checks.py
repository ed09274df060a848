"""bandit's checks on a piece of Python that parses.

bandit is imported on a thread, when it is first wanted: that takes a third of a second of the
processor's time. Until then, and where code does not parse, the patterns stand in for it.
"""

from __future__ import annotations

import logging
import threading
import types
import warnings
from collections import Counter
from collections.abc import Callable, Mapping

from codex_lsp.safety.weaknesses import Weakness

logger = logging.getLogger(__name__)

_TESTS: Mapping[str, Weakness] = types.MappingProxyType(
    {
        "B102": Weakness.EVAL,
        "B201": Weakness.DEBUG_SERVER,
        "B202": Weakness.UNSAFE_ARCHIVE,
        "B304": Weakness.WEAK_CIPHER,
        "B305": Weakness.ECB_MODE,
        "B307": Weakness.EVAL,
        "B323": Weakness.UNVERIFIED_TLS,
        "B324": Weakness.WEAK_HASH,
        "B501": Weakness.UNVERIFIED_TLS,
        "B502": Weakness.OLD_TLS,
        "B505": Weakness.SHORT_KEY,
        "B506": Weakness.UNSAFE_LOAD,
        "B507": Weakness.UNVERIFIED_HOST,
        "B602": Weakness.SHELL_COMMAND,
        "B604": Weakness.SHELL_COMMAND,
        "B605": Weakness.SHELL_COMMAND,
    }
)
"""The tests that count. Not those for passwords (B105 to B107), which find every empty string that
is called a token: a pattern does it better. Nor those that warn of a module or ask for a timeout.
"""
_NAME = "/completion.py"

Run = Callable[[str], Counter[Weakness]]


class Bandit:
    """bandit, once it is loaded."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._thread: threading.Thread | None = None

    def begin_loading(self) -> None:
        """Import it on a thread, unless that was begun already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self.load, name="codex-lsp-bandit", daemon=True)
            self._thread.start()

    def load(self) -> None:
        """Import it now."""
        try:
            self._run = _import_bandit()
        except Exception as error:  # whatever is wrong with it, the patterns are there
            logger.warning("bandit cannot be loaded: %s", type(error).__name__)

    def check(self, code: str) -> Counter[Weakness] | None:
        """Return what is wrong with ``code``; None when that cannot be told.

        :param code: Python that may or may not parse
        """
        if self._run is None:
            return None
        try:
            return self._run(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _import_bandit() -> Run:
    format_warning = warnings.formatwarning
    # stevedore calls it an error that a format of reports wants a package of its own; what is
    # missing of the checks is looked for below.
    logging.getLogger("stevedore").setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        # It loads its plugins in a way that stevedore is going to give up.
        warnings.simplefilter("ignore", DeprecationWarning)
        from bandit.core import extension_loader
        from bandit.core.config import BanditConfig
        from bandit.core.meta_ast import BanditMetaAst
        from bandit.core.metrics import Metrics
        from bandit.core.node_visitor import BanditNodeVisitor
        from bandit.core.test_set import BanditTestSet

    # Its import has warnings shown its own way, and its log would quote the code.
    warnings.formatwarning = format_warning
    logging.getLogger("bandit").setLevel(logging.CRITICAL + 1)
    # A plugin that cannot be imported is only logged, and half of the checks would pass for all.
    found = extension_loader.MANAGER.plugins_by_id.keys() | extension_loader.MANAGER.blacklist_by_id
    if missing := sorted(_TESTS.keys() - found):
        raise ImportError(f"bandit has no {', '.join(missing)}")
    tests = BanditTestSet(BanditConfig(), profile={"include": sorted(_TESTS)})

    def run(code: str) -> Counter[Weakness]:
        metrics = Metrics()
        metrics.begin(_NAME)
        visitor = BanditNodeVisitor(_NAME, None, BanditMetaAst(), tests, False, {}, metrics)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings that the model made up
            visitor.process(code.encode("utf-8", "replace"))
        # Low is bandit's word for a command that is written out: nothing can change it.
        return Counter(
            _TESTS[issue.test_id] for issue in visitor.tester.results if issue.severity != "LOW"
        )

    return run
