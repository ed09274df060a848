"""Keeps the project's lines in memory up to date, a little at a time, behind everything else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from codex_lsp.context.ignore import IgnoreRules
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.context.snippets.outline import Outline, outline_of
from codex_lsp.languages import language_of
from codex_lsp.recall.lines import SourceLines
from codex_lsp.recall.project import ProjectLines
from codex_lsp.recall.sources import (
    SourceFile,
    find_sources,
    is_source_name,
    read_lines,
    remember,
)
from codex_lsp_server.quiet import describe_exception

T = TypeVar("T")

logger = logging.getLogger(__name__)

PAUSE_S = 0.004
"""Between two slices of work, each of about a millisecond."""
BUSY_PAUSE_S = 0.05
"""The same while someone waits for a completion."""
BATCH_S = 0.002
MANY_CHANGES = 500
"""More changed files at once than these are a new state of the folder: it is looked through."""


class _Disk(Enum):
    READ = "read"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class _Text:
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Read:
    """What is kept of a file."""

    lines: SourceLines
    outline: Outline | None


class ProjectFeed:
    """Reads the files of some folders, newest first, and follows their changes.

    Its methods are for the event loop's thread. Files are read on a thread of its own; no more than
    a slice of work is ever done at once, on either.

    :param busy: says whether somebody waits for a completion
    :param outlined: keep what snippets can be made of, too
    :ivar lines: the lines known so far
    :ivar outlines: the outlines known so far; empty unless ``outlined``
    """

    def __init__(self, busy: Callable[[], bool], *, outlined: bool = False) -> None:
        self.outlined = outlined
        self._busy = busy
        self._folders: tuple[Path, ...] = ()
        self._rules: tuple[IgnoreRules, ...] = ()
        self._edited: set[Path] = set()
        self._modified: dict[Path, float] = {}
        self._wanted: dict[Path, _Disk | _Text] = {}
        self._look_through = False
        self._wake = asyncio.Event()
        self._quiet = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="codex-lsp-recall")
        self.lines = ProjectLines()
        self.outlines = SnippetIndex()

    def follow(self, folders: Iterable[Path]) -> None:
        """Keep the lines of these folders, and of no others."""
        wanted = tuple(folders)
        if wanted != self._folders:
            self._folders = wanted
            self.look_through()

    def look_through(self) -> None:
        """Look at all files anew: rules or many files have changed."""
        self._look_through = True
        self._start()

    def text(self, path: Path, lines: list[str]) -> None:
        """Take the text of a file that is open in the editor; the disk does not count for it."""
        self._edited.add(path)
        self._want(path, _Text(lines))

    def hide(self, path: Path) -> None:
        """Leave a file out that is open in the editor: it is the one being typed in."""
        self._edited.add(path)
        self._want(path, _Disk.FORGET)

    def release(self, path: Path) -> None:
        """The editor has closed the file: from now on it is as it is on the disk."""
        self._edited.discard(path)
        self._want(path, _Disk.READ)

    def changed(self, paths: Sequence[Path]) -> None:
        """Files have changed on the disk, or are gone."""
        if len(paths) > MANY_CHANGES:
            self.look_through()
            return
        for path in paths:
            if path not in self._edited:
                self._want(path, _Disk.READ)

    async def settled(self) -> None:
        """Wait until nothing is left to do."""
        if self._task is not None:
            await self._quiet.wait()

    def stop(self) -> None:
        """Stop and forget everything; there is no way back."""
        if self._task is not None:
            self._task.cancel()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self.lines = ProjectLines()
        self.outlines = SnippetIndex()

    async def close(self) -> None:
        """Stop, and wait until nothing runs any more."""
        self.stop()
        if self._task is not None:
            await asyncio.wait({self._task})

    def _want(self, path: Path, what: _Disk | _Text) -> None:
        if not self._folders:
            return
        # Behind the others, where it replaces an older wish.
        self._wanted.pop(path, None)
        self._wanted[path] = what
        self._start()

    def _start(self) -> None:
        self._quiet.clear()
        self._wake.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._look_through:
                    await self._read_folders()
                await self._serve()
            except Exception as error:  # the project's lines are no reason to fail
                logger.error("Reading the project failed: %s.", describe_exception(error))
            if not self._wake.is_set():
                self._quiet.set()

    async def _serve(self) -> None:
        """Do what single files are wanted for."""
        while self._wanted and not self._look_through:
            path = next(iter(self._wanted))
            what = self._wanted.pop(path)
            read = None
            if what is not _Disk.FORGET:
                read = await self._on_thread(partial(self._prepare, path, what))
            self._modified.pop(path, None)
            await self._put(path, read, recent=True)

    async def _read_folders(self) -> None:
        self._look_through = False
        folders = self._folders
        self._rules = await self._on_thread(lambda: tuple(map(IgnoreRules, folders)))
        found: dict[Path, float] = {}
        for folder, rules in zip(folders, self._rules, strict=True):
            sources = find_sources(folder, rules)
            more = True
            while more:
                files, more = await self._on_thread(partial(_next_batch, sources))
                found.update((file.path, file.modified) for file in files)
                await self._pause()
        for key in self.lines.keys():
            path = Path(key)
            if path not in found and path not in self._edited:
                await self._put(path, None, recent=False)
        for path in sorted(found, key=lambda path: -found[path]):
            if self._look_through or not self.lines.has_room():
                break
            await self._serve()
            if path in self._edited or self._modified.get(path) == found[path]:
                continue
            read = await self._on_thread(partial(self._read, path))
            self._modified[path] = found[path]
            await self._put(path, read, recent=False)

    def _prepare(self, path: Path, what: _Disk | _Text) -> _Read | None:
        """Return what may be kept of a file, if it may be read at all; on the thread."""
        if not is_source_name(path) or not any(rules.allows(path) for rules in self._rules):
            return None
        return self._read(path, what.lines if isinstance(what, _Text) else None)

    def _read(self, path: Path, text: list[str] | None = None) -> _Read | None:
        """Return what may be kept of a file; on the thread.

        :param text: its lines, where they are not those on the disk
        """
        lines = read_lines(path) if text is None else text
        remembered = None if lines is None else remember(lines)
        if lines is None or remembered is None:
            return None
        outline = outline_of(lines, language_of(path)) if self.outlined else None
        return _Read(remembered, outline)

    async def _put(self, path: Path, read: _Read | None, *, recent: bool) -> None:
        key = str(path)
        if read is None:
            self._modified.pop(path, None)
            slices: Iterator[None] = chain(self.lines.drop(key), self.outlines.drop(key))
        else:
            slices = self.lines.put(key, language_of(path), read.lines, recent=recent)
            if read.outline is not None:
                slices = chain(slices, self.outlines.put(key, read.outline, recent=recent))
        for _ in slices:
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(BUSY_PAUSE_S if self._busy() else PAUSE_S)

    async def _on_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function)


def _next_batch(sources: Iterator[SourceFile | None]) -> tuple[list[SourceFile], bool]:
    """Return the next files, and whether there may be more; stops after a slice of time."""
    batch = []
    deadline = time.monotonic() + BATCH_S
    for file in sources:
        if file is not None:
            batch.append(file)
        if time.monotonic() > deadline:
            return batch, True
    return batch, False
