"""Bytes against a real process: what a client can do to the server, and what it may not."""
