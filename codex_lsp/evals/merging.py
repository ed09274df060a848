"""Joins the parts of one run that were made on several machines (``--shard i/m``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codex_lsp.evals.checking import read_check, refuse_other_limits, write_check
from codex_lsp.evals.run import FACTS, RESULTS, SAMPLES, facts_of_parts
from codex_lsp.evals.samples import (
    Checked,
    Sample,
    append_checked,
    append_samples,
    read_checked,
    read_samples,
)
from codex_lsp.evals.scores import Key, SampleScore, all_scores, append_scores, key_of, scores_file


def merge(out: Path, folders: Sequence[Path]) -> int:
    """Write what ``folders`` hold to ``out``: samples, verdicts, scores; return how many samples.

    A sample that is in several parts is taken once.

    :raises UsageError: the parts are not of one run, were judged with different limits, or ``out``
        holds something already
    """
    facts = facts_of_parts(out, folders)
    judged = _judged(folders)
    samples: dict[Key, Sample] = {}
    checked: dict[Key, Checked] = {}
    scores: dict[str, dict[Key, SampleScore]] = {}
    for folder in folders:
        taken: set[Key] = set()
        for sample in read_samples(folder / SAMPLES):
            key = key_of(sample)
            if samples.setdefault(key, sample).completion == sample.completion:
                taken.add(key)
        # Texts differ between machines: what another part says of another text is not taken.
        if (folder / RESULTS).exists():
            for item in read_checked(folder / RESULTS):
                known = samples.get(key_of(item.sample))
                if known is not None and known.completion == item.sample.completion:
                    checked.setdefault(key_of(item.sample), item)
        for kind, found in all_scores(folder).items():
            of_kind = scores.setdefault(kind, {})
            for key in taken & found.keys():
                of_kind.setdefault(key, found[key])
    out.mkdir(parents=True, exist_ok=True)
    append_samples(out / SAMPLES, samples.values())
    if checked:
        append_checked(out / RESULTS, checked.values())
        if judged is not None:
            write_check(out, judged)
    for kind, found in scores.items():
        if found:
            append_scores(scores_file(out, kind), [found[key] for key in samples if key in found])
    # The last, so that what has it is whole.
    (out / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return len(samples)


def _judged(folders: Sequence[Path]) -> dict[str, Any] | None:
    """Return what the verdicts of all parts depend on; None when that is not known of one."""
    found = [(folder, read_check(folder)) for folder in folders if (folder / RESULTS).exists()]
    known = [(folder, check) for folder, check in found if check is not None]
    for _, check in known[1:]:
        refuse_other_limits(known[0][0], known[0][1], check)
    return known[0][1] if known and len(known) == len(found) else None
