"""What the sandbox is tried with."""

from __future__ import annotations

from collections.abc import Callable

from codex_lsp.evals.sandbox import Confinement, Job, Limits, Sandbox

Run = Callable[..., str]

TEST = "def check(candidate):\n    assert candidate(2) == 4\n"
GOOD = "def double(x):\n    return 2 * x\n"


def runner(confinement: Confinement) -> Run:
    """Return what checks a program; its limits are short, so that what does not end ends soon."""

    def check(program: str, test: str = TEST, limits: Limits | None = None) -> str:
        job = Job(program, test, names=("double",), entry_point="double")
        return Sandbox(confinement, limits or Limits(cpu_s=2, wall_s=20)).run(job)

    return check
