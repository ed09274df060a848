"""The corpus from wheels: what is kept, what falls out and why; the same each time."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from tiny_model import sha256

from codex_lsp.errors import DamagedFileError, UsageError

pytest.importorskip("datasketch", reason="needs the extra `train`: pip install 'codex-lsp[train]'")

from codex_lsp_recipes import corpus  # noqa: E402
from codex_lsp_recipes.npm import NpmPackage  # noqa: E402
from codex_lsp_recipes.wheels import Wheel  # noqa: E402

SHELF = '''"""A shelf of books."""


class Shelf:
    def __init__(self, owner):
        self.owner = owner
        self.books = []

    def lend(self, title, reader):
        """Give the book named title to a reader, and remember that it is away."""
        book = self.find(title)
        book.reader = reader
        return book

    def find(self, title):
        for book in self.books:
            if book.title == title:
                return book
        raise LookupError(title)


def shortest(titles):
    """Return the one of the titles that has the fewest letters."""
    return min(titles, key=len)
'''
CLOCK = '''"""A clock that is wound by hand."""

import math


def angle_of_hour_hand(hours, minutes):
    return math.tau * (hours % 12 + minutes / 60) / 12


def angle_of_minute_hand(minutes):
    """Return how far the minute hand has come, in radians."""
    return math.tau * minutes / 60


def between(hours, minutes):
    first = angle_of_hour_hand(hours, minutes)
    second = angle_of_minute_hand(minutes)
    apart = abs(first - second)
    return min(apart, math.tau - apart)
'''
SOLUTION = (
    "    return [word for word in words if word and word[0] in vowels and len(word) > shortest]\n"
)
PICK = '    """Return the words that begin with a vowel and are long enough."""\n' + SOLUTION
COPIED = CLOCK.replace("clock", "sundial") + f"\n\ndef pick(words, vowels, shortest):\n{PICK}"
# A file about the same as another, and one about the same as what is measured on.
AGAIN = SHELF.replace("A shelf of books", "A shelf for books")
HELD_OUT = CLOCK.replace("A clock that is wound by hand", "A clock")


def write_wheel(folder: Path, files: dict[str, str], licence: str = "MIT") -> Wheel:
    file = folder / "lib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr("lib-1.0.dist-info/METADATA", f"Name: lib\nLicense: {licence}\n\n")
    return Wheel("lib", "1.0", file.name, sha256(file), "MIT")


SCRIPT = """export interface Book {
  title: string;
  reader?: string;
}

export class Shelf {
  private books: Book[] = [];

  add(title: string): Book {
    const book: Book = { title };
    this.books.push(book);
    return book;
  }

  lend(title: string, reader: string): Book {
    const book = this.books.find((one) => one.title === title);
    if (!book) {
      throw new Error(`${title} is not on the shelf`);
    }
    book.reader = reader;
    return book;
  }
}
"""


def write_npm_package(folder: Path, files: dict[str, str], licence: str = "MIT") -> NpmPackage:
    path = folder / "some-lib-2.0.tgz"
    files = {"package.json": json.dumps({"license": licence}), **files}
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return NpmPackage("@some/lib", "2.0", sha256(path), "MIT", "src/")


def write_problems(folder: Path) -> corpus.Evaluations:
    human_eval = [
        {"prompt": "def pick(words, vowels, shortest):\n", "canonical_solution": SOLUTION}
    ]
    mbpp = [
        {"task_id": 600, "text": "Write a function to do it.", "code": "def do():\r\n  return 600"},
        {
            "task_id": 601,
            "text": "Write a function to add.",
            "code": "def add(a, b):\r\n\treturn a + b",
        },
    ]
    paths = []
    for name, problems in (("human_eval", human_eval), ("mbpp", mbpp)):
        paths.append(folder / f"{name}.jsonl.gz")
        with gzip.open(paths[-1], "wt") as file:
            file.writelines(json.dumps(problem) + "\n" for problem in problems)
    return corpus.Evaluations(*paths)


def build(
    folder: Path,
    wheel: Wheel,
    held_out: list[str],
    name: str = "corpus",
    scripts: tuple[NpmPackage, ...] = (),
) -> Path:
    corpus.build(
        corpus.Packages([wheel], scripts),
        folder,
        write_problems(folder),
        held_out,
        folder / name,
        lambda _: None,
    )
    return folder / name


def test_the_corpus_is_what_is_left_and_the_report_says_why(tmp_path: Path) -> None:
    files = {
        "lib/shelf.py": SHELF,
        "lib/again.py": AGAIN,
        "lib/clock.py": CLOCK,
        "lib/copied.py": COPIED,
        "lib/tests/shelf.py": SHELF,
        "lib/data.txt": "no code",
    }
    made = build(tmp_path, write_wheel(tmp_path, files), [HELD_OUT])

    records = [json.loads(line) for line in (made / corpus.FILES).read_text().splitlines()]
    assert len(records) == 1
    assert records[0]["text"] in (SHELF, AGAIN)
    assert {key: records[0][key] for key in ("package", "version", "licence")} == {
        "package": "lib",
        "version": "1.0",
        "licence": "MIT",
    }
    (function,) = corpus.read_texts(made / corpus.FUNCTIONS)
    # Neither what the held-out file has, nor what the problem's solution is.
    assert function.startswith("def shortest(titles):\n")
    assert corpus.read_texts(made / corpus.PROBLEMS) == [
        'def add(a, b):\n    """Write a function to add."""\n    return a + b\n'
    ]
    report = json.loads((made / corpus.REPORT).read_text())
    assert {reason: count for reason, count in report["dropped_files"].items() if count} == {
        "tests and test data": 1,
        "near-duplicate": 1,
        "near-duplicate of a held-out file": 1,
        "overlaps with an evaluation problem": 1,
    }
    assert report["functions"] == 1 and report["mbpp_problems"] == 1


def test_functions_are_also_those_of_files_over_the_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "PACKAGE_CHARS", 1)
    wheel = write_wheel(tmp_path, {"lib/shelf.py": SHELF, "lib/clock.py": CLOCK})
    made = build(tmp_path, wheel, [])
    assert len(corpus.read_texts(made / corpus.FILES)) == 1
    clock, shelf = corpus.read_texts(made / corpus.FUNCTIONS)
    assert clock.startswith("import math\n\n\ndef angle_of_minute_hand(minutes):\n")
    assert shelf.startswith("def shortest(titles):\n")


def test_the_same_wheels_give_the_same_bytes(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {"lib/shelf.py": SHELF, "lib/clock.py": CLOCK})
    first, second = build(tmp_path, wheel, [], "one"), build(tmp_path, wheel, [], "two")
    assert len(corpus.read_texts(first / corpus.FILES)) == 2
    for name in (*corpus.PARTS, corpus.REPORT):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_wheel_under_another_licence_is_refused(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {"lib/shelf.py": SHELF}, licence="GPL-3.0")
    with pytest.raises(DamagedFileError, match="says its licence is None instead of 'MIT'"):
        build(tmp_path, wheel, [])


def test_of_an_npm_package_its_sources_are_taken(tmp_path: Path) -> None:
    files = {
        "src/shelf.ts": SCRIPT,
        "src/shelf.test.ts": SCRIPT,
        "src/shelf.d.ts": SCRIPT,
        "src/broken.js": SCRIPT,  # its types are no JavaScript
        "dist/shelf.js": SCRIPT,
        "src/readme.md": SCRIPT,
    }
    package = write_npm_package(tmp_path, files)
    made = build(tmp_path, write_wheel(tmp_path, {}), [], scripts=(package,))

    records = [json.loads(line) for line in (made / corpus.SCRIPTS).read_text().splitlines()]
    assert records == [
        {
            "package": "@some/lib",
            "version": "2.0",
            "licence": "MIT",
            "path": "src/shelf.ts",
            "text": SCRIPT,
        }
    ]
    report = json.loads((made / corpus.REPORT).read_text())
    assert report["script_characters"] == len(SCRIPT)
    assert {reason: count for reason, count in report["dropped_files"].items() if count} == {
        "tests and test data": 1,
        "generated": 1,
        "does not parse, or is not UTF-8": 1,
    }


def test_an_npm_package_under_another_licence_is_refused(tmp_path: Path) -> None:
    package = write_npm_package(tmp_path, {"src/shelf.ts": SCRIPT}, licence="GPL-3.0")
    with pytest.raises(DamagedFileError, match="says its licence is 'GPL-3.0' instead of 'MIT'"):
        package.sources(tmp_path)


def test_a_changed_npm_package_is_refused(tmp_path: Path) -> None:
    package = write_npm_package(tmp_path, {"src/shelf.ts": SCRIPT})
    write_npm_package(tmp_path, {"src/shelf.ts": SCRIPT + SCRIPT})
    with pytest.raises(DamagedFileError, match="is damaged or another file"):
        package.sources(tmp_path)


def test_a_changed_wheel_is_refused(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {"lib/shelf.py": SHELF})
    write_wheel(tmp_path, {"lib/shelf.py": CLOCK})
    with pytest.raises(DamagedFileError, match="is damaged or another file"):
        build(tmp_path, wheel, [])


def test_without_problems_or_a_corpus_it_is_said_what_to_do(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {"lib/shelf.py": SHELF})
    none = corpus.Evaluations(tmp_path / "none.gz", tmp_path / "none.gz")
    with pytest.raises(UsageError, match="cannot be read as problems"):
        packages = corpus.Packages([wheel])
        corpus.build(packages, tmp_path, none, [], tmp_path / "corpus", lambda _: None)
    with pytest.raises(UsageError, match="make the corpus first"):
        corpus.read_texts(tmp_path / corpus.FILES)


def test_records_of_another_kind_are_named(tmp_path: Path) -> None:
    file = tmp_path / "sanitized.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.write('{"task_id": 601, "text": "Add.", "code": "x"}\n{"task_id": 602}\n')
    with pytest.raises(UsageError) as caught:
        corpus.read_problems(file, corpus.MBPP_FIELDS)
    assert str(caught.value) == (
        f"Line 2 of {file} is no such problem: it needs task_id, text, code."
    )
