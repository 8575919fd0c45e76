"""Prepares an export: the inputs, what PyTorch answers for several of them, and the routes worth trying."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rankzero_kit import inputs as kit
from rankzero_kit.cases import write_case
from rankzero_kit.errors import TaskError

from . import axes, known, reference, settings, settling, unwrapping
from . import given as sources
from .given import Given
from .loading import Loaded
from .reference import Runner
from .settling import Settled, Tried
from .structure import Leaves, tidy

Report = Callable[[str, float | None], None]
CACHE = "past_key_values"
NO_CACHE = "use_cache=False was set: the cache of keys and values is of no use in a file that takes none."
QUICK = 0.05
"""Seconds: a model that answers faster is asked for more cases, and for each of them in float64."""
SMALL = 16 * 2**20
"""Bytes of weights up to which a model is taken to be quick once it is warm."""


@dataclass
class Plan:
    """What the routes need to know of an export."""

    given: Given
    runner: Runner
    example: Leaves
    outputs: dict[str, str]
    """The model's own names of its outputs, and those in the ONNX file."""
    runs: list[Tried] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    random: bool = False
    quick: bool = True

    def note(self, text: str, level: str = "info") -> None:
        """Add a sentence to the report."""
        self.notes.append({"level": level, "text": text})

    @property
    def axes(self) -> dict[str, dict[int, str]]:
        """Return the axes that vary, of every input."""
        return {name: self.given.axes(name) for name in self.given.leaves}


_plans: dict[str, Plan] = {}  # of the request that was prepared last


def plan_of(request: Mapping[str, Any], loaded: Loaded, report: Report) -> Plan:
    """Return a request's plan, made again in a process that has none."""
    key = str(request["id"])
    if key not in _plans:
        _plans.clear()
        _plans[key] = plan(request, loaded, report)
    return _plans[key]


def prepare(request: Mapping[str, Any], loaded: Loaded, report: Report) -> dict[str, Any]:
    """Find the inputs, run the model on several of them and write the cases. Raises TaskError."""
    _plans.clear()
    started = time.perf_counter()
    made = plan_of(request, loaded, report)
    cases, low_high = _write_cases(made, Path(request["folder"]), report)
    runs, made.runs = made.runs, []
    give_back_memory()
    return {
        "inputs": _inputs(made, low_high),
        "outputs": _outputs(made, runs),
        "cases": cases,
        "routes": routes_for(loaded, request),
        "trace": "trace",
        "bench": "bench",
        "class": loaded.class_name,
        "keys": loaded.keys,
        "parameters": reference.parameter_count(made.runner.model),
        "weight_bytes": reference.weight_bytes(made.runner.model),
        "random": made.random,
        "notes": [*loaded.notes, *made.notes],
        "seconds": {"load": loaded.seconds, "reference": round(time.perf_counter() - started, 3)},
    }


def give_back_memory() -> None:
    """Have the C library return what was freed: the export that follows is what the memory is needed for."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def routes_for(loaded: Loaded, request: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the routes for a kind of model, best first; the person's own choice of them where there is one."""
    if isinstance(loaded.model, torch.export.ExportedProgram):
        names = ["program"]
    elif isinstance(loaded.model, torch.jit.ScriptModule):
        names = ["torchscript-direct"]
    else:
        names = ["dynamo", "torchscript", "dynamo-fixed"]
    wanted = settings.routes(request["options"])
    chosen = [each for each in names if each in wanted] or names
    return [
        {"name": each, "title": settings.ROUTES[each], "toolchain": "", "function": "export_route"} for each in chosen
    ]


def plan(request: Mapping[str, Any], loaded: Loaded, report: Report) -> Plan:
    """Find inputs that the model takes, at several sizes."""
    model = unwrapping.unwrapped(loaded.model)
    notes = unwrapping.readied(model)
    report("Finding the inputs", None)
    given = find(request, loaded, model)
    notes += given.notes
    if not any(each.dtype is torch.bfloat16 for each in model.parameters()):
        given.as_float()
    runner = Runner(model, given.frame)
    report("Running the model in PyTorch", None)
    first = _first(given, runner)
    if _gives_cache(given, first) and unwrapping.without_cache(model, request["options"]):
        notes.append({"level": "info", "text": NO_CACHE})
        first = _first(given, runner)
    if not settings.dynamic(request["options"]):
        for knob in [*given.knobs]:
            given.fix(knob)
    elif not given.declared:
        _guess(given)
    quick = runner.seconds < QUICK or (runner.seconds < 1 and reference.weight_bytes(model) < SMALL)
    settled = settling.settle(given, runner, first, sizes=3 if quick else 2)
    made = Plan(given, runner, first.leaves, _named_outputs(given, first.outputs), settled.runs, notes, quick=quick)
    _export_example(made)
    _say(made, settled)
    _more_contents(made)
    _again(made)
    return made


def _gives_cache(given: Given, first: Tried) -> bool:
    """Whether there are keys and values among the outputs, and none among the inputs."""
    return any(CACHE in each for each in first.outputs) and not any(CACHE in each for each in given.leaves)


def find(request: Mapping[str, Any], loaded: Loaded, model: Any) -> Given:  # noqa: PLR0911 - one source after the other
    """Return inputs from the best source there is. Raises TaskError, with a question where there is none."""
    if isinstance(loaded.model, torch.export.ExportedProgram):
        return known.of_program(loaded.model)
    wanted = [str(each) for each in request["inputs"]]
    arrays = [Path(each) for each in wanted if each.endswith(".npz")]
    functions = [each for each in wanted if ".py:" in each and "=" not in each]
    module = loaded.file_module
    shapes = next((getattr(module, each) for each in ("dynamic_shapes", "DYNAMIC") if hasattr(module, each)), None)
    if functions:
        return sources.of_function(known.function(functions[0]), model, None, "given")
    if arrays:
        return sources.of_arrays(arrays, model)
    if wanted:
        return sources.of_specs(wanted, model)
    if callable(getattr(module, "inputs", None)):
        return sources.of_function(module.inputs, model, shapes, "from the file")  # type: ignore[union-attr]
    if loaded.example is not None:
        given = sources.of_example(loaded.example, model, "from the file")
        if shapes is not None:
            sources.declare(given, shapes, model)
        return given
    if loaded.specs_from_file:
        specs = [_spec(each) for each in loaded.specs_from_file]
        return sources.of_input_specs(specs, model, "from the file")
    return known.given(model)


def _spec(document: Mapping[str, Any]) -> kit.InputSpec:
    shape = tuple(each if isinstance(each, int) else str(each) for each in document["shape"])
    return kit.InputSpec(
        document["name"], document["dtype"], shape, document.get("low"), document.get("high"), "from the file"
    )


def _guess(given: Given) -> None:
    for number, (name, spots) in enumerate(axes.guesses(given.leaves)):
        leaf, axis = spots[0]
        size = int(given.leaves[leaf].shape[axis])
        if size:
            given.turn(f"{name}-{number}", size, spots, name)


def _first(given: Given, runner: Runner) -> Tried:
    """Run the model on the inputs as they are. Raises TaskError."""
    try:
        outputs = runner(given.leaves)
    except Exception as error:
        shapes = ", ".join(f"{name}={kind(each)}{[*each.shape]}" for name, each in given.leaves.items())
        raise TaskError(
            f"The model doesn't run on these inputs ({shapes}): {settling.first_line(error)}"
            f"{unwrapping.own_line(error)}.",
            "Give inputs that fit: name=float32[batch,3,224,224] for each.",
            ask={"kind": "inputs", "known": known.parameters(runner.model), "why": settling.first_line(error)},
        ) from error
    if not outputs:
        raise TaskError(
            f"The model returns no tensor ({', '.join(runner.dropped) or 'nothing'}).",
            "An ONNX model needs at least one.",
        )
    return Tried(given.leaves, outputs, dict(given.knobs), "given" if given.origin == "given" else given.origin)


def kind(tensor: torch.Tensor) -> str:
    """Return a tensor's type as specs have it."""
    return str(tensor.dtype).removeprefix("torch.")


def _named_outputs(given: Given, outputs: Leaves) -> dict[str, str]:
    """Return names for the file: no output may be called as an input."""
    named: dict[str, str] = {}
    for name in outputs:
        shown = tidy(name)
        while shown in given.leaves or shown in named.values():
            shown += "_out"
        named[name] = shown
    return named


def _export_example(made: Plan) -> None:
    """Choose inputs to export with: none of the axes that vary may be 1, which exporters take for fixed."""
    knobs = made.given.knobs

    def worth(run: Tried) -> int:
        return sum(run.sizes.get(knob, size) < 2 for knob, size in knobs.items())

    made.example = min(made.runs, key=worth).leaves


def _say(made: Plan, settled: Settled) -> None:
    for name, said in settled.fixed.items():
        if made.given.declared:
            made.note(f"The axis “{name}” can't vary: PyTorch itself fails at another size ({said}).", "warning")
    if made.runner.dropped:
        made.note(f"Outputs that are no tensors are left out: {', '.join(made.runner.dropped)}.")
    for name, value in made.given.frame.constants.items():
        made.note(f"“{name}” is {value!r} in the ONNX model for good: it is no tensor.")
    if made.runner.writes:
        made.note("The model writes into its inputs; in the ONNX model it works on copies.")


def _more_contents(made: Plan) -> None:
    """Have other contents as well, so that what depends on values is met: negated, larger, other whole numbers."""
    base = made.runs[-1]
    quick = made.quick
    ranges = dict(made.given.ranges)
    for run in made.runs:
        _widen(ranges, run.leaves)
    for number, (factor, origin) in enumerate(((-1.0, "negated"), (5.0, "scaled"))):
        if number and not quick:
            break
        source = base if number == 0 and not quick else made.runs[min(number, len(made.runs) - 1)]
        for leaves in _attempts(source.leaves, number, factor, ranges):
            try:
                outputs = made.runner(leaves)
            except Exception:  # noqa: BLE001, S112 - contents that the model doesn't take: the next best ones
                continue
            if reference.finite(outputs) or not reference.finite(source.outputs):
                made.runs.append(Tried(leaves, outputs, source.sizes, origin))
                break
    for leaves in made.given.more:
        made.runs.append(Tried(leaves, made.runner(leaves), {}, "given"))


def _attempts(leaves: Leaves, number: int, factor: float, ranges: Mapping[str, tuple[float, float]]) -> list[Leaves]:
    floats_alone = {name: each * factor if each.is_floating_point() else each for name, each in leaves.items()}
    random = torch.Generator().manual_seed(number)
    moved = {name: reference.shuffled(each, random) for name, each in leaves.items()}
    halved = {name: each * 0.5 if each.is_floating_point() else each for name, each in leaves.items()}
    return [reference.varied(leaves, number, factor, ranges), floats_alone, moved, halved]


def _again(made: Plan) -> None:
    """Run the smallest case again from other seeds: a model may be random even in eval().

    One that draws numbers may draw the same mask twice; of a few values that is not rare.
    """
    if not made.quick and not made.runner.draws:
        return
    smallest = min(made.runs, key=lambda run: run.leaves_size)
    seeds = range(7, 15 if made.runner.draws else 8)
    if not all(reference.agree(made.runner(smallest.leaves, seed=each), smallest.outputs) for each in seeds):
        made.random = True
        made.note(
            "The model answers the same question differently each time, even in eval(): it draws random numbers or"
            " keeps something from run to run, so no comparison can show that the ONNX model is right.",
            "warning",
        )


def with_fixed(made: Plan, prepared: Mapping[str, Any], fixed: Mapping[str, int], folder: Path) -> dict[str, Any]:
    """Return what holds of an export some of whose axes became sizes: inputs, outputs, and cases of those sizes."""

    def settled(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "shape": [fixed.get(axis, axis) for axis in each["shape"]]} for each in values]

    cases = [each for each in prepared["cases"] if all(each["sizes"].get(name) == size for name, size in fixed.items())]
    cases += _cases_of_free_axes(made, fixed, folder)
    return {"inputs": settled(prepared["inputs"]), "outputs": settled(prepared["outputs"]), "cases": cases}


def _cases_of_free_axes(made: Plan, fixed: Mapping[str, int], folder: Path) -> list[dict[str, Any]]:
    """Write cases in which the axes that still vary do so, while the others are as they became."""
    given = made.given
    free = {knob: size for knob, size in given.knobs.items() if settling.name_of(given, knob) not in fixed}
    told: list[dict[str, Any]] = []
    for number in range(2 if free else 0):
        sizes = {knob: axes.others(settling.name_of(given, knob), size)[number] for knob, size in free.items()}
        with contextlib.suppress(Exception):  # a size that the model doesn't take shows nothing
            leaves = given.at(sizes, number)
            outputs = {made.outputs[name]: each for name, each in reference.arrays(made.runner(leaves)).items()}
            name = f"cases/fixed-{number}.npz"
            write_case(folder / name, reference.arrays(leaves), outputs, {})
            told.append({"file": name, "sizes": _sizes(made, leaves), "origin": "other size"})
    return told


def _write_cases(
    made: Plan, folder: Path, report: Report
) -> tuple[list[dict[str, Any]], dict[str, tuple[float, float]]]:
    quick = made.quick
    smallest = min(range(len(made.runs)), key=lambda each: made.runs[each].leaves_size)
    told, ranges = [], dict(made.given.ranges)
    reason = ""
    for index, run in enumerate(made.runs):
        report("Running the model in PyTorch", index / len(made.runs))
        exact: dict[str, Any] = {}
        if not reason and (quick or index == smallest):
            exact, reason = reference.exact(made.runner, run.leaves)
        name = f"cases/{index}.npz"
        outputs = {
            made.outputs[key]: each for key, each in reference.arrays(run.outputs).items() if key in made.outputs
        }
        exact = {made.outputs[key]: each for key, each in exact.items() if key in made.outputs}
        write_case(folder / name, reference.arrays(run.leaves), outputs, exact)
        told.append({"file": name, "sizes": _sizes(made, run.leaves), "origin": run.origin})
        _widen(ranges, run.leaves)
    if reason:
        made.note(f"What rounding alone does could not be measured: {reason}.")
    return told, ranges


def _sizes(made: Plan, leaves: Leaves) -> dict[str, int]:
    return {name: int(leaves[leaf].shape[axis]) for leaf, named in made.axes.items() for axis, name in named.items()}


def _widen(ranges: dict[str, tuple[float, float]], leaves: Leaves) -> None:
    for name, each in leaves.items():
        if each.numel() and not each.is_floating_point() and each.dtype is not torch.bool:
            low, high = ranges.get(name, (float(each.min()), float(each.max())))
            ranges[name] = min(low, float(each.min())), max(high, float(each.max()))


def _inputs(made: Plan, ranges: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    found = []
    for name, tensor in made.given.leaves.items():
        named = made.given.axes(name)
        shape = tuple(named.get(index, int(size)) for index, size in enumerate(tensor.shape))
        low, high = ranges.get(name, (None, None))
        found.append(kit.InputSpec(name, kind(tensor), shape, low, high, made.given.origin).document())
    return found


def _outputs(made: Plan, runs: list[Tried]) -> list[dict[str, Any]]:
    return [
        {"name": shown, "dtype": kind(runs[0].outputs[name]), "shape": _shape(made, runs, name, shown)}
        for name, shown in made.outputs.items()
    ]


def _shape(made: Plan, runs: list[Tried], name: str, shown: str) -> list[int | str]:
    """Return an output's axes: a size where it was the same in all runs, else the name of what it follows."""
    there = [run for run in runs if name in run.outputs]
    sizes = [_sizes(made, run.leaves) for run in there]
    found: list[int | str] = []
    for axis, first in enumerate(runs[0].outputs[name].shape):
        seen = [int(run.outputs[name].shape[axis]) for run in there]
        followed = next(
            (each for each in sizes[0] if all(one[each] == size for one, size in zip(sizes, seen, strict=True))), ""
        )
        found.append(int(first) if len({*seen}) == 1 else followed or f"{shown.replace('.', '_')}_{axis}")
    return found
