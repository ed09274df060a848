"""What completing feels like, measured: typing replayed, and the engine's latencies.

The server is measured from the outside, as a process that is spoken to over its pipes. Metrics are
pure functions over recorded events, and a run is JSON lines that anyone can read again. Nothing
here knows the server's code, the command line or how progress is shown.
"""
