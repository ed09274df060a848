"""Keeps the user's source code off standard error, whatever the log level.

pygls logs whole messages ("Sending data: …"), parameters and validation errors that quote values;
asyncio and concurrent.futures log exceptions with their messages. Any of these may be source code.
Our own log lines name a method, a type of exception and a place in our code, never a value.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

_TALKATIVE = ("pygls", "asyncio", "concurrent.futures")
_FRAMES = 8

logger = logging.getLogger(__name__)


def silence_library_loggers() -> None:
    """Close the loggers that may show source code. Call it after the log is configured.

    Children of a logger that ask for a level of their own are closed as well: a record of theirs
    would go through our handlers.
    """
    for name in list(logging.Logger.manager.loggerDict):
        if name.startswith(tuple(f"{root}." for root in _TALKATIVE)):
            logging.getLogger(name).setLevel(logging.NOTSET)
    for name in _TALKATIVE:
        talkative = logging.getLogger(name)
        talkative.setLevel(logging.CRITICAL + 1)
        talkative.propagate = False
        # Without a handler the record would reach logging.lastResort, which is standard error.
        if not talkative.handlers:
            talkative.addHandler(logging.NullHandler())


def describe_exception(error: BaseException) -> str:
    """The type of an exception and where it was raised, without any value.

    Its message, and the source lines of a traceback, may hold the user's code.
    """
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    where = "; ".join(reversed(frames[-_FRAMES:])) or "no traceback"
    return f"{type(error).__name__} ({where})"


def log_loop_error(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """An exception handler for an event loop, in place of the one that shows values."""
    error = context.get("exception")
    if isinstance(error, Exception):  # a cancellation is none
        logger.error("An error that nobody waited for: %s.", describe_exception(error))
