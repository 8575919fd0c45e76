"""Runs a model on all cases and keeps what they show: differences, failures, and whether inputs matter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from rankzero_kit.errors import TaskError

from . import parity
from .comparing import distance, plain, softmax_axis, views
from .naming import Pairing
from .noise import moved_outputs
from .opening import Opened, random_nodes
from .parity import Seen
from .probing import stuck_axes
from .sessions import Arrays, run
from .tolerances import ENOUGH

SAMPLE = 2**16
ESTIMATED = 3
"""For so many cases at most the noise is estimated by further runs: one of them is enough to fail."""


@dataclass
class Evidence:
    """What all cases together show. Signals: how far the framework's outputs differ where the inputs do."""

    cases: Sequence[Mapping[str, Any]]
    seen: list[Seen] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    tied: list[str] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    signals: dict[tuple[str, str], float] = field(default_factory=dict)
    agreement: dict[str, list[int]] = field(default_factory=dict)
    varied: dict[str, bool] = field(default_factory=dict)
    random: bool | None = None
    dice: list[str] = field(default_factory=list)

    @property
    def ran(self) -> list[int]:
        """Return the cases that ran."""
        return [each for each in range(len(self.cases)) if each not in self.failures]

    @property
    def sizes(self) -> int:
        """Return how many different sizes ran."""
        return len({tuple(sorted((self.cases[each].get("sizes") or {}).items())) for each in self.ran})


@dataclass
class _Earlier:
    """Samples of earlier cases, to see what of an output depends on the input."""

    inputs: list[tuple[str, Arrays, Arrays]] = field(default_factory=list)


def gather(asked: Any, opened: Opened, session: Any, pairing: Pairing, report: Any) -> Evidence:
    """Run every case and compare its outputs."""
    found, earlier = Evidence(asked.cases, random=asked.random, dice=random_nodes(opened.skeleton)), _Earlier()
    if any(each.op_type == "Dropout" for each in opened.graph.node if (each.name or each.output[0]) in found.dice):
        found.random = bool(found.random)  # dropout belongs to training, whatever is known of the model
    for case in range(len(asked.cases)):
        report(f"Comparing case {case + 1} of {len(asked.cases)}", 0.3 + 0.5 * case / len(asked.cases))
        inputs, framework, exact = asked.arrays(case)
        try:
            ours = _named(run(session, _fed(inputs, pairing)), pairing)
        except TaskError as error:
            found.failures[case] = error.message
            continue
        _compare(found, case, framework, ours, exact)
        _declared(found, opened, pairing, ours)
        _remember(found, earlier, inputs, framework, ours)
    if found.failures and found.ran:
        arrays = (asked.arrays(each)[0] for each in (found.ran[0], next(iter(found.failures))))
        found.stuck = stuck_axes(session, asked.inputs, pairing, *arrays)
    found.seen = _with_noise_of_others(found.seen)
    _estimate(
        found, asked,
        lambda inputs: [_named(each, pairing) for each in moved_outputs(opened, session, _fed(inputs, pairing))],
        report,
    )  # fmt: skip
    _own_variation(found, asked, session, pairing)
    found.varied = _varied(asked.inputs, earlier)
    return found


def _fed(inputs: Arrays, pairing: Pairing) -> Arrays:
    return {pairing.inputs[name]: array for name, array in inputs.items() if name in pairing.inputs}


def _named(ours: Arrays, pairing: Pairing) -> Arrays:
    return {name: ours[other] for name, other in pairing.outputs.items()}


def _compare(found: Evidence, case: int, framework: Arrays, ours: Arrays, exact: Arrays) -> None:
    for name, array in framework.items():
        if name not in ours:
            found.missing += [name] * (name not in found.missing)
            continue
        looks = parity.look(case, name, array, ours[name], exact.get(name))
        found.seen += looks
        if not any(each.wrong for each in looks):
            _count_agreement(found, name, array, ours[name], looks)
    _excuse_ties(found, case, framework, ours)


def _excuse_ties(found: Evidence, case: int, framework: Arrays, ours: Arrays) -> None:
    floats = {
        each.output: each.allowed for each in found.seen if each.case == case and each.distance and not each.label
    }
    for index, each in enumerate(found.seen):
        if each.case == case and each.kind == "whole" and parity.ties(case, each, framework, ours, floats):
            found.seen[index] = Seen(each.output, "", case, each.dtype, None)
            found.tied += [each.output] * (each.output not in found.tied)


def _count_agreement(found: Evidence, name: str, framework: Any, ours: Any, looks: Sequence[Seen]) -> None:
    """Count rows whose largest value is at the same place, leaving out those where two are equal within rounding."""
    scores = plain(framework)
    whole = next((each for each in looks if not each.label), None)
    if scores.dtype.kind != "f" or scores.ndim < 2 or scores.shape[-1] < 2 or not scores.size or whole is None:
        return
    both = [np.asarray(each, np.float64).reshape(-1, scores.shape[-1]) for each in (scores, ours)]
    top = np.partition(both[0], -2, axis=1)[:, -2:]
    clear = top[:, 1] - top[:, 0] > 2 * whole.allowed
    same = both[0].argmax(axis=1) == both[1].argmax(axis=1)
    counts = found.agreement.setdefault(name, [0, 0, 0])
    for place, number in enumerate(((same & clear).sum(), clear.sum(), clear.size)):
        counts[place] += int(number)


def _declared(found: Evidence, opened: Opened, pairing: Pairing, ours: Arrays) -> None:
    """Note outputs that the file says have a size that they have not."""
    by_name = {each.name: each for each in opened.graph.output}
    for name, other in pairing.outputs.items():
        tensor = by_name[other].type.tensor_type
        if ours[name] is None or not tensor.HasField("shape"):
            continue
        told, real = [*tensor.shape.dim], np.shape(ours[name])
        wrong = [index for index, each in enumerate(told[: len(real)]) if each.dim_value not in (0, real[index])]
        for index in wrong if len(told) == len(real) else ():
            text = f"axis {index} of “{name}” is {told[index].dim_value} by the file’s own word, and was {real[index]}"
            found.declared += [text] * (not any(f"axis {index} of “{name}”" in each for each in found.declared))
        if len(told) != len(real) and not found.declared:
            found.declared.append(f"“{name}” has {len(told)} axes by the file’s own word, and had {len(real)}")


def _remember(found: Evidence, earlier: _Earlier, inputs: Arrays, framework: Arrays, ours: Arrays) -> None:
    key = _hash(inputs)
    samples = {name: _sample(plain(each)) for name, each in framework.items()}
    for other, _, before in earlier.inputs:
        for name in samples.keys() & before.keys():
            if samples[name].shape != before[name].shape or samples[name].dtype.kind != "f":
                continue
            if other == key:
                _repeat(found, samples[name], before[name])
            else:
                _signal(found.signals, name, samples[name], before[name])
    earlier.inputs.append((key, {name: _sample(plain(each)) for name, each in inputs.items()}, samples))


def _repeat(found: Evidence, one: Any, other: Any) -> None:
    apart = distance(one, other)
    if apart.relative > 1e-4 or apart.torn:
        found.random = True


def _signal(signals: dict[tuple[str, str], float], name: str, one: Any, other: Any) -> None:
    for view in views(one):
        if view.label == "small columns":
            continue
        if view.label and softmax_axis(other) is None:
            continue
        key = (name, view.label)
        signals[key] = max(signals.get(key, 0.0), distance(view.of(one), view.of(other)).error)


def _sample(array: Any) -> Any:
    """Return an array, or the first part of one that is large."""
    if array.size <= SAMPLE or not array.ndim:
        return array.copy()
    return array[: max(1, SAMPLE * len(array) // array.size)].copy()


def _hash(arrays: Arrays) -> str:
    whole = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        whole.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return whole.hexdigest()


def _estimate(found: Evidence, asked: Any, moved_by: Callable[[Arrays], list[Arrays]], report: Any) -> None:
    """Estimate the noise of the cases that look wrong: what is known of it may be too little, by luck."""
    worst = sorted({each.case for each in found.seen if _doubtful(each)}, key=lambda case: -_excess(found, case))
    for number, case in enumerate(worst[:ESTIMATED]):
        report("Looking how far rounding alone moves the outputs", 0.85 + 0.03 * number)
        inputs, framework, _ = asked.arrays(case)
        try:
            moved = moved_by(inputs)
        except TaskError:
            continue
        for index, each in enumerate(found.seen):
            if each.case == case and _doubtful(each) and not each.estimated:
                found.seen[index] = parity.resolve(each, [one[each.output] for one in moved], framework[each.output])


def _with_noise_of_others(seen: Sequence[Seen]) -> list[Seen]:
    """Give each output the noise that it has, by its size, in all cases: there it is known of more numbers."""
    parts: dict[tuple[str, str], float] = {}
    places: dict[tuple[str, str], int] = {}
    for each in seen:
        if each.distance is not None and each.distance.noise is not None and each.distance.scale:
            key = (each.output, each.label)
            parts[key] = max(parts.get(key, 0.0), each.distance.noise / each.distance.scale)
            places[key] = places.get(key, 0) + each.measured
    return [_pooled(each, parts, places) for each in seen]


def _pooled(seen: Seen, parts: Mapping[tuple[str, str], float], places: Mapping[tuple[str, str], int]) -> Seen:
    key = (seen.output, seen.label)
    if seen.distance is None or key not in parts:
        return seen
    return replace(seen, noise=max(seen.noise, parts[key] * seen.distance.scale), measured=places[key])


def _doubtful(seen: Seen) -> bool:
    return seen.kind == "whole" or (seen.excess > 1 and seen.measured < ENOUGH)


def _excess(found: Evidence, case: int) -> float:
    return max(each.excess for each in found.seen if each.case == case)


def _own_variation(found: Evidence, asked: Any, session: Any, pairing: Pairing) -> None:
    """Where no two cases have one shape: see how far the file's own outputs move with other inputs."""
    floats = {each.output for each in found.seen if each.distance is not None}
    if not found.ran or all((name, "") in found.signals for name in floats):
        return
    inputs, _, _ = asked.arrays(found.ran[0])
    try:
        one, other = (
            _named(run(session, _fed(each, pairing)), pairing)
            for each in (inputs, {n: _other(a) for n, a in inputs.items()})
        )
    except TaskError:
        return
    for name in floats:
        if (name, "") not in found.signals and np.shape(one[name]) == np.shape(other[name]):
            _signal(found.signals, name, plain(one[name]), plain(other[name]))


def _other(array: Any) -> Any:
    """Return other content of the same kind: floats negated, whole numbers in reverse."""
    array = np.asarray(array)
    return -array if array.dtype.kind == "f" else array.ravel()[::-1].reshape(array.shape)


def _varied(inputs: Sequence[Mapping[str, Any]], earlier: _Earlier) -> dict[str, bool]:
    """Return for each input whether two cases of one shape had other content of it."""
    return {each["name"]: _varies([given[each["name"]] for _, given, _ in earlier.inputs if each["name"] in given])
            for each in inputs}  # fmt: skip


def _varies(arrays: Sequence[Any]) -> bool:
    """Whether arrays differ in more than their sizes; one that is the same number all over says nothing either way."""
    pairs = ((one, other) for index, one in enumerate(arrays) for other in arrays[:index])
    if any(one.shape == other.shape and not np.array_equal(one, other) for one, other in pairs):
        return True
    values = {each.ravel()[0].item() for each in arrays if each.size}
    return len(values) > 1 and all((each == each.ravel()[:1]).all() for each in arrays)
