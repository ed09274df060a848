"""The recipe that fine-tunes the default model's base: corpus, train, export, evaluate.

Needs the extra ``train``. What it makes, an adapter, is applied without it: see
:mod:`codex_lsp_models.adapter`.
"""
