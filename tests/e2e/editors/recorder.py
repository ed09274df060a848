"""Records what an editor says of itself: ``python recorder.py FILE SERVER...`` as its server.

It stands between the editor and the server and writes down what ``initialize`` says. The files in
``tests/e2e/clients`` were made so, but for those that name another origin.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO


def first_message(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Read one message; give its headers and its body."""
    headers = b""
    while not headers.endswith(b"\r\n\r\n"):
        headers += stream.read(1)
    length = next(
        int(line.split(b":")[1])
        for line in headers.splitlines()
        if line.lower().startswith(b"content-length")
    )
    return headers, stream.read(length)


def main() -> int:
    """Record, and hand everything on."""
    target, *command = sys.argv[1:]
    headers, body = first_message(sys.stdin.buffer)
    params = json.loads(body)["params"]
    said = {name: params.get(name) for name in ("clientInfo", "capabilities")}
    Path(target).write_text(json.dumps(said, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    server = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert server.stdin is not None
    server.stdin.write(headers + body)
    server.stdin.flush()

    def pump() -> None:
        assert server.stdin is not None
        while data := sys.stdin.buffer.read1(65536):
            server.stdin.write(data)
            server.stdin.flush()
        server.stdin.close()

    threading.Thread(target=pump, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
