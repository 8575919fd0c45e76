"""Finds by trying which sizes a model accepts beside those of its example; what was run on the way is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rankzero_kit.errors import TaskError

from . import axes
from .given import Given
from .structure import Leaves

Sizes = dict[str, int]


@dataclass
class Tried:
    """Inputs that the model was run on, and its answer."""

    leaves: Leaves
    outputs: Leaves
    sizes: Sizes
    origin: str

    @property
    def leaves_size(self) -> int:
        """Return how many numbers go in."""
        return sum(each.numel() for each in self.leaves.values())


@dataclass
class Settled:
    """Runs at the example's sizes and at others; `fixed` says of knobs that can't be turned what the model said."""

    runs: list[Tried] = field(default_factory=list)
    fixed: dict[str, str] = field(default_factory=dict)


@dataclass
class _Alike:
    """A runner for which an answer of other parts than the first is a failure: a file has outputs for good."""

    run: Callable[[Leaves], Leaves]
    names: list[str]

    def __call__(self, leaves: Leaves) -> Leaves:
        found = self.run(leaves)
        if [*found] != self.names:
            raise TaskError(f"it returns {len(found)} outputs then, not {len(self.names)}")
        return found


def settle(given: Given, run: Callable[[Leaves], Leaves], first: Tried, sizes: int = 3) -> Settled:
    """Turn every knob, all at once where that works; a knob that can't be turned is taken off."""
    settled = Settled([first])
    runner = _Alike(run, [*first.outputs])
    choice = _choice(given, 0 if sizes > 2 else 1)
    turned = _try(given, runner, choice, 1) if given.declared and choice else None
    if turned is None and choice:
        choice = _one_by_one(given, runner, settled)
        turned = _try(given, runner, choice, 1) if choice else None
    if turned is not None:
        settled.runs.append(turned)
        again = _second(given, runner, choice) if sizes > 2 else None
        settled.runs += [again] if again else []
    return settled


def _choice(given: Given, place: int) -> Sizes:
    tried = {knob: axes.others(name_of(given, knob), size) for knob, size in given.knobs.items()}
    return {knob: sizes[min(place, len(sizes) - 1)] for knob, sizes in tried.items()}


def name_of(given: Given, knob: str) -> str:
    """Return the name of the axes that a knob moves."""
    return next((given.names[spot] for spot in given.moves.get(knob, []) if spot in given.names), knob)


def _one_by_one(given: Given, runner: _Alike, settled: Settled) -> Sizes:
    """Turn one knob after the other, on top of those that turned."""
    found: Sizes = {}
    seen: set[str] = set()
    for knob, size in [*given.knobs.items()]:
        name = name_of(given, knob)
        if not given.declared and name in seen:
            given.fix(knob)  # a second guess at what the first one was right about
            continue
        said = ""
        for other in axes.others(name, size)[: 8 if given.declared else 2]:
            try:
                runner(given.at({**found, knob: other}, 1))
            except Exception as error:  # noqa: BLE001 - whatever a model says of a size that it doesn't take
                said = said or first_line(error)
                continue
            found[knob] = other
            seen.add(name)
            break
        else:
            settled.fixed[name] = said
            given.fix(knob)
    return found


def _second(given: Given, runner: _Alike, choice: Sizes) -> Tried | None:
    """Return a run at yet other sizes, which are taken back one by one where the model refuses."""
    sizes = {}
    for knob, size in given.knobs.items():
        rest = [each for each in axes.others(name_of(given, knob), size) if each != choice[knob]]
        sizes[knob] = rest[0] if rest else choice[knob]
    for attempt in (sizes, *({**choice, knob: size} for knob, size in sizes.items())):
        run = _try(given, runner, attempt, 2)
        if run is not None and attempt != choice:
            return run
    return None


def _try(given: Given, runner: _Alike, sizes: Mapping[str, int], number: int) -> Tried | None:
    try:
        leaves = given.at(sizes, number)
        return Tried(leaves, runner(leaves), dict(sizes), "other size")
    except Exception:  # noqa: BLE001 - sizes that don't go together
        return None


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
