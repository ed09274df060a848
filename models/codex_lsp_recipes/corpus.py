"""Makes the corpus: files of the pinned packages, cleaned, without duplicates, decontaminated.

The folder that it writes:

- ``files.jsonl``: a Python file a line, with package, version, licence, path and text
- ``scripts.jsonl``: the same of JavaScript and TypeScript
- ``functions.jsonl``: the documented functions of the packages that stand alone
- ``problems.jsonl``: the training part of MBPP, each a function behind its task as a docstring
- ``report.json``: what was kept, and how much fell out for which reason
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO

from codex_lsp.errors import UsageError
from codex_lsp_recipes.cleaning import Dropped, judge_path, judge_text, parses
from codex_lsp_recipes.decontaminate import Decontaminator
from codex_lsp_recipes.duplicates import NearDuplicates
from codex_lsp_recipes.functions import standalone_functions

FILES = "files.jsonl"
SCRIPTS = "scripts.jsonl"
FUNCTIONS = "functions.jsonl"
PROBLEMS = "problems.jsonl"
REPORT = "report.json"
PARTS = (FILES, SCRIPTS, FUNCTIONS, PROBLEMS)
"""What is trained on."""

PACKAGE_CHARS = 500_000
SCRIPT_PACKAGE_CHARS = 150_000
"""At most this much of one package, so that none sets the style of all."""

_HELD_OUT = "held-out/"

MBPP_FIELDS = ("task_id", "text", "code")
HUMAN_EVAL_FIELDS = ("prompt", "canonical_solution")
MBPP_TEST = range(1, 601)
"""The tasks of MBPP that nothing is trained on: examples, test and validation parts."""


class Package(Protocol):
    """A pinned release of a package: a wheel, or an npm package."""

    @property
    def name(self) -> str:
        """Return its name in its registry."""

    @property
    def version(self) -> str:
        """Return its version."""

    @property
    def licence(self) -> str:
        """Return the licence that its metadata names."""

    def sources(self, folder: Path) -> dict[str, bytes]:
        """Return its source files by their paths, fetched into ``folder`` if need be."""


@dataclass(frozen=True, slots=True)
class Packages:
    """What the corpus is made of, in its order."""

    python: Sequence[Package]
    scripts: Sequence[Package] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the corpus. ``path`` is that within the package."""

    package: str
    version: str
    licence: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Files of the problems that must not be trained on.

    :ivar human_eval: HumanEval.jsonl.gz
    :ivar mbpp: mbpp.jsonl.gz, whose tasks from 601 on are trained on
    """

    human_eval: Path
    mbpp: Path

    def solutions(self) -> list[str]:
        """Return what no text that is trained on may share a run of words with.

        :raises UsageError: a file cannot be read
        """
        return self.solutions_beside(kept_back(read_problems(self.mbpp, MBPP_FIELDS)))

    def solutions_beside(self, tasks: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return the same where MBPP's ``tasks`` that are kept back have been read already."""
        problems = read_problems(self.human_eval, HUMAN_EVAL_FIELDS)
        own = [problem["prompt"] + problem["canonical_solution"] for problem in problems]
        return [*own, *(task["code"] for task in tasks)]


def kept_back(tasks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those of MBPP's ``tasks`` that nothing may be trained on."""
    return [task for task in tasks if task["task_id"] in MBPP_TEST]


def build(
    packages: Packages,
    package_folder: Path,
    evaluations: Evaluations,
    held_out: Iterable[str],
    output: Path,
    say: Callable[[str], None],
) -> None:
    """Write the corpus into ``output``; the same inputs give the same bytes.

    :param held_out: texts that are measured on; near-duplicates of them fall out
    :raises DownloadError: a package cannot be had
    :raises DamagedFileError: a package is another file, or under another licence
    :raises UsageError: a file of problems cannot be read
    """
    tasks = read_problems(evaluations.mbpp, MBPP_FIELDS)
    untouched = kept_back(tasks)
    solutions = evaluations.solutions_beside(untouched)
    files = _Files(
        Decontaminator([*solutions, *(task["text"] for task in untouched)]), NearDuplicates()
    )
    functions = _Functions(files.decontaminator, NearDuplicates())
    for index, text in enumerate(held_out):
        files.seen.add(f"{_HELD_OUT}{index}", text)
        functions.hold_out(f"{_HELD_OUT}{index}", text)
    output.mkdir(parents=True, exist_ok=True)
    chars = _write_python(packages.python, package_folder, files, output, say)
    script_chars = _write_scripts(packages.scripts, package_folder, files, output, say)
    report = {
        "characters": sum(chars.values()),
        "script_characters": sum(script_chars.values()),
        "functions": _write_functions(packages.python, package_folder, functions, output),
        "mbpp_problems": _write_problems(tasks, solutions, output),
        "evaluation_ngrams": files.decontaminator.ngrams,
        "dropped_files": {reason.value: files.dropped[reason] for reason in Dropped},
        "characters_by_package": chars | script_chars,
    }
    (output / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def read_files(file: Path) -> list[SourceFile]:
    """Return the files that one of the corpus' parts holds.

    :raises UsageError: it is not there
    """
    return [SourceFile(**record) for record in _read(file)]


def read_texts(file: Path) -> list[str]:
    """Return the texts of one of the corpus' files.

    :raises UsageError: it is not there
    """
    return [record["text"] for record in _read(file)]


def _read(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except OSError as error:
        raise _no_corpus(file, error) from error


def digest(folder: Path) -> str:
    """Return a sha256 over what is trained on.

    :raises UsageError: there is no corpus
    """
    sha = hashlib.sha256()
    for name in PARTS:
        try:
            sha.update((folder / name).read_bytes())
        except OSError as error:
            raise _no_corpus(folder / name, error) from error
    return sha.hexdigest()


def _no_corpus(file: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{file} cannot be read ({error.strerror}); make the corpus first with "
        "`python -m codex_lsp_recipes corpus`."
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """What files are held against, and the count of those that fell out."""

    decontaminator: Decontaminator
    seen: NearDuplicates
    dropped: Counter[Dropped] = field(default_factory=Counter)

    def kept(self, package: Package, folder: Path, share: int) -> Iterator[SourceFile]:
        """Yield what is wanted of ``package``, in an order that has no system.

        :param share: no file is added to so many characters
        """
        chars = 0
        sources = package.sources(folder)
        for name in sorted(sources, key=lambda name: hashlib.sha256(name.encode()).digest()):
            reason = judge_path(name)
            if reason is None and chars >= share:
                reason = Dropped.SHARE
            if reason is None:
                text = sources[name].decode("utf-8", "replace").replace("\r\n", "\n")
                reason = self._judge(package.name, name, text)
            if reason is not None:
                self.dropped[reason] += 1
                continue
            chars += len(text)
            yield SourceFile(package.name, package.version, package.licence, name, text)

    def _judge(self, package: str, path: str, text: str) -> Dropped | None:
        if reason := judge_text(path, text):
            return reason
        if self.decontaminator.overlaps(text):
            return Dropped.CONTAMINATED
        other = self.seen.add(f"{package}/{path}", text)
        if other is None:
            return None
        return Dropped.HELD_OUT if other.startswith(_HELD_OUT) else Dropped.SAME


@dataclass(frozen=True, slots=True)
class _Functions:
    """Finds the functions, and knows those that were found."""

    decontaminator: Decontaminator
    seen: NearDuplicates

    def hold_out(self, key: str, text: str) -> None:
        """See that no function of a text that is measured on, nor one like it, is found."""
        if parses(text):
            for index, function in enumerate(standalone_functions(text)):
                self.seen.add(f"{key}/{index}", function)

    def found(self, package: Package, folder: Path) -> Iterator[str]:
        """Yield the functions of ``package``, also from files that are over its share."""
        for name, content in sorted(package.sources(folder).items()):
            text = content.decode("utf-8", "replace").replace("\r\n", "\n")
            if judge_path(name) or judge_text(name, text):
                continue
            for index, function in enumerate(standalone_functions(text)):
                if self.decontaminator.overlaps(function):
                    continue
                if self.seen.add(f"{package.name}/{name}/{index}", function) is None:
                    yield function


def _write_python(
    packages: Iterable[Package],
    folder: Path,
    files: _Files,
    output: Path,
    say: Callable[[str], None],
) -> dict[str, int]:
    """Write the files; return characters by package."""
    chars: Counter[str] = Counter()
    with _writing(output / FILES) as texts:
        for package in packages:
            for file in files.kept(package, folder, PACKAGE_CHARS):
                _write_line(texts, asdict(file))
                chars[package.name] += len(file.text)
            say(f"{package.name} {package.version}: {chars[package.name]:,} characters")
    return dict(chars)


def _write_functions(
    packages: Iterable[Package], folder: Path, functions: _Functions, output: Path
) -> int:
    """Write the functions; return how many there are."""
    count = 0
    with _writing(output / FUNCTIONS) as file:
        for package in packages:
            for function in functions.found(package, folder):
                _write_line(file, {"package": package.name, "text": function})
                count += 1
    return count


def _write_scripts(
    packages: Iterable[Package],
    folder: Path,
    files: _Files,
    output: Path,
    say: Callable[[str], None],
) -> dict[str, int]:
    """Write the files of JavaScript and TypeScript; return characters by package."""
    chars: Counter[str] = Counter()
    with _writing(output / SCRIPTS) as texts:
        for package in packages:
            for file in files.kept(package, folder, SCRIPT_PACKAGE_CHARS):
                _write_line(texts, asdict(file))
                chars[package.name] += len(file.text)
            say(f"{package.name} {package.version}: {chars[package.name]:,} characters")
    return dict(chars)


def _write_problems(tasks: list[dict[str, Any]], solutions: list[str], output: Path) -> int:
    """Write MBPP's training part; return how many of its problems are clean.

    Its tasks are all worded alike, so among themselves only their code is compared.
    """
    decontaminator = Decontaminator(solutions)
    count = 0
    with _writing(output / PROBLEMS) as problems:
        for task in tasks:
            text = as_function(task)
            wanted = task["task_id"] not in MBPP_TEST and parses(text)
            if wanted and not decontaminator.overlaps(text):
                _write_line(problems, {"package": "mbpp", "text": text})
                count += 1
    return count


def _writing(file: Path) -> TextIO:
    # newline: the digest of a corpus is the same on every system.
    return file.open("w", encoding="utf-8", newline="\n")


def read_problems(file: Path, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return the records of HumanEval.jsonl.gz or mbpp.jsonl.gz.

    :param fields: what each of them has to have
    :raises UsageError: it cannot be read, or holds other records
    """
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
    except (OSError, EOFError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as problems ({error}).") from error
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict) or not record.keys() >= set(fields):
            raise UsageError(
                f"Line {number} of {file} is no such problem: it needs {', '.join(fields)}."
            )
    return records


def as_function(task: dict[str, Any]) -> str:
    """Put the task of an MBPP problem into its solution as a docstring, as HumanEval has it."""
    code = str(task["code"]).replace("\r\n", "\n").replace("\t", "    ").rstrip() + "\n"
    text = " ".join(str(task["text"]).split())
    docstring = f'    """{text}"""\n'
    lines = code.splitlines(keepends=True)
    last = max((i for i, line in enumerate(lines) if line.startswith("def ")), default=None)
    if last is None:
        return f'"""{text}"""\n{code}'
    # The function that the tests call comes last; helpers come before it.
    return "".join([*lines[: last + 1], docstring, *lines[last + 1 :]])


def _write_line(file: TextIO, record: dict[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=True) + "\n")
