"""What a client may send as settings, and what comes of it."""

from __future__ import annotations

import pytest

from codex_lsp.model_dir import SamplingDefaults
from codex_lsp_server.settings import ReadSettings, Settings, camel_case, read


@pytest.mark.parametrize("raw", [None, {}, {"codexLsp": {}}])
def test_nothing_is_the_defaults(raw: object) -> None:
    assert read(raw) == ReadSettings(Settings())


def test_names_are_camel_case_and_may_stand_under_the_section() -> None:
    raw = {"maxLines": 1, "disabledLanguages": ["markdown"], "topP": 1, "seed": 3.0}
    expected = Settings(max_lines=1, disabled_languages=("markdown",), top_p=1.0, seed=3)
    assert read(raw) == ReadSettings(expected)
    assert read({"codexLsp": raw, "other": 1}) == ReadSettings(expected)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("samples", "4", "has to be a whole number, not a string; none is used instead."),
        ("samples", True, "has to be a whole number, not true or false; none is used instead."),
        ("samples", 1.5, "has to be a whole number, not a number; none is used instead."),
        ("samples", 0, "has to be between 1 and 200; none is used instead."),
        ("maxTokens", None, "has to be a whole number, not null; 128 is used instead."),
        ("enable", 1, "has to be true or false, not a whole number; true is used instead."),
        ("device", "tpu", "has to be one of auto, cpu, cuda; 'auto' is used instead."),
        ("model", [], "has to be a string, not a list; '' is used instead."),
        ("temperature", {}, "has to be a number, not an object; none is used instead."),
        ("disabledLanguages", [1], "has to be a list of strings; [] is used instead."),
        ("minMeanLogprob", 1, "has to be between -100 and 0; none is used instead."),
    ],
)
def test_a_wrong_value_is_named_and_its_default_used(
    name: str, value: object, problem: str
) -> None:
    found = read({name: value, "maxLines": 3})
    assert found.settings == Settings(max_lines=3)
    assert found.problems == (f"The setting codexLsp.{name} {problem}",)


def test_unknown_names_and_other_things_than_objects_are_named() -> None:
    assert read({"colour": 1}).problems == ("There is no setting codexLsp.colour; it is ignored.",)
    assert read({"colour": 1}, frozenset({"colour"})).problems == ()
    assert read([1]).problems == ("The settings are no object but a list.",)
    # What Lua makes of an empty table.
    assert read([]) == read({"codexLsp": []}) == read(None)


def test_the_models_own_sampling_counts_where_the_user_set_none() -> None:
    defaults = SamplingDefaults(temperature=0.2, top_k=10, top_p=0.9)
    sampling = Settings(top_k=5).sampling(defaults)
    assert (sampling.temperature, sampling.top_k, sampling.top_p, sampling.n) == (0.2, 5, 0.9, 4)
    assert Settings(temperature=0.0).sampling(defaults).rows == 1


@pytest.mark.parametrize(("tokens", "chars"), [(0, 1024), (16, 1024), (128, 1024), (200, 1600)])
def test_the_filters_see_what_follows_however_little_the_model_reads(
    tokens: int, chars: int
) -> None:
    options = Settings(max_suffix_tokens=tokens).completer_options(SamplingDefaults())
    assert (options.budget.suffix, options.context.max_suffix_chars) == (tokens, chars)


def test_camel_case() -> None:
    assert [camel_case(name) for name in ("model", "min_mean_logprob")] == [
        "model",
        "minMeanLogprob",
    ]
