"""The server's settings: one tree of frozen values with defaults.

A client names them in camelCase, as initialization options, in ``workspace/didChangeConfiguration``
or as the answer to ``workspace/configuration``. :func:`read` maps names and checks values: a wrong
one is reported, the default is used instead, and the rest counts.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from codex_lsp.context import ContextOptions
from codex_lsp.model_dir import SamplingDefaults
from codex_lsp.options import (
    MAX_THREADS,
    CompleterOptions,
    EngineOptions,
    Profile,
    RankerName,
    SafetyMode,
    TokenBudget,
)
from codex_lsp.sampling import SamplingParams

SECTION = "codexLsp"
"""The configuration section that clients keep the settings under."""

UNTUNED_SAMPLES = 4
UNTUNED_PREFIX_TOKENS = 256
"""What is used where the user has set nothing and nothing has been measured."""

MIN_SUFFIX_CHARS = 1024
"""So much text right of the cursor is looked at, however little of it the model reads: what is
suggested must not repeat it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may set. Each docstring below a field is its documentation."""

    enable: bool = True
    """Give completions at all."""

    disabled_languages: tuple[str, ...] = ()
    """Language identifiers in which no completions are given, such as `markdown`."""

    completion_items: bool = False
    """Give completions as a list as well, for editors that show no ghost text."""

    model: str = ""
    """An installed model's name or the path of a model directory; empty is the default model."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs; `auto` takes a GPU when there is one."""

    compute_type: str = "auto"
    """The CTranslate2 type to compute with, such as `int8`; `auto` takes what suits the device."""

    threads: int = 0
    """CPU threads; 0 takes what `codex-lsp tune` measured to be fastest, before that the number of
    physical cores, at most four."""

    seed: int | None = None
    """Makes the samples reproducible from the model's start on; none is another seed each time."""

    samples: int | None = None
    """How many samples are drawn and ranked for each completion; none takes what `codex-lsp tune`
    measured to be in time, before that 4."""

    temperature: float | None = None
    """Sampling temperature, 0 is greedy; none takes what suits the model."""

    top_k: int | None = None
    """Sample from this many of the likeliest tokens; none takes what suits the model."""

    top_p: float | None = None
    """And from the likeliest that make up this probability; none takes what suits the model."""

    max_tokens: int = 128
    """The longest completion, in tokens."""

    max_line_tokens: int = 48
    """The longest first line, in tokens."""

    max_lines: int = 12
    """The longest completion, in lines; 1 completes lines only."""

    max_prefix_tokens: int | None = None
    """How much text left of the cursor the model reads, in tokens; none takes what `codex-lsp tune`
    measured to be in time, before that 256."""

    max_suffix_tokens: int = 128
    """How much text right of the cursor a fill-in-the-middle model reads, in tokens."""

    max_cache_memory_mb: int = 128
    """Memory for the states of prompts that may be gone on from, in MB; 0 keeps none."""

    max_latency_ms: int | None = 400
    """From then on, in milliseconds, the first whole line is shown without waiting for other
    samples, or for the rest of a block where text cannot grow; none waits as long as `patience`
    says. It is also the time that samples and prompts are sized for, 400 with none."""

    patience: int | None = 2
    """How many steps the other samples may be decoded on once the first whole line is there; none
    waits for all of them. Who asks by hand always gets all."""

    min_mean_logprob: float | None = None
    """Do not show candidates of a lower mean log-probability; none shows the best always."""

    ranker: RankerName = "auto"
    """What orders the samples: their mean log-probability, its sum, how well the text right of the
    cursor follows them (for models that do not read it otherwise), or chance; `auto` takes the sum
    for lines and the mean for blocks."""

    profile: Profile = "balanced"
    """How sure the best candidate has to be to be shown unasked: `confident` shows few and those
    mostly right, `balanced` leaves out what is next to never right, `eager` shows all. Who asks by
    hand always gets the best there is."""

    consensus: bool = False
    """Where the samples go apart, show only as much as most of them say, the rest as further
    candidates."""

    safety: SafetyMode = "rank"
    """Candidates that make the code insecure: `rank` puts them behind the others and marks them,
    `reject` never shows them, `off` does not look."""

    recall: Literal["off", "file", "project"] = "project"
    """Suggest lines that were seen before: of the same file, or of the workspace's files, too."""

    snippets: Literal["off", "imported", "all"] = "off"
    """Show the model pieces of other files of the workspace: definitions of imported names, or also
    where you have just been and what is alike. The default model completes worse with
    them."""

    max_snippet_percent: int = 25
    """How much of the text that the model reads such pieces may be, in percent."""

    max_snippet_ms: int = 20
    """How long they may be looked for, in milliseconds."""

    prefetch: bool = False
    """Prepare the completion that will likely be asked for next, while nothing else is to do."""

    adaptive_debounce: bool = False
    """Let a request wait while the next key is likely to come before an answer could."""

    statistics: bool = True
    """Count on this machine how suggestions fare, for `codex-lsp stats`; see
    [statistics](statistics.md)."""

    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What is logged on standard error. Source code never is."""

    def sampling(self, defaults: SamplingDefaults) -> SamplingParams:
        """Return the sampling parameters, the model's own where the user set none."""
        return SamplingParams(
            n=UNTUNED_SAMPLES if self.samples is None else self.samples,
            temperature=defaults.temperature if self.temperature is None else self.temperature,
            top_k=defaults.top_k if self.top_k is None else self.top_k,
            top_p=defaults.top_p if self.top_p is None else self.top_p,
            max_line_tokens=self.max_line_tokens,
            max_tokens=self.max_tokens,
            patience=self.patience,
        )

    def completer_options(self, defaults: SamplingDefaults) -> CompleterOptions:
        """Return the options for one completion."""
        threshold = float("-inf") if self.min_mean_logprob is None else self.min_mean_logprob
        prefix_tokens = self.max_prefix_tokens
        if prefix_tokens is None:
            prefix_tokens = UNTUNED_PREFIX_TOKENS
        return CompleterOptions(
            sampling=self.sampling(defaults),
            context=ContextOptions(
                # No token of a byte-level vocabulary is longer than this on average.
                max_prefix_chars=8 * prefix_tokens,
                max_suffix_chars=max(MIN_SUFFIX_CHARS, 8 * self.max_suffix_tokens),
                max_lines=self.max_lines,
            ),
            budget=TokenBudget(
                prefix_tokens, self.max_suffix_tokens, self.max_snippet_percent / 100
            ),
            min_mean_logprob=threshold,
            max_latency_ms=self.max_latency_ms,
            ranker=self.ranker,
            profile=self.profile,
            consensus=self.consensus,
            safety=self.safety,
        )

    def engine_options(self) -> EngineOptions:
        """Return the options that an engine is loaded with."""
        return EngineOptions(
            self.device, self.compute_type, self.threads, self.seed, self.max_cache_memory_mb
        )

    @property
    def engine_key(self) -> tuple[object, ...]:
        """What the engine has to be loaded anew for when it changes."""
        return (self.model, self.engine_options())


RANGES: Mapping[str, tuple[float, float]] = types.MappingProxyType(
    {
        "threads": (0, MAX_THREADS),
        "seed": (0, 2**32 - 1),
        "samples": (1, 200),
        "temperature": (0.0, 10.0),
        "top_k": (0, 1_000_000),
        "top_p": (1e-6, 1.0),
        "max_tokens": (1, 4096),
        "max_line_tokens": (1, 4096),
        "max_latency_ms": (0, 600_000),
        "patience": (0, 4096),
        "max_lines": (1, 1000),
        "max_prefix_tokens": (16, 100_000),
        "max_suffix_tokens": (0, 100_000),
        "max_cache_memory_mb": (0, 1_000_000),
        "max_snippet_percent": (0, 90),
        "max_snippet_ms": (1, 1000),
        "min_mean_logprob": (-100.0, 0.0),
    }
)


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Settings, and one sentence for each that could not be used."""

    settings: Settings
    problems: tuple[str, ...] = ()


def camel_case(name: str) -> str:
    """Return the client's name of a setting.

    >>> camel_case("max_prefix_tokens")
    'maxPrefixTokens'
    """
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def read(raw: object, ignored: frozenset[str] = frozenset()) -> ReadSettings:
    """Read what a client sent; nothing of it can make this fail.

    :param raw: the section's object, or an object that holds it under :data:`SECTION`
    :param ignored: names that are no settings, and no mistake either
    """
    if isinstance(raw, Mapping) and SECTION in raw:
        raw = raw[SECTION]
    if raw is None or raw == []:  # an empty table of Lua's is a list
        return ReadSettings(Settings())
    if not isinstance(raw, Mapping):
        return ReadSettings(Settings(), (f"The settings are no object but {_kind(raw)}.",))
    fields = {camel_case(field.name): field for field in dataclasses.fields(Settings)}
    hints = typing.get_type_hints(Settings)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in raw.items():
        field = fields.get(name)
        if field is None:
            if name not in ignored:
                problems.append(f"There is no setting {SECTION}.{name}; it is ignored.")
            continue
        try:
            values[field.name] = _check(field.name, hints[field.name], value)
        except ValueError as error:
            problems.append(
                f"The setting {SECTION}.{name} {error}; {_shown(field.default)} is used instead."
            )
    return ReadSettings(Settings(**values), tuple(problems))


def _check(name: str, hint: Any, value: object) -> object:
    """Return ``value`` as the type that ``hint`` names.

    :raises ValueError: it is of another type or out of range; the text is a verb phrase
    """
    allowed = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        if value not in allowed:
            raise ValueError(f"has to be one of {', '.join(map(str, allowed))}")
        return value
    if value is None and type(None) in allowed:
        return None
    wanted = next((kind for kind in allowed if kind is not type(None)), hint)
    if hint == tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or any(not isinstance(v, str) for v in value):
            raise ValueError("has to be a list of strings")
        return tuple(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    # JSON of some clients has no integers: 4.0 means 4.
    if wanted is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
        raise ValueError(f"has to be {_KINDS[wanted]}, not {_kind(value)}")
    if name in RANGES:
        low, high = RANGES[name]
        if not low <= typing.cast(float, value) <= high:
            raise ValueError(f"has to be between {low:g} and {high:g}")
    return value


_KINDS: Mapping[type, str] = types.MappingProxyType(
    {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
)


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "null" if value is None else _KINDS.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return str(list(value))
    return repr(value) if isinstance(value, str) else str(value).lower()
