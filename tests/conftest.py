"""For all tests: nothing depends on what was measured on the machine that they run on."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from codex_lsp.safety.bandit_checks import Bandit
from codex_lsp.statistics.store import SWITCH as STATISTICS
from codex_lsp.tuning.store import SWITCH

# Processes that tests start inherit these: none of them begins to measure, or uses what is kept, or
# counts what tests do among what the user does.
os.environ[SWITCH] = "off"
os.environ[STATISTICS] = "off"

# How long an example takes says how busy the machine is.
settings.register_profile("codex-lsp", deadline=None)
settings.load_profile("codex-lsp")


@pytest.fixture(scope="session", autouse=True)
def bandit() -> Bandit:
    """Import bandit before any test has it imported on a thread.

    pytest makes errors of warnings, test by test and for all threads: bandit's import has some.
    """
    loaded = Bandit()
    loaded.load()
    return loaded
