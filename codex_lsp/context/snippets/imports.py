"""Which names a document imports, and from where: by regular expressions, it need not parse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAX_CHARS = 20_000
"""Imports stand at a document's top; further down nothing is looked for."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported name.

    :ivar module: where it comes from, in parts; leading dots and the like are left out
    :ivar name: its name there; empty when all names may be used
    :ivar alias: its name here
    """

    module: tuple[str, ...]
    name: str
    alias: str


_PYTHON = re.compile(
    r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n(#]*))", re.MULTILINE
)
_SCRIPT = re.compile(
    r"^[ \t]*(?:import|export)[ \t]+(?:type[ \t]+)?([\w$]+)?[ \t]*,?[ \t]*(?:\{([^}]*)\})?\s*from"
    r"[ \t]*['\"]([^'\"\n]+)['\"]",
    re.MULTILINE,
)
_REQUIRE = re.compile(
    r"^[ \t]*(?:const|let|var)[ \t]+(?:([\w$]+)|\{([^}]*)\})[ \t]*=[ \t]*require\("
    r"['\"]([^'\"\n]+)['\"]",
    re.MULTILINE,
)
_DOTTED = re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+)\.(\w+|\*)", re.MULTILINE)
_PHP = re.compile(r"^[ \t]*use[ \t]+([\w\\]+)\\(\w+)(?:[ \t]+as[ \t]+(\w+))?;", re.MULTILINE)
_RUST = re.compile(
    r"^[ \t]*(?:pub[ \t]+)?use[ \t]+([\w:]+)::(?:\{([^}]*)\}|(\w+|\*))", re.MULTILINE
)
_QUOTED = re.compile(
    r"^[ \t]*(?:#[ \t]*include|require_relative|require)[ \t]*['\"]([^'\"\n]+)['\"]", re.MULTILINE
)
_GO = re.compile(r"^[ \t]*(?:import[ \t]+)?(?:(\w+)[ \t]+)?\"([\w./-]+)\"[ \t]*$", re.MULTILINE)
_AS = re.compile(r"\s+as\s+|\s*:\s*")
_PARTS = re.compile(r"[\w-]+")
_NOWHERE = frozenset({"crate", "self", "super"})
_SUFFIX = re.compile(r"\.(?:[jt]sx?|mjs|h|hpp|hh|rb|vue)$")


def imported_names(text: str, language: str) -> tuple[Imported, ...]:
    """Return the names that ``text`` imports in a language, each once, in order."""
    find = _FINDERS.get(language)
    if find is None:
        return ()
    return tuple(dict.fromkeys(find(text[:MAX_CHARS])))


def module_parts(module: str) -> tuple[str, ...]:
    """Split a module's name or path.

    >>> module_parts("../a/b.js"), module_parts("crate::x::y")
    (('a', 'b'), ('x', 'y'))
    """
    parts = _PARTS.findall(_SUFFIX.sub("", module))
    return tuple(part for part in parts if part not in _NOWHERE)


def _listed(module: str, names: str) -> Iterator[Imported]:
    """Yield the names of a list such as ``a, b as c``."""
    parts = module_parts(module)
    for line in names.splitlines():
        for item in re.split(r"#|//", line)[0].split(","):
            name, *alias = _AS.split(item.strip().removeprefix("type "), maxsplit=1)
            if name == "*":
                yield Imported(parts, "", "")
            elif name.isidentifier():
                yield Imported(parts, name, alias[0].strip() if alias else name)


def _python(text: str) -> Iterator[Imported]:
    for found in _PYTHON.finditer(text):
        module, bracketed, bare = found.groups()
        yield from _listed(module, bracketed if bracketed is not None else bare)


def _script(text: str) -> Iterator[Imported]:
    for pattern in (_SCRIPT, _REQUIRE):
        for found in pattern.finditer(text):
            default, names, module = found.groups()
            if default:
                yield Imported(module_parts(module), default, default)
            yield from _listed(module, names or "")


def _dotted(text: str) -> Iterator[Imported]:
    for found in _DOTTED.finditer(text):
        yield from _listed(*found.groups())


def _php(text: str) -> Iterator[Imported]:
    for found in _PHP.finditer(text):
        module, name, alias = found.groups()
        yield Imported(module_parts(module), name, alias or name)


def _rust(text: str) -> Iterator[Imported]:
    for found in _RUST.finditer(text):
        module, names, name = found.groups()
        yield from _listed(module, names if names is not None else name)


def _all_of(text: str) -> Iterator[Imported]:
    for found in _QUOTED.finditer(text):
        yield Imported(module_parts(found.group(1)), "", "")


def _go(text: str) -> Iterator[Imported]:
    for found in _GO.finditer(text):
        yield Imported(module_parts(found.group(2)), "", "")


_FINDERS: Mapping[str, Callable[[str], Iterator[Imported]]] = MappingProxyType(
    {
        "c": _all_of,
        "cpp": _all_of,
        "go": _go,
        "java": _dotted,
        "javascript": _script,
        "javascriptreact": _script,
        "kotlin": _dotted,
        "objective-c": _all_of,
        "php": _php,
        "python": _python,
        "ruby": _all_of,
        "rust": _rust,
        "scala": _dotted,
        "typescript": _script,
        "typescriptreact": _script,
        "vue": _script,
    }
)
