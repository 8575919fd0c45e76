"""Names, types and axes of a model's inputs and outputs against what was prepared, and how to change them in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .opening import Opened, all_nodes, graph_inputs, told_value

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Pairing:
    """Who is who: prepared name to the file's name. `problems` are reasons to fail, `notes` facts that are none.

    `left_out` are prepared inputs that the file does not have, `unused` those that it has and never reads.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    unused: tuple[str, ...]


def pair(opened: Opened, inputs: Sequence[Spec], outputs: Sequence[Spec]) -> Pairing:
    """Compare a file's inputs and outputs with the prepared ones, without running it."""
    there = [told_value(each) for each in graph_inputs(opened.graph)]
    results = [told_value(each) for each in opened.graph.output]
    problems: list[str] = []
    notes: list[str] = []
    given, left_out = _inputs(inputs, there, problems)
    found = _outputs(outputs, results, problems)
    by_name = {each["name"]: each for each in there}
    for spec in inputs:
        if spec["name"] in given:
            _types_and_axes(spec, by_name[given[spec["name"]]], problems, notes)
    unused = set(given.values()) - _read(opened.graph)
    return Pairing(
        given, found, tuple(problems), tuple(notes), left_out,
        tuple(name for name, other in given.items() if other in unused),
    )  # fmt: skip


def fixed_axes(opened: Opened, inputs: Sequence[Spec], pairing: Pairing) -> list[str]:
    """Return, in words, the axes that were asked to vary and have one size in the file."""
    there = {each.name: told_value(each) for each in graph_inputs(opened.graph)}
    return [
        f"axis {index} (“{axis}”) of “{spec['name']}” is fixed at {size}"
        for spec in inputs
        if spec["name"] in pairing.inputs
        for index, (axis, size) in enumerate(
            zip(spec["shape"], there[pairing.inputs[spec["name"]]]["shape"] or (), strict=False)
        )
        if isinstance(axis, str) and isinstance(size, int)
    ]


def listed(names: Sequence[str]) -> str:
    """Return names in quotation marks, a few of them."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(f"“{each}”" for each in names[:4]) + more


def _inputs(
    specs: Sequence[Spec], there: Sequence[Spec], problems: list[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    names, wanted = [each["name"] for each in there], [each["name"] for each in specs]
    extra = [each for each in names if each not in wanted]
    missing = [each for each in wanted if each not in names]
    given = {each: each for each in wanted if each in names}
    if extra and len(extra) == len(missing):
        problems.append(f"The file calls its inputs {listed(extra)}, and not {listed(missing)}.")
        return {**given, **dict(zip(missing, extra, strict=True))}, ()
    if extra:
        problems.append(f"The file asks for {listed(extra)} too, which the model does not: nobody could run it.")
    return given, tuple(missing)


def _outputs(specs: Sequence[Spec], there: Sequence[Spec], problems: list[str]) -> dict[str, str]:
    names, wanted = [each["name"] for each in there], [each["name"] for each in specs]
    if names == wanted:
        return {each: each for each in wanted}
    missing, extra = [each for each in wanted if each not in names], [each for each in names if each not in wanted]
    if not missing and not extra:
        problems.append(f"The outputs come in another order: {listed(names)} instead of {listed(wanted)}.")
    elif len(missing) == len(extra):
        problems.append(f"The file calls its outputs {listed(extra)}, and not {listed(missing)}.")
        return {each: each for each in wanted if each in names} | dict(zip(missing, extra, strict=True))
    elif missing:
        problems.append(f"The output {listed(missing)} is missing in the file.")
    elif extra:
        problems.append(f"The file gives {listed(extra)} too, which the model does not.")
    return {each: each for each in wanted if each in names}


def _types_and_axes(spec: Spec, there: Spec, problems: list[str], notes: list[str]) -> None:
    name = spec["name"]
    if there["dtype"] != spec["dtype"]:
        problems.append(f"The input “{name}” is {there['dtype']} in the file, and {spec['dtype']} in the model.")
    if there["shape"] is None:
        return
    if len(there["shape"]) != len(spec["shape"]):
        problems.append(f"“{name}” has {len(there['shape'])} axes in the file, and {len(spec['shape'])} in the model.")
        return
    for index, (asked, size) in enumerate(zip(spec["shape"], there["shape"], strict=True)):
        if isinstance(asked, int) and isinstance(size, int) and asked != size:
            problems.append(f"Axis {index} of “{name}” is {size} in the file, and {asked} in the model.")
        elif isinstance(asked, str) and isinstance(size, str) and asked != size:
            notes.append(f"axis {index} of “{name}” is called “{size}”")


def _read(graph: Any) -> set[str]:
    """Return the names that some node, or an output, reads."""
    return {name for node in all_nodes(graph) for name in node.input} | {each.name for each in graph.output}
