"""The figures of a quality run as tables of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from codex_lsp.evals.bootstrap import mean_interval
from codex_lsp.evals.quality.attempts import Outcome
from codex_lsp.evals.quality.calibrating import (
    WANTED_KEPT,
    WANTED_RIGHT,
    Calibrated,
    calibrate,
    in_use,
    reliability,
    threshold_for_kept,
    threshold_for_right,
    thresholds,
    winners,
)
from codex_lsp.evals.quality.policies import BASE, POLICIES, Figures, as_the_editor, figures
from codex_lsp.evals.quality.suites import LEFT_OUT, SHOWN, VARIANTS, Verdict, passed_by_hole
from codex_lsp.evals.table import Table, interval, percent
from codex_lsp.ranking import THRESHOLDS

_CHARS = ((1, 8), (9, 20), (21, 40), (41, 100_000))
_COLUMNS = (
    "exact line, %",
    "edit similarity",
    "no suggestion, %",
    "right of those shown, %",
    "kept of those shown, %",
)
_DEFECTS = ("bring a syntax error, %", "repeat what follows")
_HOW = (
    "Exact: the cursor's line comes to be the file's own. A hole without a suggestion counts as "
    "not exact, with similarity 0. In parentheses: 95 % bootstrap intervals over holes; gains are "
    "differences on the same holes, in points."
)

Labelled = Mapping[str, Sequence[Outcome]]


def quality_tables(labelled: Labelled) -> list[Table]:
    """Return all tables; those that are about one version are about the last label.

    :param labelled: outcomes by label
    """
    outcomes = labelled[last_label(labelled)]
    found = [versions_table(labelled)] if len(labelled) > 1 else []
    found += [
        policies_table(outcomes),
        _parts_table("By language", outcomes, lambda item: item.group),
        _parts_table("By kind of hole", outcomes, lambda item: item.kind),
        _parts_table("By length of what is missing", outcomes, _length),
        rejections_table(outcomes),
        repeats_table(outcomes),
    ]
    return found + calibration_tables(labelled)


def last_label(labelled: Labelled) -> str:
    """Return ``now`` or ``after`` where there is one, else the last label."""
    return next((name for name in ("now", "after") if name in labelled), max(labelled))


def versions_table(labelled: Labelled) -> Table:
    """Return what versions of the pipeline make of the same samples, the first as the base."""
    names = sorted(labelled, key=lambda name: (name != "before", name == last_label(labelled)))
    first = {item.hole: item for item in labelled[names[0]]}
    rows = []
    for name in names:
        outcomes = [item for item in labelled[name] if item.hole in first]
        if not outcomes:
            continue  # of other holes: there is nothing to compare
        base = [first[item.hole] for item in outcomes]
        found = figures(outcomes, as_the_editor, as_the_editor, base)
        cells = (*_cells(found), _mean(item.editor.steps for item in outcomes))
        scored = _mean(item.editor.scored for item in outcomes)
        rows.append((name, str(found.holes), *cells, scored, interval(found.gain)))
    work = ("steps decoded", "tokens scored")
    header = ("version", "holes", *_COLUMNS, *_DEFECTS, *work, f"gain over {names[0]}")
    return Table("Versions, on the same samples", header, tuple(rows), _HOW)


def _mean(counts: Iterable[int]) -> str:
    """Return the mean of what each hole took; nothing where it was not counted."""
    found = list(counts)
    return f"{sum(found) / len(found):.1f}" if any(found) else "–"


def policies_table(outcomes: Sequence[Outcome]) -> Table:
    """Return which sample to show."""
    rows = []
    for name, policy in POLICIES.items():
        found = figures(outcomes, policy, POLICIES[BASE])
        rows.append((name, *_cells(found), interval(found.gain)))
    header = ("shown", *_COLUMNS, *_DEFECTS, f"gain over “{BASE}”")
    return Table(f"Which sample to show: {len(outcomes)} holes", header, tuple(rows), _HOW)


def _cells(found: Figures) -> tuple[str, ...]:
    return (
        interval(found.exact),
        f"{found.similarity:.3f}",
        percent(found.rejected),
        percent(found.right_when_shown),
        percent(found.kept),
        percent(found.breaks),
        f"{found.repeats:g}",
    )


def _parts_table(
    title: str, outcomes: Sequence[Outcome], part_of: Callable[[Outcome], str]
) -> Table:
    names = list(POLICIES)
    rows = []
    for part in sorted({part_of(item) for item in outcomes}, key=_order):
        some = [item for item in outcomes if part_of(item) == part]
        found = {name: figures(some, POLICIES[name], POLICIES[BASE]) for name in names}
        editor = found[names[0]]
        cells = [percent(found[name].exact.mean) for name in names]
        rows.append(
            (
                part.lstrip("0"),
                str(len(some)),
                *cells,
                interval(found["best of 4: mean log-probability"].gain),
                f"{editor.similarity:.3f}",
                percent(editor.rejected),
                percent(editor.breaks),
            )
        )
    header = (
        "",
        "holes",
        *names,
        "gain of the mean over greedy",
        "editor: edit similarity",
        "editor: no suggestion, %",
        "editor: bring a syntax error, %",
    )
    return Table(title, header, tuple(rows), "Exact lines in percent, and the gain in points.")


def _order(part: str) -> tuple[int, str]:
    number = part.split(" ", 1)[0]
    return (int(number) if number.isdecimal() else 0, part)


def _length(item: Outcome) -> str:
    for low, high in _CHARS:
        if item.expected_chars <= high:
            return f"{low} to {high} characters" if high < _CHARS[-1][1] else f"{low} or more"
    raise AssertionError(item.expected_chars)


def suites_table(verdicts: Sequence[Verdict]) -> Table:
    """Return how often a package's tests pass, by what is put into the hole.

    Only holes that the tests notice say anything: those where they fail when it is left out.
    """
    passed = passed_by_hole(verdicts)
    noticed = [item for item in passed.values() if not item[LEFT_OUT]]
    base = SHOWN[0]
    rows = []
    for variant in (each for each in VARIANTS if all(each in item for item in noticed)):
        rates = [float(item[variant]) for item in noticed]
        gains = [float(item[variant]) - float(item[base]) for item in noticed]
        if rates:
            every = sum(item[variant] for item in passed.values()) / len(passed)
            cells = interval(mean_interval(rates)), interval(mean_interval(gains))
            rows.append((variant, percent(every), *cells))
    header = ("in the hole", "all holes, %", "noticed holes, %", f"gain over “{base}”")
    note = (
        f"{len(passed)} holes; the tests notice {len(noticed)}: they fail when those are left out."
    )
    return Table("The package's tests pass", header, tuple(rows), note)


def rejections_table(outcomes: Sequence[Outcome]) -> Table:
    """Return why the editor shows nothing."""
    reasons = Counter(item.editor.reason for item in outcomes if item.editor.text is None)
    rows = tuple(
        (name, str(count), percent(count / len(outcomes))) for name, count in reasons.most_common()
    )
    return Table("Why there is no suggestion", ("reason", "holes", "%"), rows)


def repeats_table(outcomes: Sequence[Outcome]) -> Table:
    """Return what is shown and says the text to its right once more: there is to be nothing."""
    rows = tuple(
        (item.hole, repr(attempt.text))
        for item in outcomes
        for attempt in (item.editor, item.greedy, *item.rows)
        if attempt.judgement is not None and attempt.judgement.repeats
    )
    return Table("Completions that repeat what follows", ("hole", "text"), rows or (("none", ""),))


def confidences(labelled: Labelled) -> tuple[list[Calibrated], list[Calibrated]]:
    """Return what versions say of their suggestions, and what could be said of the last one's.

    The versions are ``before``, if there is one, and the last. Nothing where there are too few
    holes.
    """
    last = last_label(labelled)
    try:
        fitted = calibrate(winners(labelled[last]))
        sent = [
            in_use(winners(labelled[name]), f"in use, {name}")
            for name in dict.fromkeys(("before", last))
            if name in labelled
        ]
    except ValueError:
        return [], []
    return sent, fitted


def calibration_tables(labelled: Labelled) -> list[Table]:
    """Return whether the confidence is a probability; nothing where there are too few holes."""
    sent, fitted = confidences(labelled)
    if not fitted:
        return []
    return [
        fitness_table([fitted[0], *sent, *fitted[1:]]),
        profiles_table(labelled[last_label(labelled)]),
        *(_reliability_table(item) for item in (*sent, fitted[-1])),
        _threshold_table(fitted[-1]),
    ]


def profiles_table(outcomes: Sequence[Outcome]) -> Table:
    """Return what each profile would show of the editor's suggestions.

    No threshold was fitted to these holes, so all of them count.
    """
    shown = [item.editor for item in outcomes if item.editor.text is not None]
    all_right = sum(item.exact for item in shown)
    rows = []
    for profile, least in THRESHOLDS.items():
        kept = [item for item in shown if item.confidence >= least]
        right = sum(item.exact for item in kept)
        rows.append(
            (
                profile,
                f"{least:g}",
                percent(len(kept) / len(shown)) if shown else "–",
                percent(right / len(kept)) if kept else "–",
                percent(right / all_right) if all_right else "–",
            )
        )
    header = ("profile", "from confidence", "shown, %", "right, %", "of all right ones, %")
    return Table("Profiles", header, tuple(rows), f"Of {len(shown)} suggestions.")


def fitness_table(found: Sequence[Calibrated]) -> Table:
    """Return how good each confidence is."""
    rows = tuple(
        (
            item.name,
            f"{item.fitness.brier:.4f}",
            f"{item.fitness.log_loss:.4f}",
            str(len(item.right)),
        )
        for item in found
    )
    note = (
        "Of what each version shows; less is better. What is refitted is judged on the half of the "
        "files that it was not fitted to."
    )
    return Table("Confidence", ("", "Brier score", "log loss", "holes"), rows, note)


def _reliability_table(item: Calibrated) -> Table:
    rows = tuple(
        (
            f"{found.low:.1f} to {found.high:.1f}",
            str(found.count),
            percent(found.expected),
            percent(found.observed),
        )
        for found in reliability(item.predicted, item.right)
    )
    header = ("confidence", "holes", "expected, %", "right, %")
    return Table(f"Reliability, {item.name}", header, rows)


def _threshold_table(item: Calibrated) -> Table:
    found = thresholds(item.predicted, item.right)
    wanted = (
        (f"{percent(WANTED_RIGHT)} % of the shown right", threshold_for_right(found, WANTED_RIGHT)),
        (f"{percent(WANTED_KEPT)} % of the right shown", threshold_for_kept(found, WANTED_KEPT)),
        ("all", found[-1]),
    )
    rows = tuple(
        (name, f"{chosen.least:.3f}", *map(percent, (chosen.shown, chosen.right, chosen.kept)))
        for name, chosen in wanted
        if chosen is not None
    )
    header = ("wanted", "from confidence", "shown, %", "right, %", "of all right ones, %")
    return Table(f"Thresholds, {item.name}", header, rows)
