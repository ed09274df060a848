"""The engine in a process of its own: its messages, their framing, and the program that it runs.

``python -m codex_lsp.process`` is that program. The server starts it, talks to it over its standard
input and output, and starts it again when it has died.
"""
