"""What the server and the engine's process tell each other.

The server numbers its requests; what the process says of one carries the number. Everything is a
frozen value of a bounded size: a :class:`~codex_lsp.types.Context` travels, never a document.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codex_lsp.errors import CodexLspError
from codex_lsp.options import CompleterOptions, EngineOptions
from codex_lsp.types import Completion, Context, Outcome, Work

# ---- From the server


@dataclass(frozen=True, slots=True)
class Load:
    """Load the model of a directory, in place of the one that is loaded."""

    path: Path
    options: EngineOptions


@dataclass(frozen=True, slots=True)
class Complete:
    """Complete; answered with any number of :class:`Grown`, then an end."""

    id: int
    context: Context
    options: CompleterOptions


@dataclass(frozen=True, slots=True)
class Warm:
    """Read ahead; answered with :class:`Warmed`."""

    id: int
    context: Context
    options: CompleterOptions


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this request any more; it is still answered, within a decoding step."""

    id: int


@dataclass(frozen=True, slots=True)
class Typed:
    """All that has been typed at the cursor since this request was made."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Give the model back and leave."""


Order = Load | Complete | Warm | Cancel | Typed | Close

# ---- From the engine's process


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """How the engine runs.

    :ivar load_ms: how long the model took to load
    :ivar restarts: how many times the process had to be started again in this session
    """

    pid: int
    device: str
    compute_type: str
    threads: int
    load_ms: float
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready."""

    facts: EngineFacts


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model cannot be loaded; there is none now."""

    error: CodexLspError


@dataclass(frozen=True, slots=True)
class Grown:
    """The completion as it stands."""

    id: int
    completion: Completion


@dataclass(frozen=True, slots=True)
class KeptStates:
    """The states of prompts that the engine keeps.

    :ivar memory_mb: what they take, in MB
    :ivar dropped: how many times all of them were dropped to make room
    """

    memory_mb: float = 0.0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a request ended."""

    id: int
    outcome: Outcome
    states: KeptStates = KeptStates()


@dataclass(frozen=True, slots=True)
class Failed:
    """A request ended with an error."""

    id: int
    error: CodexLspError


@dataclass(frozen=True, slots=True)
class Warmed:
    """What could be read ahead has been."""

    id: int
    work: Work
    states: KeptStates = KeptStates()


Report = Loaded | LoadFailed | Grown | Ended | Failed | Warmed
