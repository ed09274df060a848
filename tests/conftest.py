"""For all tests: nothing depends on what was measured on the machine that they run on."""

from __future__ import annotations

import os

from codex_lsp.tuning.store import SWITCH

# Processes that tests start inherit it: none of them begins to measure, or uses what is kept.
os.environ[SWITCH] = "off"
