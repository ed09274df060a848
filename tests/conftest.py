"""For all tests: nothing depends on what was measured on the machine that they run on."""

from __future__ import annotations

import os

from codex_lsp.statistics.store import SWITCH as STATISTICS
from codex_lsp.tuning.store import SWITCH

# Processes that tests start inherit these: none of them begins to measure, or uses what is kept, or
# counts what tests do among what the user does.
os.environ[SWITCH] = "off"
os.environ[STATISTICS] = "off"
