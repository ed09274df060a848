"""The recipe that fine-tunes the embedded model on public code: corpus, train, export, evaluate.

Needs the extra ``train``. What it makes, an adapter, is applied without it: see
:mod:`codex_lsp_models.adapter`.
"""
