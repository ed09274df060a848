"""Which files holes are cut into: five languages, from packages under permissive licences.

The default model's base is of November 2024. pydantic-evals, a2a-sdk, smolagents and
panel-material-ui were first published after it, and so was the fourth version of zod; of the other
packages the releases are newer, but not all of their files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from codex_lsp.errors import BenchError
from codex_lsp.languages import language_of
from codex_lsp.model_dir import data_home
from codex_lsp.packages import Archive, fetch, members

LANGUAGES = ("python", "typescript", "rust", "cpp", "java")
"""The groups that figures are given for; JavaScript counts as TypeScript, and C as C++."""

_GROUPS = {
    "python": "python",
    "typescript": "typescript",
    "typescriptreact": "typescript",
    "javascript": "typescript",
    "javascriptreact": "typescript",
    "rust": "rust",
    "c": "cpp",
    "cpp": "cpp",
    "java": "java",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The files of an archive that are used.

    :ivar group: one of :data:`LANGUAGES`; files of other languages are left out
    :ivar folder: they lie below it
    """

    archive: Archive
    group: str
    folder: str


SOURCES: tuple[Source, ...] = (
    Source(
        Archive(
            "wheel",
            "pydantic-evals",
            "1.0.0",
            "MIT",
            "94bdbf9b28df02db6ff74b3c95bdfb5114f2f5c57a94c169e2f10a4b1de0b477",
        ),
        "python",
        "pydantic_evals/",
    ),
    Source(
        Archive(
            "wheel",
            "a2a-sdk",
            "0.3.8",
            "Apache-2.0",
            "21254dd47d89a958b9d15576a69fe3d44aaef558858d148e187d1f1e26b320e7",
        ),
        "python",
        "a2a/",
    ),
    Source(
        Archive(
            "wheel",
            "smolagents",
            "1.22.0",
            "Apache-2.0",
            "5334adb4e7e5814cd814f1d9ad7efa806ef57f53db40635a29d2bd727774c5f5",
        ),
        "python",
        "smolagents/",
    ),
    Source(
        Archive(
            "npm",
            "zod",
            "4.6.7",
            "MIT",
            "84efd155bed93270286e793fc951be270b536cbd5b0eeb111f0fa3967201d698",
        ),
        "typescript",
        "src/v4/",
    ),
    Source(
        Archive(
            "wheel",
            "panel-material-ui",
            "0.16.6",
            "BSD-3-Clause",
            "7684c82bb89ac8536b672da1f9e35036931c47ef535c50f07364fa4412695371",
        ),
        "typescript",
        "panel_material_ui/",
    ),
    Source(
        Archive(
            "sdist",
            "libcst",
            "1.9.0",
            "MIT",
            "087b58a9afe076bb08e2d726478e1f16cb928d67ffa9092817e033c335de522a",
        ),
        "rust",
        "native/",
    ),
    Source(
        Archive(
            "sdist",
            "tiktoken",
            "0.14.0",
            "MIT",
            "231dec90efcdccf1b565a1416107736f1e09b1a08fe736ef9d6363e626d03874",
        ),
        "rust",
        "src/",
    ),
    Source(
        Archive(
            "sdist",
            "psutil",
            "7.2.2",
            "BSD-3-Clause",
            "0746f5f8d406af344fd547f1c8daa5f5c33dbc293bb8d6a16d80b4bb88f59372",
        ),
        "cpp",
        "psutil/",
    ),
    Source(
        Archive(
            "wheel",
            "nanobind",
            "3.1.0",
            "BSD-3-Clause",
            "96984dbe8154ffb86e653b1b60aaeed6985c710c5e75ad0279eb87943c66292d",
        ),
        "cpp",
        "nanobind/",
    ),
    Source(
        Archive(
            "sdist",
            "jpype1",
            "1.7.1",
            "Apache-2.0",
            "3cd88838dc3d2d546f7eaeadaaff864e590010c15f2b6a44b6f37e60796a14b2",
        ),
        "java",
        "native/jpype_module/src/",
    ),
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that holes may be cut into; its line endings are line feeds.

    :ivar language: the editor's identifier
    :ivar group: one of :data:`LANGUAGES`
    """

    package: str
    name: str
    language: str
    group: str
    text: str


def load_sources(
    folder: Path | None = None, sources: Sequence[Source] = SOURCES
) -> list[SourceFile]:
    """Return the files of the corpus, in a fixed order.

    :param folder: where archives are kept; None for the user's data folder
    :raises DownloadError: an archive cannot be had
    """
    kept = folder or data_home() / "bench"
    files = [file for source in sources for file in _files(source, kept)]
    if not files:
        raise BenchError("The archives hold none of the files that holes are cut into.")
    return files


def load_folder(folder: Path) -> list[SourceFile]:
    """Return the files below a folder of one's own, in a fixed order.

    :raises BenchError: it holds none that can be used
    """
    files = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            file = source_file(folder.resolve().name, name, path.read_bytes())
            files += [file] if file is not None else []
    if not files:
        raise BenchError(f"{folder} holds no files of the languages {', '.join(LANGUAGES)}.")
    return files


def _files(source: Source, kept: Path) -> Iterator[SourceFile]:
    for name, data in sorted(members(fetch(source.archive, kept))):
        if name.startswith(source.folder):
            file = source_file(source.archive.package, name, data)
            if file is not None and file.group == source.group:
                yield file


_MAX_BYTES = 100_000
_MIN_LINES = 30
_GENERATED = re.compile(r"@generated|auto-?generated|generated by|do not (edit|modify)", re.I)
_BESIDE_CODE = re.compile(r"(^|/)(locales?|vendor|third_party|robin_map|dist|tests?)/|_pb2")


def source_file(package: str, name: str, data: bytes) -> SourceFile | None:
    """Return a file that holes can be cut into, None where it is not one.

    Generated, minified, copied and very short files are none, nor are tests and tables of texts.
    """
    language = language_of(PurePosixPath(name))
    group = _GROUPS.get(language)
    if group is None or len(data) > _MAX_BYTES or _BESIDE_CODE.search(name):
        return None
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    minified = len(text) / len(lines) > 100 or max(map(len, lines)) > 2000
    if len(lines) < _MIN_LINES or minified or _GENERATED.search(text[:1500]):
        return None
    return SourceFile(package, name, language, group, text)
