"""What ``codex-lsp bench replay`` and ``show`` do."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from codex_lsp.bench import events, tables
from codex_lsp.bench.corpus import load_texts
from codex_lsp.bench.events import Recording
from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.metrics import Summary, summarize
from codex_lsp.bench.replay import Pace, Piece, Typist, alternate, pieces, warm_up
from codex_lsp.bench.rhythm import Rhythm
from codex_lsp.bench.service import Service
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_facts import OWN_NAME, facts
from codex_lsp.cli.bench_output import Output, print_json, print_tables, with_bar
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.errors import UsageError

Client = Literal["vscode", "neovim"]


@dataclass(frozen=True, slots=True)
class Typing:
    """What is typed, and how."""

    files: Sequence[Path]
    keys: int
    seed: int
    pace: str
    client: str
    wpm: float
    accepts: bool = True

    def typist(self) -> Typist:
        """Return who types.

        :raises UsageError: an option has a value that is none of its own
        """
        for name, value, allowed in (
            ("--pace", self.pace, get_args(Pace)),
            ("--client", self.client, get_args(Client)),
        ):
            if value not in allowed:
                raise UsageError(f"{name} is {value!r}, but has to be one of {', '.join(allowed)}.")
        if not 0 < self.wpm < math.inf:
            raise UsageError(f"--wpm is {self.wpm:g}, but has to be a number above 0.")
        rhythm = Rhythm(self.seed, self.wpm)
        return Typist(cast(Pace, self.pace), self.client == "vscode", self.accepts, rhythm)

    def pieces(self) -> list[Piece]:
        """Return the pieces of text to type.

        :raises UsageError: a file cannot be read, or nothing is to be typed
        """
        if self.keys < 1:
            raise UsageError(f"--limit-keys is {self.keys}, but has to be 1 or more.")
        return pieces(load_texts(self.files), self.keys)


def run_replay(
    typing: Typing,
    settings: Sequence[str],
    compare: Sequence[str],
    model: str | None,
    output: Output,
) -> list[Table]:
    """Replay with one variant of the settings or several, and print the figures."""
    found = find_or_offer(model)
    typist, chosen = typing.typist(), typing.pieces()
    # No seed: with one, the engine has a single worker, and is not what users have.
    shared = {"model": str(found.path), **read_settings(settings)}
    variants = {text: shared | read_settings(text.split(",")) for text in compare}
    variants = variants or {OWN_NAME: shared}
    with ExitStack() as stack:
        services: dict[str, Service] = {
            name: stack.enter_context(closing(LspService(options)))
            for name, options in variants.items()
        }
        for service in services.values():
            warm_up(service)
        steps = alternate(services, chosen, typist)
        recordings = list(with_bar(steps, "pieces typed", len(chosen) * len(services)))
    known = facts("replay", found, typing=_plain(typing), variants=variants)
    return finish_replay(known, recordings, output)


def finish_replay(
    known: Mapping[str, Any], recordings: Sequence[Recording], output: Output
) -> list[Table]:
    """Keep a replay's recordings, and print its figures."""
    if output.file is not None:
        events.write(output.file, known, recordings)
    summaries = summaries_of(recordings)
    found = replay_tables(summaries)
    if output.as_json:
        print_json({**known, "variants": {item.variant: item.figures() for item in summaries}})
    else:
        print_tables(found)
    return found


def show(file: Path, as_json: bool) -> None:
    """Print a recorded replay again."""
    known, recordings = events.read(file)
    finish_replay(known, recordings, Output(None, as_json))


def summaries_of(recordings: Sequence[Recording]) -> list[Summary]:
    """Return the figures of each variant, in the order of first appearance."""
    names = dict.fromkeys(recording.segment.variant for recording in recordings)
    return [
        summarize(name, [item for item in recordings if item.segment.variant == name])
        for name in names
    ]


def replay_tables(summaries: Sequence[Summary]) -> list[Table]:
    """Return the tables of a replay."""
    return [tables.replay_table(summaries), tables.origins_table(summaries)]


def read_settings(given: Sequence[str]) -> dict[str, Any]:
    """Read ``name=value`` pairs; values are JSON where they can be read so, else text.

    :raises UsageError: one has no ``=``, or is no setting of the server, or not a possible value
    """
    from codex_lsp_server import settings

    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f"The setting {text!r} has to be like name=value.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    for problem in settings.read(found).problems:
        # An editor's user gets the default instead; here it would be measured under a wrong name.
        raise UsageError(f"{problem.partition(';')[0]}.")
    return found


def _plain(typing: Typing) -> dict[str, Any]:
    return asdict(typing) | {"files": [file.name for file in typing.files]}
