"""An editor in a terminal: tmux runs it, types keys and shows the screen."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

DEADLINE_S = 100.0


class Terminal:
    """One program in a tmux server of its own."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], home: Path, name: str
    ) -> None:
        self._socket = str(home / f"{name}.tmux")
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", *command,
                   environment=environment)  # fmt: skip

    def _tmux(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        return subprocess.run(
            ["tmux", "-u", "-S", self._socket, *arguments],
            env=None if environment is None else dict(environment),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def screen(self) -> str:
        """What is on the screen, without its colours."""
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names, such as ``Escape`` and ``C-x``."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-l", text)

    def until(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + DEADLINE_S
        while not true():
            assert time.monotonic() < deadline, f"no {what} on the screen:\n{self.screen()}"
            time.sleep(0.05)

    def until_screen(self, text: str) -> None:
        """Wait until the text is on the screen."""
        self.until(repr(text), lambda: text in self.screen())

    def press_until(self, key: str, text: str) -> None:
        """Press a key again and again, with some seconds between, until the text is there."""
        pressed = 0.0

        def there() -> bool:
            nonlocal pressed
            if text in self.screen():
                return True
            if time.monotonic() - pressed > 3:
                pressed = time.monotonic()
                self.press(key)
            return False

        self.until(repr(text), there)

    def until_file(self, path: Path, text: str) -> None:
        """Wait until a file has this text."""
        self.until(f"file with {text!r}", lambda: path.read_text(encoding="utf-8") == text)

    def close(self) -> None:
        """End the program."""
        self._tmux("kill-server")
