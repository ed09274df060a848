from pathlib import Path

import ctranslate2
import pytest

from codex_lsp.engine.ct2 import CTranslate2Engine, _Scores, pick_device
from codex_lsp.errors import EngineError
from codex_lsp.model_dir import ModelDescription, ModelDir
from codex_lsp.options import EngineOptions


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    assert [pick_device(wanted) for wanted in ("auto", "cuda", "cpu")] == ["cuda", "cuda", "cpu"]


def test_a_gpu_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert pick_device("auto") == "cpu"
    with pytest.raises(EngineError) as caught:
        pick_device("cuda")
    assert str(caught.value) == (
        "There is no GPU to run the model on (CTranslate2 sees none); see to its driver, or take "
        "the device cpu or auto."
    )


def test_what_is_wrong_with_the_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise RuntimeError("CUDA driver version is insufficient")

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", fail)
    assert pick_device("auto") == "cpu"
    with pytest.raises(EngineError, match=r"\(CUDA driver version is insufficient\)"):
        pick_device("cuda")


@pytest.mark.parametrize("threads", [-1, 257])
def test_threads_that_would_end_the_process_are_refused(threads: int) -> None:
    model = ModelDir(Path("nowhere"), ModelDescription("tiny", "MIT", 64, "int8"))
    with pytest.raises(EngineError, match=f"^threads is {threads}, but has to be between 0 and"):
        CTranslate2Engine(model, EngineOptions(threads=threads))


@pytest.mark.parametrize("error", [RuntimeError, ValueError, MemoryError])
def test_scores_that_cannot_be_had_are_none(error: type[Exception]) -> None:
    class Failed:
        def done(self) -> bool:
            return True

        def result(self) -> object:
            raise error

    assert _Scores([Failed()]).get() is None
