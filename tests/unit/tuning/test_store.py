from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codex_lsp.model_dir import FileDigest, ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.tuning import store
from codex_lsp.tuning.machine import Machine, cpu_flags, cpu_name, this_machine
from codex_lsp.tuning.measured import Measured, Pace, Size, SizePace, ThreadsPace
from tests.unit.fake_engine import description

MACHINE = Machine("A CPU", ("avx2", "fma"), 8, 4, False, "4.8.1", "0.1.0", "auto", "auto")
MEASURED = Measured(
    by_threads=(ThreadsPace(1, Pace(50.0, 20.5)), ThreadsPace(2, Pace(60.0, 30.0))),
    by_size=(SizePace(Size(1, 128), Pace(48.0, 22.0)), SizePace(Size(2, 128), Pace(57.0, 29.0))),
    cold_ms_per_token=1.25,
    device="cpu",
    compute_type="int8",
    busy=0.5,
    seconds=9.5,
)


def model(sha: str = "a" * 64, name: str = "fake") -> ModelDir:
    files = {"model.bin": FileDigest(1, sha)}
    return ModelDir(Path("nowhere"), dataclasses.replace(description(), name=name, files=files))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODEX_LSP_HOME", str(tmp_path))
    monkeypatch.delenv(store.SWITCH, raising=False)
    return tmp_path


def test_what_is_saved_is_loaded(home: Path) -> None:
    assert store.load(model(), MACHINE) is None
    path = store.save(model(), MACHINE, MEASURED)
    assert path.parent == home / "tuning"
    assert path.name.startswith("fake-")
    assert store.load(model(), MACHINE) == MEASURED
    newer = dataclasses.replace(MEASURED, busy=0.0)
    assert store.save(model(), MACHINE, newer) == path
    assert store.load(model(), MACHINE) == newer
    # No half-written file is left beside it.
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(MACHINE, cpu="Another CPU"),
        dataclasses.replace(MACHINE, flags=("avx2",)),
        dataclasses.replace(MACHINE, cores=2),
        dataclasses.replace(MACHINE, physical_cores=2),
        dataclasses.replace(MACHINE, gpu=True),
        dataclasses.replace(MACHINE, ctranslate2="4.9.0"),
        dataclasses.replace(MACHINE, codex_lsp="0.2.0"),
        dataclasses.replace(MACHINE, device="cpu"),
        dataclasses.replace(MACHINE, compute_type="int8"),
    ],
)
def test_another_machine_finds_nothing(other: Machine) -> None:
    store.save(model(), MACHINE, MEASURED)
    assert store.load(model(), other) is None


def test_other_weights_find_nothing() -> None:
    store.save(model(), MACHINE, MEASURED)
    assert store.load(model(sha="b" * 64), MACHINE) is None
    assert store.load(model(name="other"), MACHINE) is None


def test_a_file_of_another_key_under_the_same_name_is_not_used() -> None:
    path = store.save(model(), MACHINE, MEASURED)
    path.write_text(path.read_text(encoding="utf-8").replace("A CPU", "B CPU"), encoding="utf-8")
    assert store.load(model(), MACHINE) is None


def test_a_model_name_cannot_leave_the_folder(home: Path) -> None:
    path = store.save(model(name="../../x/y:z"), MACHINE, MEASURED)
    assert path.parent == home / "tuning"
    assert store.load(model(name="../../x/y:z"), MACHINE) == MEASURED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cold_ms_per_token = 1.25", "cold_ms_per_token = -1"),
        ("cold_ms_per_token = 1.25", "cold_ms_per_token = nan"),
        ("cold_ms_per_token = 1.25", 'cold_ms_per_token = "fast"'),
        ("cold_ms_per_token = 1.25", ""),
        ("step_ms = 20.5", "step_ms = 0"),
        ("step_ms = 20.5", "step_ms = inf"),
        ("threads = 2", "threads = 0"),
        ("threads = 2", "threads = 257"),
        ("samples = 2", "samples = 0"),
        ("samples = 2", "samples = 1000000"),
        ("samples = 2", "samples = inf"),
        ("prefix_tokens = 128", "prefix_tokens = 0"),
        ("[measured]", "[measured"),
        ("[measured]", "[elsewhere]"),
    ],
)
def test_a_damaged_file_is_as_good_as_none(old: str, new: str) -> None:
    path = store.save(model(), MACHINE, MEASURED)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert store.load(model(), MACHINE) is None


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_in_the_file_can_do_harm(data: st.DataObject) -> None:
    path = store.save(model(), MACHINE, MEASURED)
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, len(whole) - start))
    path.write_bytes(whole[:start] + data.draw(st.binary(max_size=20)) + whole[start + length :])
    found = store.load(model(), MACHINE)
    assert found is None or isinstance(found, Measured)


def test_a_folder_in_its_place_is_as_good_as_none() -> None:
    store.file_for(model(), MACHINE).mkdir(parents=True)
    assert store.load(model(), MACHINE) is None


@pytest.mark.parametrize("value", ["off", "OFF", "0", "no"])
def test_the_environment_switches_it_off(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(model(), MACHINE, MEASURED)
    assert store.usable(model(), MACHINE) == MEASURED
    monkeypatch.setenv(store.SWITCH, value)
    assert store.switched_off()
    assert store.usable(model(), MACHINE) is None


def test_one_process_measures_at_a_time() -> None:
    code = "from codex_lsp.tuning import store\nwith store.alone() as alone: print(alone)"

    def ask() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], env=dict(os.environ), capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    with store.alone() as alone:
        assert alone
        assert ask() == "False"
    assert ask() == "True"


def test_this_machine_is_the_same_when_asked_again() -> None:
    first = this_machine()
    assert first == this_machine()
    assert first.cores >= 1
    assert this_machine(EngineOptions(device="cpu", compute_type="int8")) == dataclasses.replace(
        first, device="cpu", compute_type="int8"
    )


def test_looking_at_the_machine_does_not_load_the_native_library() -> None:
    code = (
        "import sys\nfrom codex_lsp.tuning import store, policy\n"
        "from codex_lsp.tuning.machine import this_machine\nthis_machine()\n"
        "print('ctranslate2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "False"


def test_what_linux_says_of_a_processor() -> None:
    text = "processor\t: 0\nmodel name\t: Some CPU: fast\nflags\t\t: sse avx2\n\nprocessor\t: 1\n"
    assert cpu_name(text) == "Some CPU: fast"
    assert cpu_flags(text) == {"sse", "avx2"}
    assert cpu_flags("Features\t: fp asimd\n") == {"fp", "asimd"}
    assert (cpu_name(""), cpu_flags("")) == ("", frozenset())
