"""A run with a model that writes what its seed tells it to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codex_lsp.engine.base import Cancellation, Generation, TokenSink
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.run import Progress, Settings, sample
from codex_lsp.evals.samples import Checked, Sample
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt
from tests.unit.evals.problem_files import add_problem
from tests.unit.fake_engine import FakeEngine, byte_tokenizer, description

FACTS: dict[str, Any] = {"benchmark": "humaneval", "problems_sha256": "0", "model": {"name": "m"}}


class SeededEngine:
    """Row r of a batch is ``return <seed>, r``."""

    def __init__(self, seed: int) -> None:
        self.tokenizer = byte_tokenizer()
        self._seed = seed

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        rows = [(f"\n    return {self._seed}, {row}<end>", -1.0) for row in range(params.rows)]
        return FakeEngine(rows).generate(prompt, params, sink, cancellation, max_tokens)

    def close(self) -> None:
        """Nothing to give back."""


def problems(count: int = 3) -> list[Problem]:
    return [add_problem(f"Own/{number}") for number in range(count)]


def start(
    folder: Path, settings: Settings, some: list[Problem] | None = None, **facts: Any
) -> Iterator[Progress]:
    return sample(
        folder,
        {**FACTS, **facts},
        problems() if some is None else some,
        settings,
        description(),
        SeededEngine,
    )


def checked(
    passed: bool,
    mean: float | None = -1.0,
    *,
    task_id: str = "Own/0",
    completion: str = "    return 1\n",
    tokens: int = 4,
    finish: str = "stop",
    result: str = "",
) -> Checked:
    total = 0.0 if mean is None else mean * tokens
    made = Sample(task_id, completion, 0, 0, 0, 0 if mean is None else tokens, mean, total, finish)
    return Checked(made, passed, result or ("passed" if passed else "failed: AssertionError: "))
