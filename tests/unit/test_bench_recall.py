"""What the benchmark of recalled lines types, and what it says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codex_lsp.bench import recall
from codex_lsp.bench.corpus import load_packages
from codex_lsp.errors import UsageError
from codex_lsp.recall.prior import FEATURES, WEIGHTS

HEAD = "".join(f"name_{number} = {number}\n" for number in range(12))
GUARD = "if value is None:\n    return default_value()\n"
PACKAGE = {"a.py": HEAD + GUARD * 3, "b.py": GUARD, "c.py": "not python ("}


def test_lines_of_code_are_typed_with_all_that_stands_above_them() -> None:
    samples = list(recall.sample("p", PACKAGE, 100, seed=0))
    # Eight rows behind the tenth, each typed as far as it goes.
    assert len([item for item in samples if item.typed == 0]) == 8
    assert len([item for item in samples if item.typed == 16]) == 6
    last = [item for item in samples if item.typed == 5 and item.right.any()]
    # Each guard's two lines stand in the other file; the head's lines stand nowhere else.
    assert len(last) == 6
    assert all(item.features.shape[1] == len(FEATURES) for item in samples)
    assert all((item.begins_right >= item.right).all() for item in samples)


def test_the_same_lines_are_typed_for_the_same_seed() -> None:
    def first(seed: int) -> list[tuple[int, list[float]]]:
        samples = recall.sample("p", PACKAGE, 3, seed)
        return [(item.typed, item.features.sum(axis=1).tolist()) for item in samples]

    assert first(1) == first(1)
    assert first(1) != first(2)


def sample(typed: int, rows: list[list[float]], right: list[bool]) -> recall.Sample:
    features = np.zeros((len(rows), len(FEATURES)))
    for number, row in enumerate(rows):
        features[number, : len(row)] = row
    return recall.Sample("p", typed, features, np.array(right, bool), np.array(right, bool), 1.0)


def test_a_fit_finds_the_odds_there_are() -> None:
    # One feature in use; three of four are right where it is on, one of four where it is off.
    on = [sample(0, [[1, 1]] * 4, [True, True, True, False]) for _ in range(2000)]
    off = [sample(0, [[1, 0]] * 4, [True, False, False, False]) for _ in range(2000)]
    weights = recall.fit([*on, *off])
    assert weights[:2].tolist() == pytest.approx([-np.log(3), 2 * np.log(3)], abs=0.01)
    assert not weights[2:].any()


def test_tables_say_how_often_the_likeliest_is_right() -> None:
    sure = sample(3, [[1, 10], [1, 0]], [True, False])
    unsure = sample(3, [[1, 0]], [False])
    nothing = sample(3, [], [])
    typed, reliability, lookups = recall.tables([sure, unsure, nothing, nothing])
    assert WEIGHTS[1] > 1
    row = next(row for row in typed.rows if row[0] == "3")
    # From 0.05 on: two of four lines have a suggestion, one of the two is right.
    assert row[1:3] == ("4", "50 / 50 / 50")
    assert row[-1] == "25 / 100 / 100"
    assert reliability.rows[0] == ("0.0 to 0.1", "1", "0.0")
    assert reliability.rows[9] == ("0.9 to 1.0", "1", "100.0")
    assert lookups.rows == (("all", "1.0", "1.0", "1.0"),)


def test_folders_of_ones_own_can_be_typed(tmp_path: Path) -> None:
    (tmp_path / "p/q").mkdir(parents=True)
    (tmp_path / "p/q/a.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "p/b.txt").write_text("no")
    assert load_packages([tmp_path / "p"]) == {"p": {"q/a.py": "x = 1\n"}}
    with pytest.raises(UsageError, match="no Python files"):
        load_packages([tmp_path / "missing"])
