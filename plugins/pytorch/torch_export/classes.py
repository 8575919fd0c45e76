"""Which class the weights belong to: the one that was named, or the only one in the run's scripts that fits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from rankzero_kit.errors import TaskError

from . import building, matching, scripts, user_code
from .stand_ins import StandIn
from .weights import Weights

MOST = 40
Request = Mapping[str, Any]


@dataclass
class Built:
    """A network, and how the weights fit it; `shown` tells networks apart that the weights fit alike.

    `settings` are the arguments that were saved with the weights,
    and `lacks` says which arguments are missing where nothing else is known to be wrong.
    """

    model: Any
    name: str
    module: ModuleType | None
    fit: matching.Fit | None = None
    example: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    found: bool = False
    why: str = ""
    shown: str = ""
    lacks: str = ""


def named(name: str, given: Mapping[str, Any], code: user_code.Code) -> Built:
    """Return what `module:Class` builds. Raises TaskError."""
    module_name, _, attribute = name.partition(":")
    if not attribute:
        module_name, _, attribute = name.rpartition(".")
    if not module_name:
        part = _part_called(attribute, code)
        module_name, attribute = part.module, part.name
    module = code.module(module_name)
    text = f"{module_name}:{attribute}"
    return of_value(building.build(user_code.attribute(module, attribute), text, given, code), text, module)


def of_value(value: Any, name: str, module: ModuleType | None) -> Built:
    """Return a network, which may come with its inputs. Raises TaskError where it is none."""
    import torch

    example = None
    if isinstance(value, (tuple, list)) and value and isinstance(value[0], torch.nn.Module):
        example = value[1] if len(value) > 1 else None
        value = value[0]
    if isinstance(value, StandIn):
        raise TaskError(f"{name} can't be built: {value.needed()}.", value.needed().hint)
    if not isinstance(value, torch.nn.Module):
        hint = "Return the network, or (network, inputs)."
        raise TaskError(f"{name} gave a {type(value).__name__}, no network of PyTorch's.", hint)
    return Built(value, name, module, example=example)


def for_weights(request: Request, weights: Weights, code: user_code.Code) -> Built:
    """Return the network that the weights are for, without them yet. Raises TaskError."""
    options = request["options"]
    given, left = dict(options.get("arguments") or {}), ignored(request)
    if name := str(options.get("class") or ""):
        return _tried(name, given, weights, code, left)
    rows: list[Built] = []
    for group in scripts.groups(code.root, request["scripts"]):
        code.start_over()
        likely = _likely(group, request, weights, code)[:MOST]
        tried = _held_against(likely, given, weights, code, left)
        rows += tried
        fitting = [each for each in tried if each.shown]
        if len({each.shown for each in fitting}) == 1:
            alone = len({each.module for each in likely}) == 1 or not code.missing
            found = fitting[0] if alone else _again(fitting[0].name, given, weights, code, left)
            found.found = True
            return found
        if fitting:
            break
    if len(rows) == 1 and rows[0].fit is None:
        return _tried(rows[0].name, given, weights, code, left)  # raises what is wrong with it
    raise _unknown(rows)


def _held_against(
    parts: list[scripts.Part], given: Mapping[str, Any], weights: Weights, code: user_code.Code, left: list[str]
) -> list[Built]:
    """Return what each part builds, the first one that fits with its network: all of them may not find room."""
    rows: list[Built] = []
    for part in parts:
        row = _row(part, given, weights, code, left)
        fits = row.fit is not None and not row.fit.wrong
        row.shown = repr(row.model) if fits else ""
        if not fits or any(each.shown for each in rows):
            row.model = None
        rows.append(row)
    return rows


def _again(name: str, given: Mapping[str, Any], weights: Weights, code: user_code.Code, left: list[str]) -> Built:
    """Return the one that was found with its own module imported alone: what others lack is of no concern."""
    code.start_over()
    return _tried(name, given, weights, code, left)


def ignored(request: Request) -> list[str]:
    """Return the beginnings of names that a person wants left out of a checkpoint."""
    given = request["options"].get("ignore") or ()
    given = given.split(",") if isinstance(given, str) else given
    return [each.strip() for each in given if each.strip()]


def _likely(parts: list[scripts.Part], request: Request, weights: Weights, code: user_code.Code) -> list[scripts.Part]:
    """Return the parts that are worth importing: all of a run's scripts, else those whose layers are called alike."""
    if request["scripts"] or not weights.found:
        return parts
    names = {each for name in weights.found[0][1] for each in name.split(".")[:4]}
    files = {each.module: scripts.attributes(code.root / f"{each.module.replace('.', '/')}.py") for each in parts}
    numbered = all(each.isdecimal() for name in weights.found[0][1] for each in name.split(".")[:1])
    return [each for each in parts if numbered or len(files[each.module] & names) > 0]


def _row(
    part: scripts.Part, given: Mapping[str, Any], weights: Weights, code: user_code.Code, ignored: list[str]
) -> Built:
    try:
        return _tried(part.text, given, weights, code, ignored)
    except TaskError as error:
        lacks = error.message.partition(" needs ")[2] if (error.ask or {}).get("kind") == "arguments" else ""
        return Built(None, part.text, None, why=error.message, lacks=lacks.rstrip("."))


def _tried(name: str, given: Mapping[str, Any], weights: Weights, code: user_code.Code, ignored: list[str]) -> Built:
    """Return a network with the arguments that make the weights fit: saved with them, or given."""
    failure: TaskError | None = None
    tries: list[Built] = []
    for arguments in _arguments(name, given, weights, code):
        try:
            built = named(name, arguments, code)
        except TaskError as error:
            failure = failure if failure and failure.ask else error
            continue
        built.settings = {name: each for name, each in arguments.items() if name not in given}
        built.fit = matching.best(built.model, weights.found, ignored)
        tries.append(built)
        if not built.fit.wrong:
            break
    if not tries and failure:
        raise failure
    return min(tries, key=lambda each: each.fit.wrong if each.fit else 0)


def _arguments(name: str, given: Mapping[str, Any], weights: Weights, code: user_code.Code) -> list[dict[str, Any]]:
    module, _, attribute = name.partition(":")
    if not weights.settings or not attribute:
        return [dict(given)]
    target = user_code.attribute(code.module(module), attribute)
    saved = building.takes(target, weights.settings, weights.holders) if callable(target) else {}
    return [{**saved, **given}, dict(given)] if saved else [dict(given)]


def _part_called(name: str, code: user_code.Code) -> scripts.Part:
    parts = scripts.parts(code.root, ())
    found = [each for each in parts if each.name == name]
    if len(found) == 1:
        return found[0]
    there = ", ".join(each.text for each in parts[:6])
    raise TaskError(f"“{name}” names no class: write module:Class.", f"There are {there}." if there else "")


def _unknown(rows: list[Built]) -> TaskError:
    """Return the question which network it is: those that fit, those that may with arguments, then all others."""
    fitting = [each for each in rows if each.fit and not each.fit.wrong]
    lacking = [each for each in rows if each.lacks]
    others = [each for each in rows if each not in fitting and each not in lacking]
    for each in lacking:
        each.why = f"may fit: it needs {each.lacks}"
    proposed = fitting or lacking
    candidates = [
        {"name": each.name, "fits": each in proposed, "why": each.why or _why(each)}
        for each in (*fitting, *lacking, *others)
    ]
    if fitting:
        message = f"The weights fit {len(fitting)} different networks: {', '.join(each.name for each in fitting)}."
        hint = "Say which of them was trained."
    else:
        tried = [f"{each.name} may fit: it needs {each.lacks}." for each in lacking[:3]]
        tried += [f"None of {', '.join(each.name for each in others[:5])} fits."] if len(others) > 1 else []
        tried += [f"{others[0].name} does not fit."] if len(others) == 1 else []
        message = " ".join(["The file holds weights alone, and not which network they are for.", *tried])
        hint = "Name the class, or a function without arguments that builds the network: module:Class."
    return TaskError(message, hint, ask={"kind": "class", "candidates": candidates})


def _why(built: Built) -> str:
    if built.fit is None or not built.fit.wrong:
        return "all names and shapes fit"
    fit = built.fit
    parts = [f"{len(fit.missing)} weights missing"] if fit.missing else []
    parts += [f"{len(fit.unexpected)} unknown"] if fit.unexpected else []
    parts += [f"{len(fit.shapes)} of another shape"] if fit.shapes else []
    return ", ".join(parts)
