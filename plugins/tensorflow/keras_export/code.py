"""The person's own code: what builds the model, and what gives its inputs."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""What Keras dresses its messages in for terminals."""


def imported(path: Path) -> Any:
    """Import a file as its own folder's other files would. Raises TaskError with what it raised."""
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise TaskError(f"There is no Python file “{path}”.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise lacking(path.name, error) from error
    except Exception as error:
        raise TaskError(f"{path.name} could not be imported: {told(error)}", where(error, path)) from error
    return module


def lacking(name: str, error: ModuleNotFoundError) -> TaskError:
    """Return what to say of code that imports what this toolchain doesn't have."""
    if (error.name or "").partition(".")[0] == "torch":
        told = f"{name} imports PyTorch: it is for the exporter “pytorch”."
        return TaskError(told, "Choose that exporter.", ask={"kind": "framework", "module": "torch"})
    hint = "Leave the import out of the file with the model, or give the exporter a Python that has it."
    return TaskError(f"{name} imports “{error.name}”, which the exporter's toolchain doesn't have.", hint)


def told(error: BaseException) -> str:
    """Return an error in one line, without the framework's ornaments."""
    lines = [each.strip() for each in COLOURS.sub("", str(error)).splitlines() if each.strip()]
    text = lines[0] if lines else ""
    if text.startswith("Exception encountered when calling") and len(lines) > 1:
        text = lines[1]
    name = type(error).__name__
    return f"{name}: {text[:400]}" if text else name


def where(error: BaseException, path: Path) -> str:
    """Return the line of the person's file that raised it, where it was one of theirs."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"It was raised at line {line} of {path.name}." if line else ""


def attribute(code: str, scripts: list[str], name: str) -> Any:
    """Return what `module:name` (or `module.py:name`) names in the person's folder."""
    module, _, wanted = name.rpartition(":")
    module = module or (scripts[0] if scripts else "")
    if not module or not code:
        raise TaskError(f"“{name}” names no module.", "Write it as module:Class, with the folder of the code.")
    path = Path(code) / (module if module.endswith(".py") else module.replace(".", "/") + ".py")
    found = imported(path)
    if not hasattr(found, wanted):
        raise TaskError(f"{path.name} has nothing named “{wanted}”.", _offered(found))
    return getattr(found, wanted)


def _offered(module: Any) -> str:
    own = [
        name
        for name, each in vars(module).items()
        if callable(each) and getattr(each, "__module__", None) == module.__name__ and not name.startswith("_")
    ]
    return f"It has {', '.join(own[:8])}." if own else ""


def called(function: Any, given: dict[str, Any], name: str) -> Any:
    """Call what builds a model. Raises TaskError that asks for arguments which it lacks."""
    arguments = {key: _value(each) for key, each in given.items()}
    try:
        bound = inspect.signature(function)
    except (TypeError, ValueError):
        bound = inspect.Signature()
    required = [
        each
        for each in bound.parameters.values()
        if each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    if any(each.name not in arguments for each in required):
        ask = {"kind": "arguments", "class": name, "parameters": [*map(_parameter, bound.parameters.values())]}
        lacks = ", ".join(f"“{each.name}”" for each in required if each.name not in arguments)
        raise TaskError(f"{name} needs {lacks} to build the model.", "Give them as arguments.", ask=ask)
    strange = [] if any(each.kind is each.VAR_KEYWORD for each in bound.parameters.values()) else [*arguments]
    if unknown := [each for each in strange if each not in bound.parameters]:
        raise TaskError(
            f"{name} takes no argument “{unknown[0]}”.", f"It takes {', '.join(bound.parameters) or 'none'}."
        )
    try:
        return function(**arguments)
    except TaskError:
        raise
    except Exception as error:
        path = Path(inspect.getsourcefile(function) or "")
        raise TaskError(f"{name} could not build the model: {told(error)}", where(error, path)) from error


def _value(given: Any) -> Any:
    """Return what a person wrote as the value that it is: 64 is a number, relu a text."""
    if not isinstance(given, str):
        return given
    try:
        return ast.literal_eval(given)
    except (ValueError, SyntaxError):
        return given


def _parameter(each: inspect.Parameter) -> dict[str, Any]:
    empty = each.empty
    note = "" if each.annotation is empty else getattr(each.annotation, "__name__", str(each.annotation))
    default = None if each.default is empty else each.default
    plain = default if isinstance(default, (str, int, float, bool, type(None))) else repr(default)
    return {"name": each.name, "required": each.default is empty, "annotation": note, "default": plain}
