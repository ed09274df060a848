"""Sizes that suit this machine, chosen from what was measured on it.

``measure`` (heavy: it runs the model) → :class:`~codex_lsp.tuning.measured.Measured`, kept by
``store`` under the key of this ``machine`` and model → ``policy``, pure, →
:class:`~codex_lsp.tuning.policy.Tuning`. What is kept are the measurements, not the choice: another
latency target needs no new ones.
"""
