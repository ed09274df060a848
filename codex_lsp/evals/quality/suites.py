"""Holes in packages that ship fast tests, which tell whether a completion does what it should.

Packages, and only such test modules, that need nothing but the standard library. None is in the
corpus of the fine-tuned default model.
"""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codex_lsp.errors import BenchError
from codex_lsp.evals.quality.attempts import Outcome
from codex_lsp.evals.quality.corpus import SourceFile, source_file
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.quality.policies import POLICIES
from codex_lsp.evals.run import Progress
from codex_lsp.evals.samples import append_records, drop_torn_line, read_records
from codex_lsp.evals.sandbox.launch import Confinement
from codex_lsp.evals.sandbox.suites import OwnTests, SuiteVerdict, run_suite
from codex_lsp.model_dir import data_home
from codex_lsp.packages import Archive, fetch, members

VERDICTS = "verdicts.jsonl"
SHOWN = (
    "greedy, one row",
    "best of 4: mean log-probability",
    "best of 4: summed log-probability",
    "editor's default",
)
"""The policies whose choice is put into the hole."""
AS_IT_WAS, LEFT_OUT = "as it was", "hole left out"
VARIANTS = (AS_IT_WAS, LEFT_OUT, *SHOWN)
"""What is put into the hole."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package with tests.

    :ivar source: holes are cut into the files below it
    """

    archive: Archive
    source: str
    tests: OwnTests


def _modules(*names: str, folder: str = "tests") -> tuple[str, ...]:
    return tuple(f"{folder}.test_{name}" for name in names)


PACKAGES: tuple[Package, ...] = (
    Package(
        Archive(
            "sdist",
            "idna",
            "3.20",
            "BSD-3-Clause",
            "a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44",
        ),
        "idna/",
        OwnTests(
            ("",),
            _modules(
                "idna", "idna_codec", "idna_compat", "idna_errors", "idna_uts46", "intranges"
            ),
        ),
    ),
    Package(
        Archive(
            "sdist",
            "pyasn1",
            "0.6.5",
            "BSD-2-Clause",
            "6b11616a6bcf3a40e635f082bb232fa57b5e0dd7f517bd7ddd69ec3794508a47",
        ),
        "pyasn1/",
        OwnTests(
            ("",),
            (
                *_modules(
                    "char", "constraint", "namedtype", "namedval", "opentype", "tag", "univ",
                    "useful", folder="tests.type",
                ),
                *_modules("decoder_schemaless", "streaming", folder="tests.codec"),
                *(
                    name
                    for rules in ("ber", "cer", "der", "native")
                    for name in _modules("decoder", "encoder", folder=f"tests.codec.{rules}")
                ),
            ),
        ),
    ),
    Package(
        Archive(
            "sdist",
            "simplejson",
            "4.3.0",
            "MIT",
            "ffe34ab51a0d37e6d1c661a5672df00d2d5e18804e38eac07abffb83fa5ec3d7",
        ),
        # Not compiled, so that the Python code is what the tests run.
        "simplejson/",
        OwnTests(
            ("",),
            # Those that start no process and no interpreter.
            _modules(
                "bigint_as_string", "bitsize_int_as_string", "check_circular", "decimal", "decode",
                "default", "dump", "encode_basestring_ascii", "encode_for_html", "errors", "fail",
                "float", "for_json", "indent", "item_sort_key", "iterable", "namedtuple", "pass1",
                "pass2", "pass3", "raw_json", "recursion", "scanstring", "separators",
                "str_subclass", "subclass", "tuple", "unicode", folder="simplejson.tests",
            ),
        ),
    ),
    Package(
        Archive(
            "sdist",
            "textfsm",
            "2.1.0",
            "Apache-2.0",
            "45c18ff2b7c90163dfdff7e20d3f482514cc7aac26bc2547744e79dfa761e458",
        ),
        "textfsm/",
        OwnTests(
            ("",),
            ("tests.clitable_test", "tests.terminal_test", "tests.textfsm_test",
             "tests.texttable_test"),
        ),
    ),
    Package(
        Archive(
            "sdist",
            "uritemplate",
            "4.2.0",
            "BSD-3-Clause OR Apache-2.0",
            "480c2ed180878955863323eea31b0ede668795de182617fef9c6ca09e6ec9d0e",
        ),
        "uritemplate/",
        OwnTests(("",), _modules("from_fixtures", "uritemplate")),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tree:
    """A package's files in memory, by their names in the archive."""

    package: Package
    files: Mapping[str, bytes]

    def sources(self) -> Iterator[SourceFile]:
        """Give the files that holes may be cut into."""
        for name, data in sorted(self.files.items()):
            if name.startswith(self.package.source):
                file = source_file(self.package.archive.package, name, data)
                if file is not None and file.group == "python":
                    yield file


def load_trees(
    folder: Path | None = None, packages: Sequence[Package] = PACKAGES
) -> dict[str, Tree]:
    """Return the packages by name.

    :param folder: where archives are kept; None for the user's data folder
    :raises DownloadError: an archive cannot be had
    """
    kept = folder or data_home() / "bench"
    return {
        package.archive.package: Tree(package, dict(members(fetch(package.archive, kept))))
        for package in packages
    }


@contextmanager
def unpacked(tree: Tree) -> Iterator[Path]:
    """Write a package to a folder for as long as it is looked at; anyone may read it."""
    with tempfile.TemporaryDirectory(prefix="codex-lsp-") as work:
        root = Path(work)
        root.chmod(0o755)
        for name, data in tree.files.items():
            path = root / name
            # A name that leads out of the folder is no file of the package.
            if root in path.resolve().parents:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        yield root


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a package's tests pass with something put into a hole.

    :ivar put_in: a digest of that; empty where it was not taken down
    """

    hole: str
    variant: str
    passed: bool
    put_in: str = ""


def texts(hole: Hole, outcome: Outcome) -> dict[str, tuple[str, int]]:
    """Return what each variant puts in, and how many characters on its right it replaces."""
    return {AS_IT_WAS: (hole.expected, 0), LEFT_OUT: ("", 0), **_shown(outcome)}


def _shown(outcome: Outcome) -> dict[str, tuple[str, int]]:
    found = {}
    for name in SHOWN:
        ((_, attempt),) = POLICIES[name](outcome)
        found[name] = (attempt.text or "", attempt.replaces)
    return found


def check(
    file: Path,
    trees: Mapping[str, Tree],
    pairs: Sequence[tuple[Hole, Outcome]],
    confinement: Confinement,
) -> Generator[Progress, None, None]:
    """Run the tests for the holes that ``file`` has not all verdicts on; equal texts once.

    A verdict on what another version of the pipeline showed is none.

    :raises SandboxError: programs cannot be run
    :raises BenchError: a package's tests do not pass on the package as it is
    """
    drop_torn_line(file)
    there = read_verdicts(file) if file.exists() else []
    judged = {(item.hole, item.variant): item.put_in for item in there}
    known = {hole.id for hole, outcome in pairs if _is_judged(hole, outcome, judged)}
    done = sum(hole.id in known for hole, _ in pairs)
    yield Progress(done, len(pairs))
    for name, tree in trees.items():
        todo = [pair for pair in pairs if pair[0].file.package == name and pair[0].id not in known]
        for verdicts in _check_package(tree, todo, confinement) if todo else ():
            append_records(file, [dataclasses.asdict(item) for item in verdicts])
            done += 1
            yield Progress(done, len(pairs))


def _is_judged(hole: Hole, outcome: Outcome, judged: Mapping[tuple[str, str], str]) -> bool:
    """Say whether every variant has a verdict on what it puts in now."""
    return all(
        judged.get((hole.id, variant)) in ("", _digest(put_in))
        for variant, put_in in texts(hole, outcome).items()
    )


def _digest(put_in: tuple[str, int]) -> str:
    text, replaces = put_in
    return hashlib.sha256(f"{replaces}\n{text}".encode()).hexdigest()[:16]


def _check_package(
    tree: Tree, pairs: Sequence[tuple[Hole, Outcome]], confinement: Confinement
) -> Iterator[list[Verdict]]:
    with unpacked(tree) as root:
        run = partial(run_suite, confinement, root, tree.package.tests)
        whole = run()
        if not whole.passes(whole):
            name = tree.package.archive.package
            raise BenchError(f"The tests of {name} fail on this machine as they are.")
        for hole, outcome in pairs:
            variants = texts(hole, outcome)
            found = _verdicts(hole, variants, root, run, whole)
            yield [
                Verdict(hole.id, variant, found[variant], _digest(put_in))
                for variant, put_in in variants.items()
            ]


def _verdicts(
    hole: Hole,
    variants: Mapping[str, tuple[str, int]],
    root: Path,
    run: Callable[[], SuiteVerdict],
    whole: SuiteVerdict,
) -> dict[str, bool]:
    path = root / hole.file.name
    known = {hole.file.text: True}
    found = {}
    try:
        for variant, (text, replaces) in variants.items():
            content = hole.before + text + hole.after[replaces:]
            if content not in known:
                path.write_text(content, encoding="utf-8")
                known[content] = run().passes(whole)
            found[variant] = known[content]
    finally:
        path.write_text(hole.file.text, encoding="utf-8")
    return found


def read_verdicts(file: Path) -> list[Verdict]:
    """Read what :func:`check` has written.

    :raises UsageError: the file cannot be read
    """
    records = read_records(file, "verdict", ("hole", "variant", "passed"))
    return [
        Verdict(item["hole"], item["variant"], item["passed"], item.get("put_in", ""))
        for item in records
    ]


def verdicts_on(verdicts: Sequence[Verdict], outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Return the verdicts on just these outcomes, hole by hole.

    A hole counts when all that it was judged by is what is shown now: verdicts on what another
    version of the pipeline showed stay in the file.
    """
    last = {(item.hole, item.variant): item for item in verdicts}
    found: list[Verdict] = []
    for outcome in outcomes:
        shown = _shown(outcome)
        here = [last[outcome.hole, name] for name in VARIANTS if (outcome.hole, name) in last]
        if all(
            item.variant not in shown or item.put_in in ("", _digest(shown[item.variant]))
            for item in here
        ):
            found += here
    return found


def passed_by_hole(verdicts: Sequence[Verdict]) -> dict[str, dict[str, bool]]:
    """Return which variants pass, by hole; of several verdicts on one the last counts."""
    passed: dict[str, dict[str, bool]] = {}
    for item in verdicts:
        passed.setdefault(item.hole, {})[item.variant] = item.passed
    return passed
