"""What differs between two runs: their ends, jobs, plans, code, packages, metrics, phases and ranks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from desktop_app.api import MetricPoint, Phase, RankState, RunSnapshot, UserError
from desktop_app.api._records import to_json
from desktop_app.core.difference_weights import Group, group_of
from desktop_app.core.paths import split_path
from desktop_app.core.redact import COVER
from desktop_app.services.code_compare import FileDifference, compare_code
from desktop_app.services.redaction import Redactor
from desktop_app.services.run_packages import is_from_here, packages_of
from desktop_app.services.run_sides import Facts, Side, flat, neutral, processes, redactor_of, side_of

LEAST_SECONDS, LEAST_PART = 1.0, 0.1
"""Phases that differ by less than both are as long as each other: no two runs take the same time."""
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that differs; `kind` is changed, only-first or only-second; the side that has none is None."""

    path: str
    kind: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """The last values of a metric and their steps; `change` is second minus first."""

    name: str
    kind: str
    first: float | None
    second: float | None
    first_step: int | None
    second_step: int | None
    change: float | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """One difference by its part and path, and what it is about."""

    group: Group
    part: str
    path: str


PARTS = ("result", "job", "plan", "code", "packages", "metrics", "phases", "ranks")


def _path(each: Difference | FileDifference | MetricDifference) -> str:
    return each.name if isinstance(each, MetricDifference) else each.path


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs, each part empty where nothing does; `not_compared` says what could not be looked at."""

    first: RunSnapshot
    second: RunSnapshot
    result: tuple[Difference, ...] = ()
    job: tuple[Difference, ...] = ()
    plan: tuple[Difference, ...] = ()
    code: tuple[FileDifference, ...] = ()
    packages: tuple[Difference, ...] = ()
    metrics: tuple[MetricDifference, ...] = ()
    phases: tuple[Difference, ...] = ()
    ranks: tuple[Difference, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs among what could be compared."""
        return not any(getattr(self, each) for each in PARTS)

    @property
    def likely(self) -> tuple[Ranked, ...]:
        """All that differs, what likely matters first (`core/difference_weights.py` says why); consequences last."""
        found = [
            Ranked(group_of(part, _path(each), each.first, each.second), part, _path(each))
            for part in PARTS
            for each in getattr(self, part)
        ]
        return tuple(sorted(found, key=lambda each: each.group))


Points = Sequence[MetricPoint]


def compare_runs(
    first: RunSnapshot,
    second: RunSnapshot,
    points: tuple[Points, Points] = ((), ()),
    causes: Sequence[str] = ("", ""),
    *,
    with_diff: bool = False,
) -> Comparison:
    """Return what differs; `points` are what the runs logged, beyond the last values that their snapshots hold.

    `causes` say why each of them failed, where that is known: then who merely ended first is of no interest.

    Raises UserError where both are one run.
    """
    if first.handle == second.handle:
        raise UserError(f"Both are {first.run}.", hint="Name two different runs to compare.")
    one, other = side_of(first), side_of(second)
    redactor = redactor_of(one, other)
    found = Comparison(
        first,
        second,
        result=_covered(_differences(_result(first, causes[0]), _result(second, causes[1])), redactor),
        metrics=tuple(_metrics(_last(first, points[0]), _last(second, points[1]))),
        phases=tuple(_phases(first, second)),
        ranks=tuple(_ranks(first.ranks, second.ranks)),
    )
    return _with_files(found, one, other, redactor, with_diff)


def _with_files(found: Comparison, one: Side, other: Side, redactor: Redactor, with_diff: bool) -> Comparison:
    """Add what only the runs' folders know."""
    left_out = list(_gone(one, other))
    if one.plan is not None and other.plan is not None:
        found = replace(found, plan=_covered(_plans(neutral(one), neutral(other)), redactor))
    jobs = _jobs(one, other)
    if jobs is not None:
        found = replace(found, job=_covered(_differences(flat(jobs[0]), flat(jobs[1])), redactor))
    if one.code is not None and other.code is not None:
        try:
            files = [_clean(each, redactor) for each in compare_code(one, other, with_diff)]
            found = replace(found, code=tuple(files))
        except OSError as error:
            left_out.append(f"the code: {error.filename} can't be read ({error.strerror}).")
    packages = [packages_of(Path(e.run.folder), e.plan, is_here=is_from_here(e.run)) for e in (one, other)]
    if packages[0] is None or packages[1] is None:
        unknown = one if packages[0] is None else other
        left_out.append(f"the versions of packages: those of {unknown.run.run} are not known.")
    else:
        found = replace(found, packages=_differences(packages[0], packages[1]))
    return replace(found, not_compared=tuple(left_out))


def _jobs(one: Side, other: Side) -> tuple[Any, Any] | None:
    """Return both jobs as data: as they are written, or as both plans hold them."""
    if isinstance(one.job, Mapping) and isinstance(other.job, Mapping):
        return _unnamed(one), _unnamed(other)
    if one.plan is not None and other.plan is not None:
        return one.plan.get("job"), other.plan.get("job")
    return None


def _unnamed(side: Side) -> Mapping[str, Any]:
    """Return a job without the name that its run was given, which the file of a run in the cloud holds."""
    return {key: value for key, value in side.job.items() if (key, value) != ("name", side.run.run)}


def _gone(one: Side, other: Side) -> Iterator[str]:
    for each in (one, other):
        if each.folder_is_gone:
            yield f"job, plan and code: the folder of {each.run.run} is gone."
            continue
        for what, there in (("job", _jobs(one, other)), ("plan", each.plan), ("code", each.code)):
            if there is None and not (one.folder_is_gone or other.folder_is_gone):
                left_out = what == "code" and each.run.from_bundle
                why = "did not come along (--with-code bundles it)" if left_out else "is gone or can't be read"
                yield f"the {what}: that of {each.run.run} {why}."


def _clean(file: FileDifference, redactor: Redactor) -> FileDifference:
    return replace(file, diff=tuple(redactor("\n".join(file.diff)).splitlines())) if file.diff else file


def _covered(found: Iterable[Difference], redactor: Redactor) -> tuple[Difference, ...]:
    """Return what differs with secrets covered: after comparing, for that they differ may be what is looked for.

    What a bundle holds covered already says nothing of whether it differs.
    """
    told = ((each, _named(each, redactor)) for each in found)
    return tuple(after for before, after in told if after.first != after.second or not _is_covered(before))


def _named(each: Difference, redactor: Redactor) -> Difference:
    name = _key(each.path)
    return replace(each, first=redactor.named(name, each.first), second=redactor.named(name, each.second))


def _is_covered(each: Difference) -> bool:
    """Whether one side came covered: secrets, and the home folder as `~`."""
    texts = [value for value in (each.first, each.second) if isinstance(value, str)]
    return any(COVER in text or "~" in text for text in texts)


def _key(path: str) -> str:
    """Return the last key of a path."""
    return next((part for part in reversed(split_path(path)) if isinstance(part, str)), "")


def _result(run: RunSnapshot, cause: str) -> Facts:
    fallen = run.first_failure if not cause else None
    facts: dict[str, Any] = {
        "status": run.status.value,
        "exit_code": run.exit_code,
        "cause": cause or None,
        "reason": run.reason.replace(run.run, "RUN") or None if not cause else None,
        "nodes": run.nodes,
        "processes_per_node": run.processes_per_node,
        "ranks": len(run.ranks),
        "launched": run.launched,
        "framework": run.framework or None,
        "display_name": run.display_name or None,
        "experiment": run.experiment or None,
        "backend": run.backend,
        "drills": len(run.drills) or None,
        **flat({"tags": dict(run.tags)}),
    }
    if fallen is not None:
        facts |= {"first_failure.rank": fallen.rank, "first_failure.exit_code": fallen.exit_code}
        facts["first_failure.text"] = fallen.text or None
    return {name: value for name, value in facts.items() if value not in (None, {})}


def _plans(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Difference]:
    names = ("backend", "source", "topology", "toolchain", "python", "framework", "timeout", "environment", "inputs",
             "outputs")  # fmt: skip
    yield from _differences(_only(one, names), _only(other, names))
    for kind in ("processes", "launchers"):
        ours, theirs = processes(one, kind), processes(other, kind)
        if len(ours) != len(theirs):
            yield Difference(kind, "changed", len(ours), len(theirs))
    keys = ("node", "local_rank", "role", "argv", "environment")
    pairs = zip(processes(one), processes(other), strict=False)
    yield from _grouped((str(a.get("rank")), _only(a, keys), _only(b, keys)) for a, b in pairs)
    for a, b in zip(processes(one, "launchers"), processes(other, "launchers"), strict=False):
        for each in _differences(_only(a, keys), _only(b, keys)):
            yield replace(each, path=f"launcher: {each.path}")


def _only(data: Mapping[str, Any], names: Sequence[str]) -> Facts:
    return flat({name: data.get(name) for name in names})


def _ranks(ours: Sequence[RankState], theirs: Sequence[RankState]) -> Iterator[Difference]:
    tables = [{str(each.rank): _rank(each) for each in side} for side in (ours, theirs)]
    names = sorted(tables[0].keys() | tables[1].keys(), key=int)
    yield from _grouped((name, tables[0].get(name, {}), tables[1].get(name, {})) for name in names)


def _rank(rank: RankState) -> Facts:
    facts = {"status": rank.status.value, "exit_code": rank.exit_code, "node": rank.node, "role": rank.role}
    return {name: value for name, value in facts.items() if value is not None}


def _grouped(ranks: Iterable[tuple[str, Facts, Facts]]) -> Iterator[Difference]:
    """Yield what differs between ranks, once for all ranks in which it differs alike."""
    groups: dict[tuple[str, str], tuple[Difference, list[str]]] = {}
    for rank, one, other in ranks:
        for each in _differences(one, other):
            key = (each.path, repr((each.first, each.second)))
            groups.setdefault(key, (each, []))[1].append(rank)
    for each, where in groups.values():
        yield replace(each, path=f"{_rank_words(where)}: {each.path}")


def _rank_words(ranks: Sequence[str]) -> str:
    if len(ranks) == 1:
        return f"rank {ranks[0]}"
    if len(ranks) > 3 and [int(each) for each in ranks] == list(range(int(ranks[0]), int(ranks[0]) + len(ranks))):
        return f"ranks {ranks[0]} to {ranks[-1]}"
    shown = ", ".join(ranks[:6])
    return f"ranks {shown}" + (f" and {len(ranks) - 6} more" if len(ranks) > 6 else "")


def _differences(one: Facts, other: Facts) -> tuple[Difference, ...]:
    """Return the facts that differ, in the order of the first, then of the second."""
    found = []
    for path in dict.fromkeys((*one, *other)):
        first, second = one.get(path, ABSENT), other.get(path, ABSENT)
        if first is ABSENT or second is ABSENT:
            kind = "only-second" if first is ABSENT else "only-first"
            values = (None if each is ABSENT else to_json(each) for each in (first, second))
            found.append(Difference(path, kind, *values))
        elif not _equal(first, second):
            found.append(Difference(path, "changed", to_json(first), to_json(second)))
    return tuple(found)


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, float) and isinstance(second, float) and math.isnan(first):
        return math.isnan(second)
    return bool(first == second)


def _last(run: RunSnapshot, points: Points) -> dict[str, tuple[float, int]]:
    """Return the last value and step of each metric, also of those that the snapshot does not hold."""
    found = {each.name: (each.value, each.step) for each in points}
    return {**found, **run.metrics}


def _metrics(ours: Mapping[str, tuple[float, int]], theirs: Mapping[str, tuple[float, int]]) -> Iterator[Any]:
    for name in sorted(ours.keys() | theirs.keys()):
        first, first_step = ours.get(name, (None, None))
        second, second_step = theirs.get(name, (None, None))
        if first is None or second is None:
            kind = "only-second" if first is None else "only-first"
            yield MetricDifference(name, kind, first, second, first_step, second_step, None)
        elif first_step != second_step or not _equal(float(first), float(second)):
            yield MetricDifference(name, "changed", first, second, first_step, second_step, second - first)


def _phases(one: RunSnapshot, other: RunSnapshot) -> Iterator[Difference]:
    tables = [{each.name.value: _seconds(each) for each in run.phases} for run in (one, other)]
    for each in _differences(tables[0], tables[1]):
        a, b = each.first, each.second
        close = a is not None and b is not None and abs(a - b) <= max(LEAST_SECONDS, LEAST_PART * max(a, b))
        if not close:
            yield each


def _seconds(phase: Phase) -> float | None:
    """Return how long a phase took, None while it lasts."""
    return None if phase.ended is None else round((phase.ended - phase.started).total_seconds(), 3)
