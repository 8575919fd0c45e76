"""Control flow that depends on values: an exporter can freeze it or refuse it, and freezing it is wrong."""

from __future__ import annotations

import ast
import linecache
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from rankzero_kit.errors import TaskError
from torch.utils._python_dispatch import TorchDispatchMode

from .preparing import Plan
from .unwrapping import is_own, own_frame

CURE = "Write it with torch.cond, torch.while_loop or torch.where, so that both ways are in the exported model."
DEPENDENT = ("GuardOnDataDependentSymNode", "DataDependent", "data-dependent", "Data-dependent", "UserError")
READS = ("_local_scalar_dense", "is_nonzero", "equal")
CALLS = {"bool", "int", "float", "range", "len", "round", "item", "tolist", "all", "any"}


def refuse(error: BaseException) -> None:
    """Raise TaskError, for good, where an export failed at an `if` or a loop over values in the person's code."""
    if not any(_is_dependent(each) for each in _chain(error)):
        return
    frame = own_frame(error)
    if frame is None or not decides(frame.filename, frame.lineno or 0):
        return
    raise TaskError(_sentence(frame.filename, frame.lineno or 0), CURE, final=True) from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_dependent(error: BaseException) -> bool:
    text = f"{type(error).__name__} {error}"
    return any(each in text for each in DEPENDENT[:-1])


def _sentence(filename: str, line: int) -> str:
    code = linecache.getline(filename, line).strip()
    return (
        f"Line {line} of {Path(filename).name} (`{code}`) decides by the values of a tensor: an exported model would"
        " always go the one way that the example went."
    )


def decides(filename: str, line: int) -> bool:
    """Whether the statement in that line of a file turns a tensor's values into Python's: a branch, a loop, int()."""
    around = _around(filename, line)
    return around is None or any(_decides(each, line) for each in around)


def only_guards(filename: str, line: int) -> bool:
    """Whether that line only looks whether values are sound, and raises if not: what comes after it stays the same."""
    around = _around(filename, line) or []
    return bool(around) and _guards(around[-1])


def _around(filename: str, line: int) -> list[ast.stmt] | None:
    """Return the statements that a line is in, the outermost first; None where the file can't be read as Python."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return None
    found = [
        node for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]  # fmt: skip
    return [each for each in found if not isinstance(each, (ast.FunctionDef, ast.ClassDef))]


def _guards(statement: ast.stmt) -> bool:
    raises = isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[0], ast.Raise)
    return raises or isinstance(statement, ast.Assert)


def _decides(statement: ast.stmt, line: int) -> bool:
    if _guards(statement):
        return False
    if isinstance(statement, (ast.If, ast.While)):
        return _within(statement.test, line)
    if isinstance(statement, ast.For):
        return _within(statement.iter, line)
    if isinstance(statement, (ast.With, ast.Try)):
        return False
    return any(_reads(node) for node in ast.walk(statement) if _within(node, line))


def _within(node: ast.AST, line: int) -> bool:
    first = getattr(node, "lineno", line)
    return bool(first <= line <= (getattr(node, "end_lineno", None) or first))


def _reads(node: ast.AST) -> bool:
    if isinstance(node, (ast.IfExp, ast.BoolOp, ast.comprehension)):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return True
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        return name in CALLS
    return False


class _Reads(TorchDispatchMode):  # type: ignore[misc]  # PyTorch is not here to be looked at
    """Notes the lines of code that take a tensor's values into Python."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: set[tuple[str, int]] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation; note where it was asked for if it reads."""
        if any(each in str(func) for each in READS):
            frames = [each for each in traceback.extract_stack() if is_own(each.filename)]
            if frames:
                self.lines.add((frames[-1].filename, frames[-1].lineno or 0))
        return func(*args, **(kwargs or {}))


def reads_of(plan: Plan) -> set[tuple[str, int]]:
    """Return the lines of code that read values of tensors while the model runs."""
    reads = _Reads()
    args, kwargs = plan.given.frame.fill({name: each.clone() for name, each in plan.example.items()})
    with torch.no_grad(), reads:
        plan.runner.model(*args, **kwargs)
    return reads.lines


def refuse_traced(plan: Plan, said: list[Any]) -> None:
    """Raise TaskError, for good, where a trace froze what the model reads from its values."""
    warned = {(each.filename, each.lineno) for each in said if "TracerWarning" in each.category.__name__}
    frozen = sorted(each for each in warned & reads_of(plan) if not only_guards(*each)) if warned else ()
    for filename, line in frozen:
        raise TaskError(_sentence(filename, line), CURE, final=True)
