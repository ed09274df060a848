from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from codex_lsp_server.settings import Settings, camel_case
from codex_lsp_server.settings_schema import main, properties, render

MANIFEST = Path(__file__).parents[3] / "vscode-extension" / "package.json"


def test_the_extension_has_the_settings_of_the_server() -> None:
    assert main(["--check", str(MANIFEST)]) == 0


def test_every_kind_of_setting_becomes_its_schema() -> None:
    found = properties()
    assert list(found) == [
        f"codexLsp.{camel_case(field.name)}" for field in dataclasses.fields(Settings)
    ]

    def schema(name: str) -> dict[str, object]:
        return {k: v for k, v in found[f"codexLsp.{name}"].items() if k != "markdownDescription"}

    assert schema("enable") == {"scope": "window", "type": "boolean", "default": True}
    assert schema("disabledLanguages") == {
        "scope": "window",
        "type": "array",
        "items": {"type": "string"},
        "uniqueItems": True,
        "default": [],
    }
    assert schema("device") == {
        "scope": "machine-overridable",
        "type": "string",
        "enum": ["auto", "cpu", "cuda"],
        "default": "auto",
    }
    assert schema("samples") == {
        "scope": "window",
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": 200,
        "default": None,
    }


def test_a_manifest_that_differs_is_found_and_written(tmp_path: Path) -> None:
    target = tmp_path / "package.json"
    content = json.loads(MANIFEST.read_text(encoding="utf-8"))
    content["contributes"]["configuration"][1]["properties"] = {}
    target.write_text(json.dumps(content), encoding="utf-8")
    assert main(["--check", str(target)]) == 1
    assert main([str(target)]) == 0
    assert target.read_text(encoding="utf-8") == render(MANIFEST.read_text(encoding="utf-8"))
    assert main(["--check", str(target)]) == 0
