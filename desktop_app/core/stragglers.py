"""Which rank holds the others up, told from their times, CPU and GPU; and an honest word where that can't be told.

Where ranks wait for each other in each step (an all-reduce, a barrier), each of them takes as long for a step as the
slowest: their step times are all alike, and who is slow shows elsewhere, in what a rank does while the others wait.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from desktop_app.core.paces import Kind

LEAST_STEPS = 5
"""Steps of each rank before anything is said of them: the first few are always slow."""
LEAST_SAMPLES = 5
LEAST_PART = 0.15
"""A rank stands out by no less than this part of what the others take, however much alike those are."""
OF_TWO = 0.3
"""Of two ranks each is half of all: the slower one must stand out by more."""
SPREAD = 5 * 1.4826
"""So many deviations (the median absolute one, scaled to a normal distribution's) from the others' median, at least."""
OF_STEP = 0.05
"""Times of a part of the step, and coming late, count from this part of a step on."""
LEAST_LOAD = 25.0
"""Per cent of one core, or of a GPU, by which a rank stands out at least."""


class Verdict(StrEnum):
    """How sure it is: a straggler, one that is likely, none, or that nothing can be told."""

    STRAGGLER = "straggler"
    LIKELY = "likely"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of one rank: medians in seconds, per cent of a core, of its GPU, bytes at most.

    `late` is how long after the others it comes to the same step, `steps` how many of its steps were seen.
    """

    rank: int
    steps: int = 0
    times: Mapping[Kind, float] = field(default_factory=dict)
    late: float | None = None
    cpu: float | None = None
    gpu: float | None = None
    memory: int | None = None
    gpu_memory: int | None = None

    @property
    def step(self) -> float | None:
        """Seconds that a step takes."""
        return self.times.get(Kind.STEP)


@dataclass(frozen=True, slots=True)
class Finding:
    """Which ranks are slow, if any are; `by` is what told it: a kind of time, late, cpu or gpu."""

    verdict: Verdict
    sentence: str
    ranks: tuple[int, ...] = ()
    by: str = ""


def find(paces: Sequence[Pace], names: Mapping[int, str] | None = None) -> Finding:
    """Return which rank holds the others up; `names` are what ranks are called where not by their numbers.

    The best evidence first: times of a rank's own work, then whole steps, then what ranks in step do meanwhile.
    """
    called = _Names(names or {})
    if len(paces) < 2:
        return Finding(Verdict.UNKNOWN, "There is one rank: nobody to compare it with.")
    looks = (_by_own_work, _by_steps, _by_data, _by_waiting, _by_coming_late, _by_load)
    return next((found for look in looks if (found := look(paces, called))), None) or _none(paces, called)


class _Names:
    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names

    def __call__(self, ranks: Sequence[int]) -> str:
        """Return `Rank 3` or `Ranks 3 and 4`."""
        if len(ranks) == 1:
            name = self._names.get(ranks[0], f"rank {ranks[0]}")
            return name[:1].upper() + name[1:]
        shown = [str(each) for each in ranks[:8]]
        more = f" and {len(ranks) - 8} more" if len(ranks) > 8 else f" and {shown.pop()}"
        return f"Ranks {', '.join(shown)}{more}"


def outliers(values: Mapping[int, float], least: float = 0.0, *, below: bool = False) -> tuple[int, ...]:
    """Return the few ranks whose values lie far above (or `below`) all others', by `least` at least; worst first."""
    sign = -1 if below else 1
    ordered, found = sorted(values.values()), []
    for rank, value in values.items() if len(values) > 1 else ():
        middle = median_of_others(ordered, value)
        if sign * (value - middle) <= max(_least_room(len(ordered) - 1, middle), least):
            continue  # most ranks: the others' spread is looked at for few alone
        others = [each for other, each in values.items() if other != rank]
        if sign * (value - middle) > max(_room(others), least):
            found.append(rank)
    few = len(found) * 2 < len(values) or (len(values) == 2 and len(found) == 1)
    return tuple(sorted(found, key=lambda rank: -sign * values[rank])) if few else ()


def _room(others: Sequence[float]) -> float:
    """Return how far a value may lie from the others' median without standing out."""
    middle = median(others)
    spread = median([abs(each - middle) for each in others])
    return max(SPREAD * spread, _least_room(len(others), middle))


def _least_room(others: int, middle: float) -> float:
    return (OF_TWO if others == 1 else LEAST_PART) * abs(middle)


def median_of_others(ordered: Sequence[float], value: float) -> float:
    """Return the median of values in order without one that is `value`. Raises ValueError where there are no others."""
    left, own = len(ordered) - 1, bisect_left(ordered, value)
    if left < 1:
        raise ValueError("there are no others")

    def other(place: int) -> float:
        return ordered[place if place < own else place + 1]

    return other(left // 2) if left % 2 else (other(left // 2 - 1) + other(left // 2)) / 2


def _of(paces: Sequence[Pace], kind: Kind) -> dict[int, float]:
    """Return this time of every rank; nothing unless all have it, from steps enough."""
    found = {each.rank: each.times[kind] for each in paces if kind in each.times and each.steps >= LEAST_STEPS}
    return found if len(found) == len(paces) else {}


def _rest(values: Mapping[int, float], ranks: Sequence[int]) -> float:
    return median([each for rank, each in values.items() if rank not in ranks])


def _mine(values: Mapping[int, float], ranks: Sequence[int]) -> float:
    return median([values[each] for each in ranks])


def _part_of_step(paces: Sequence[Pace]) -> float:
    steps = [each.step for each in paces if each.step is not None]
    return OF_STEP * median(steps) if steps else 0.0


def _by_own_work(paces: Sequence[Pace], called: _Names) -> Finding | None:
    values = _of(paces, Kind.COMPUTE)
    ranks = outliers(values, _part_of_step(paces))
    if not ranks:
        return None
    said = f"{called(ranks)} {_verb(ranks, 'computes', 'compute')} {_against(values, ranks)}{_load_of(paces, ranks)}."
    return Finding(Verdict.STRAGGLER, said, ranks, Kind.COMPUTE)


def _by_steps(paces: Sequence[Pace], called: _Names) -> Finding | None:
    values = _of(paces, Kind.STEP)
    ranks = outliers(values)
    if not ranks:
        return None
    times = _mine(values, ranks) / max(_rest(values, ranks), 1e-9)
    verb, other = _verb(ranks, "takes", "take"), "the other" if len(paces) == 2 else "the others"
    figures = f"median {time_text(_mine(values, ranks))} against {time_text(_rest(values, ranks))}"
    said = f"{called(ranks)} {verb} {times:.1f} × as long for a step as {other} ({figures}){_load_of(paces, ranks)}."
    return Finding(Verdict.STRAGGLER, said, ranks, Kind.STEP)


def _by_data(paces: Sequence[Pace], called: _Names) -> Finding | None:
    values = _of(paces, Kind.DATA)
    ranks = outliers(values, _part_of_step(paces))
    if not ranks:
        return None
    said = f"{called(ranks)} {_verb(ranks, 'loads', 'load')} data {_against(values, ranks)}{_load_of(paces, ranks)}."
    return Finding(Verdict.STRAGGLER, said, ranks, Kind.DATA)


def _by_waiting(paces: Sequence[Pace], called: _Names) -> Finding | None:
    """Who holds the others up is who does not wait for them."""
    values = _of(paces, Kind.WAIT)
    ranks = outliers(values, max(_part_of_step(paces), 1e-4), below=True)
    if not ranks:
        return None
    mine, rest = time_text(_mine(values, ranks)), time_text(_rest(values, ranks))
    others = "the other waits" if len(paces) == 2 else "the others wait"
    said = f"{called(ranks)} {_verb(ranks, 'waits', 'wait')} {mine} in a step, {others} {rest}: for what is slow there."
    return Finding(Verdict.STRAGGLER, said, ranks, Kind.WAIT)


def _by_coming_late(paces: Sequence[Pace], called: _Names) -> Finding | None:
    """Who comes late to each step; by more than a step, or one of two, it may as well just have started later."""
    values = {each.rank: each.late for each in paces if each.late is not None}
    steps = [each.step for each in paces if each.step is not None]
    if len(values) < len(paces) or len(values) < 3 or not steps:
        return None
    ranks = outliers(values, max(0.02, 2 * _part_of_step(paces)))
    if len(ranks) != 1 or values[ranks[0]] > median(steps):
        return None
    said = f"{called(ranks)} comes to each step {time_text(values[ranks[0]])} after the others (median)"
    return Finding(Verdict.LIKELY, f"{said}: they likely wait for it{_load_of(paces, ranks)}.", ranks, "late")


def _by_load(paces: Sequence[Pace], called: _Names) -> Finding | None:
    """Ranks in step: the odd one out by GPU, or by CPU, is likely the one that all wait for."""
    for by, values in (("gpu", {p.rank: p.gpu for p in paces}), ("cpu", {p.rank: p.cpu for p in paces})):
        known = {rank: each for rank, each in values.items() if each is not None}
        if len(known) < len(paces):
            continue
        high, low = outliers(known, LEAST_LOAD), outliers(known, LEAST_LOAD, below=True)
        ranks = (high or low)[:1] if len(high) + len(low) == 1 and len(paces) > 2 else ()
        if ranks:
            return Finding(Verdict.LIKELY, _load_said(by, known, ranks, called, is_high=bool(high)), ranks, by)
    return None


def _load_said(by: str, values: Mapping[int, float], ranks: Sequence[int], called: _Names, *, is_high: bool) -> str:
    figures = f"its {by.upper()} is at {_mine(values, ranks):.0f} %, the others' at {_rest(values, ranks):.0f} %"
    if is_high:
        why = "they likely wait for it"
    elif by == "gpu":
        why = "others show a busy GPU while they wait in a collective: it is likely the one they wait for"
    else:
        why = "it likely waits for a disk, a network or a lock, while the others poll for it"
    return f"{called(ranks)} stands out: {figures}; {why}."


def _none(paces: Sequence[Pace], called: _Names) -> Finding:
    steps = _of(paces, Kind.STEP)
    if steps and in_step(paces) and not any(_of(paces, kind) for kind in (Kind.DATA, Kind.COMPUTE, Kind.WAIT)):
        each = time_text(median(steps.values()))
        said = f"No rank stands out: all take {each} for a step, as ranks that wait for each other do, whoever is slow."
        return Finding(Verdict.UNKNOWN, said)
    if steps:
        slowest = max(steps, key=lambda rank: steps[rank])
        rest = time_text(_rest(steps, [slowest]))
        figures = f"the slowest, {called([slowest]).lower()}, takes {time_text(steps[slowest])} for a step"
        return Finding(Verdict.NONE, f"No straggler: {figures}, the others {rest} (medians).")
    if all(each.steps for each in paces):
        least = min(paces, key=lambda each: each.steps)
        needed = f"{LEAST_STEPS} of each rank are needed, and {called([least.rank]).lower()} made {least.steps}"
        return Finding(Verdict.UNKNOWN, f"Too few steps so far: {needed}.")
    sampled = all(each.cpu is not None for each in paces)
    known = "No rank stands out by CPU or GPU, but nothing" if sampled else "Nothing"
    return Finding(Verdict.UNKNOWN, f"{known} tells how long each rank takes for a step.")


HOW_TO_TELL = (
    "Have every rank log step_ms, and data_ms for the time it waits for data, with mlflow.log_metrics, "
    "or print lines such as “step 40 step_ms 210 data_ms 12”."
)
IN_STEP = "These ranks run in step, each as slow as the slowest: step times alone do not tell who that is."


def in_step(paces: Sequence[Pace]) -> bool:
    """Whether all ranks take as long for a step: they wait for each other in each."""
    steps = _of(paces, Kind.STEP)
    return len(steps) > 1 and max(steps.values()) <= 1.05 * min(steps.values())


def advice(paces: Sequence[Pace], found: Finding) -> str:
    """Return what to add to the finding: why step times tell nothing, or what to log to know more; may be empty."""
    if found.verdict is Verdict.UNKNOWN and len(paces) > 1:
        return HOW_TO_TELL
    return IN_STEP if found.verdict is Verdict.LIKELY and in_step(paces) else ""


def _verb(ranks: Sequence[int], one: str, many: str) -> str:
    return one if len(ranks) == 1 else many


def _against(values: Mapping[int, float], ranks: Sequence[int]) -> str:
    other = "the other" if len(values) == 2 else "the others"
    return f"for {time_text(_mine(values, ranks))} in a step, {other} for {time_text(_rest(values, ranks))} (medians)"


def _load_of(paces: Sequence[Pace], ranks: Sequence[int]) -> str:
    if len(ranks) > 1:
        return ""
    pace = next(each for each in paces if each.rank == ranks[0])
    loads = (("CPU", pace.cpu), ("GPU", pace.gpu))
    parts = [f"its {name} is at {value:.0f} %" for name, value in loads if value is not None]
    return f"; {' and '.join(parts)}" if parts else ""


def time_text(seconds: float) -> str:
    """Return a step's time as a person says it: 0.4 ms, 412 ms, 2.41 s."""
    if seconds >= 1:
        return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:.0f} s"
    return f"{seconds * 1e3:.3g} ms"
