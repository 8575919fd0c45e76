"""Whether Python code has what a person says builds the model, from its syntax tree; and what other texts are."""

from __future__ import annotations

import ast
import difflib
import os
from pathlib import Path

from desktop_app.api import ModelFile, UserError

_LARGEST = 4 * 1024 * 1024
_BUILDERS = ("build", "make", "create", "get_model", "network", "model")

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def look_at_text(path: Path, head: bytes, callable: str) -> ModelFile:  # noqa: A002 - as in ModelFile
    """Return Python code as a model. Raises UserError for another text, or where the callable isn't in it."""
    if b"\0" in head or not _decodes(head):
        hint = "Is it complete? PyTorch's, Keras's, TensorFlow's, safetensors' and Hugging Face's are known."
        raise UserError(f"{path.name} is no model that this program knows.", hint=hint)
    if path.suffix == ".ipynb" or (head.lstrip().startswith(b"{") and b'"cells"' in head):
        raise UserError(f"{path.name} is a notebook.", hint="Put the code that builds the model into a .py file.")
    if path.suffix != ".py" and not callable:
        hint = "Choose the model's file or folder, or FILE.py:FUNCTION that builds it."
        raise UserError(f"{path.name} is a text, not a model.", hint=hint)
    return _code(path, callable)


def _decodes(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character that the end of what was read cuts in two
    return True


def _code(path: Path, name: str) -> ModelFile:
    size = path.stat().st_size
    if size > _LARGEST:
        raise UserError(f"{path.name} is too long for Python code.", hint="Choose the model's own file.")
    try:
        tree = ast.parse(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        why = error.args[0] if error.args else "it is nested too deeply"
        raise UserError(f"{path.name} is no valid Python{where}: {why}.", hint="Mend it first.") from None
    names = _definitions(tree)
    if not name:
        raise _unnamed(path, names)
    found = names.get(name.split(".", maxsplit=1)[0])
    if found is None and not _may_come_from_elsewhere(tree, name):
        raise _unknown(path, name, names)
    return ModelFile("python", path, bytes=size, facts=_needs(found))


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return what is defined at a module's top, also within its ifs and trys."""
    found: dict[str, ast.stmt] = {}
    waiting: list[ast.stmt] = list(reversed(tree.body))
    while waiting:
        each = waiting.pop()
        if isinstance(each, _Definition):
            found[each.name] = each
        elif isinstance(each, ast.Assign | ast.AnnAssign):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            found.update((target.id, each) for target in targets if isinstance(target, ast.Name))
        elif isinstance(each, ast.If | ast.Try | ast.With):
            waiting.extend(reversed([*each.body, *getattr(each, "orelse", [])]))
    return found


def _may_come_from_elsewhere(tree: ast.Module, name: str) -> bool:
    first = name.split(".", maxsplit=1)[0]
    for each in ast.walk(tree):
        aliases = each.names if isinstance(each, ast.Import | ast.ImportFrom) else []
        if any(alias.name == "*" or (alias.asname or alias.name.split(".")[0]) == first for alias in aliases):
            return True
    return False


def _likely(names: dict[str, ast.stmt]) -> list[str]:
    """Return what may build a model: functions called so, and classes with a base."""
    functions = [
        name
        for name, each in names.items()
        if isinstance(each, ast.FunctionDef) and any(part in name.lower() for part in _BUILDERS)
    ]
    classes = [name for name, each in names.items() if isinstance(each, ast.ClassDef) and each.bases]
    return [each for each in (*functions, *classes) if not each.startswith("_")]


def _unnamed(path: Path, names: dict[str, ast.stmt]) -> UserError:
    likely = _likely(names)
    named = f" It has {', '.join(likely[:6])}." if likely else ""
    example = likely[0] if likely else "build"
    hint = f"Write {os.fspath(path.name)}:{example}."
    return UserError(
        f"{path.name} is Python code: say which function or class in it builds the model.{named}", hint=hint
    )


def _unknown(path: Path, name: str, names: dict[str, ast.stmt]) -> UserError:
    callables = [each for each, node in names.items() if isinstance(node, _Definition)]
    close = difflib.get_close_matches(name, callables, 1, 0.6)
    likely = close or _likely(names)[:6]
    hint = f"Did you mean {' or '.join(likely)}?" if likely else "It defines no function or class."
    return UserError(f"{path.name} has no “{name}”.", hint=hint)


def _needs(found: ast.stmt | None) -> tuple[tuple[str, str], ...]:
    """Return the arguments that must be given to what builds the model."""
    if isinstance(found, ast.ClassDef):
        own = next((e for e in found.body if isinstance(e, ast.FunctionDef) and e.name == "__init__"), None)
        required = _required(own)[1:] if own else []
    elif isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        required = _required(found)
    else:
        required = []
    return (("Needs", ", ".join(required)),) if required else ()


def _required(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    without = plain[: len(plain) - len(arguments.defaults)]
    keywords = [each for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is None]
    return [each.arg for each in (*without, *keywords)]
