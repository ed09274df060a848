from pathlib import Path

import pytest

from codex_lsp_models import proof


def test_a_file_that_is_not_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing.gguf"
    assert proof.main(["--from-file", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"error: {file} cannot be read (No such file or directory); give the path of a wheel or a "
        "GGUF file.\n"
    )
