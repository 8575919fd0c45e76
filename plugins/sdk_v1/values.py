"""What expressions of v1 code stand for, as far as that can be seen without running them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

_MOST_DEPTH = 40
_MOST_STEPS = 5_000
"""Expressions that are looked at for one value: code may name itself in ever more places."""
_MOST_LETTERS = 20_000
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
}  # fmt: skip
_MOUNTS = {
    "as_mount": "ro_mount", "as_download": "download", "as_named_input": "", "as_hdfs": "ro_mount", "as_upload": "",
    "as_input": "", "read_delimited_files": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only running the code would tell; `text` is how it stands there."""

    text: str


@dataclass(frozen=True, slots=True)
class Data:
    """Data that v1 hands to the script: a dataset by name, files at addresses, or a folder of a datastore."""

    name: str = ""
    path: str = ""
    mode: str = "ro_mount"


@dataclass(frozen=True, slots=True)
class Made:
    """An object that a call makes: the class or function by the last part of its name, and its arguments."""

    kind: str
    line: int
    positional: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()
    owner: str = ""

    def get(self, name: str, place: int | None = None, default: Any = None) -> Any:
        """Return an argument by its name or place; the default where it is not given."""
        for key, value in self.named:
            if key == name:
                return value
        return self.positional[place] if place is not None and place < len(self.positional) else default


class Values:
    """The names of a piece of code and what was last assigned to them above a line."""

    def __init__(self, tree: ast.Module) -> None:
        self._assigned: dict[str, list[tuple[int, ast.expr]]] = {}
        self.attributes: dict[str, list[tuple[int, str, ast.expr]]] = {}
        self.followed: set[int] = set()
        self.aliases: dict[str, str] = {}
        self.calls: list[ast.Call] = []
        self._open: set[ast.expr] = set()
        self._steps = 0
        for node in ast.walk(tree):
            self._note(node)
        self.calls.sort(key=lambda each: (each.lineno, each.col_offset))
        for places in self.attributes.values():
            places.sort(key=lambda each: each[0])

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self.calls.append(node)
            self._note_setattr(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if alias.asname:
                    self.aliases[alias.asname] = alias.name.rpartition(".")[2]
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
            self._assign(node.target, ast.copy_location(ast.BinOp(node.target, node.op, node.value), node))

    def _note_setattr(self, call: ast.Call) -> None:
        """Note `setattr(name, "attribute", value)`, which assigns as well."""
        if getattr(call.func, "id", "") == "setattr" and len(call.args) == 3 and isinstance(call.args[1], ast.Constant):
            target = ast.Attribute(call.args[0], str(call.args[1].value), ast.Store())
            self._assign(ast.copy_location(target, call), call.args[2])

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._assigned.setdefault(target.id, []).append((target.lineno, value))
        elif isinstance(target, ast.Attribute):
            root, dotted = parts_of(target)
            self.attributes.setdefault(root, []).append((target.lineno, dotted, value))
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, each in zip(target.elts, value.elts, strict=False):
                self._assign(one, each)

    def name_of(self, call: ast.Call) -> str:
        """Return the last part of the name that is called, import aliases resolved."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        return self.aliases.get(name, name)

    def assigned_to(self, node: ast.expr) -> Iterator[str]:
        """Yield the names that an expression is assigned to."""
        for name, values in self._assigned.items():
            if any(value is node for _, value in values):
                yield name

    def until(self, name: str, line: int) -> float:
        """Return the line where a name that is assigned at a line is assigned anew."""
        return min((at for at, _ in self._assigned.get(name, ()) if at > line), default=float("inf"))

    def names_for(self, names: set[str], path: str) -> set[str]:
        """Return the names that stand for the same object as others, or for an attribute of them."""
        found = set()
        for name, values in self._assigned.items():
            for _, value in values:
                if isinstance(value, ast.Attribute) and parts_of(value)[1] == path and parts_of(value)[0] in names:
                    found.add(name)
        return found

    def definition(self, name: str, line: int) -> ast.expr | None:
        """Return what a name stands for at a line: the last assignment before it, else the first after."""
        places = sorted(self._assigned.get(name, ()), key=lambda each: each[0])
        before = [value for at, value in places if at <= line]
        return before[-1] if before else places[0][1] if places else None

    def value(self, node: ast.expr | None, line: int | None = None, depth: int = 0) -> Any:
        """Return what an expression stands for: a plain value, a list, a dict, Data, Made, or Unknown."""
        if node is None:
            return None
        self._steps = self._steps + 1 if depth else 0
        if depth > _MOST_DEPTH or self._steps > _MOST_STEPS or node in self._open:
            return Unknown("…")
        self._open.add(node)
        try:
            return self._value(node, line, depth)
        finally:
            self._open.discard(node)

    def _value(self, node: ast.expr, line: int | None, depth: int) -> Any:
        line = node.lineno if line is None else line
        kind = type(node).__name__.lower()
        reader = getattr(self, f"_{kind}", None)
        found = reader(node, line, depth + 1) if reader is not None else None
        return Unknown(_source(node)) if found is None and not _is_none(node) else found

    def _constant(self, node: ast.Constant, _line: int, _depth: int) -> Any:
        return node.value if isinstance(node.value, str | int | float | bool | None) else str(node.value)

    def _name(self, node: ast.Name, line: int, depth: int) -> Any:
        found = self.definition(node.id, line)
        known = {"DEFAULT_GPU_IMAGE", "DEFAULT_CPU_IMAGE"}
        if found is None:
            return Unknown(node.id) if node.id not in known else node.id
        value = None if _is_none(found) else self.value(found, min(line, found.lineno - 1), depth)
        return self._with_attributes(node.id, value, line, depth) if isinstance(value, Made) else value

    def _with_attributes(self, name: str, made: Made, line: int, depth: int) -> Made:
        """Return an object with what is assigned to its attributes: last above a line, else first below it."""
        start, end = made.line, self.until(name, made.line)
        said: dict[str, Any] = {}
        places = [each for each in self.attributes.get(name, ()) if start <= each[0] < end and "." not in each[1]]
        above = [each for each in places if each[0] <= line]
        for at, path, node in (*reversed(above), *places):
            self.followed.add(at)
            if path not in said:
                said[path] = said_at(at, path, self.value(node, at, depth))
        return replace(made, named=(*said.items(), *made.named))

    def _list(self, node: ast.List | ast.Tuple, line: int, depth: int) -> Any:
        return [self.value(each, line, depth) for each in node.elts]

    _tuple = _list

    def _dict(self, node: ast.Dict, line: int, depth: int) -> Any:
        found: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            name = self.value(key, line, depth) if key is not None else self.value(value, line, depth)
            if key is None and isinstance(name, dict):
                found.update(name)
            elif isinstance(name, str | int):
                found[str(name)] = self.value(value, line, depth)
        return found

    def _unaryop(self, node: ast.UnaryOp, line: int, depth: int) -> Any:
        value = self.value(node.operand, line, depth)
        return -value if isinstance(node.op, ast.USub) and isinstance(value, int | float) else None

    def _binop(self, node: ast.BinOp, line: int, depth: int) -> Any:
        left, right = self.value(node.left, line, depth), self.value(node.right, line, depth)
        operation = _OPERATIONS.get(type(node.op))
        numbers = all(isinstance(each, int | float) and abs(each) < 1e9 for each in (left, right))
        joined = isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, str | list)
        if operation is None or not (numbers or joined) or (isinstance(node.op, ast.FloorDiv) and not right):
            return None
        found = operation(left, right)
        return found if not isinstance(found, str | list) or len(found) <= _MOST_LETTERS else None

    def _joinedstr(self, node: ast.JoinedStr, line: int, depth: int) -> Any:
        parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
        values = [self.value(each, line, depth) for each in parts]
        return "".join(map(str, values)) if all(isinstance(each, str | int | float) for each in values) else None

    def _subscript(self, node: ast.Subscript, line: int, depth: int) -> Any:
        owner, key = self.value(node.value, line, depth), self.value(node.slice, line, depth)
        if isinstance(owner, Unknown) and owner.text.endswith("datasets") and isinstance(key, str):
            return Data(path=asset(key))
        if isinstance(owner, Unknown) and owner.text.endswith(".compute_targets") and isinstance(key, str):
            return key
        try:
            return owner[key] if isinstance(owner, list | dict) else None
        except (IndexError, KeyError, TypeError):
            return None

    def _attribute(self, node: ast.Attribute, line: int, depth: int) -> Any:
        owner = self.value(node.value, line, depth)
        return owner.get("name", 1) if isinstance(owner, Made) and node.attr == "name" else None

    def _call(self, node: ast.Call, line: int, depth: int) -> Any:
        name = self.name_of(node)
        owner = self.value(node.func.value, line, depth) if isinstance(node.func, ast.Attribute) else None
        positional = tuple(self.value(each, line, depth) for each in node.args)
        named = tuple((each.arg, self.value(each.value, line, depth)) for each in node.keywords if each.arg)
        made = Made(name, node.lineno, positional, named, _source(node.func).rpartition(".")[0])
        text = _text_call(name, owner, positional, dict(named))
        if text is not None:
            return text
        return _data(made, owner) or made


def parts_of(node: ast.Attribute) -> tuple[str, str]:
    """Return the name at the root of an attribute, and the rest with dots; an empty root for other expressions."""
    parts: list[str] = []
    here: ast.expr = node
    while isinstance(here, ast.Attribute):
        parts.append(here.attr)
        here = here.value
    return (here.id if isinstance(here, ast.Name) else ""), ".".join(reversed(parts))


def said_at(line: int, path: str, value: Any) -> Any:
    """Return what is assigned to an attribute; with its line where only running the code would tell a count."""
    if isinstance(value, Unknown):
        return Unknown(f"{value.text} (line {line})")
    return Unknown(f"{value.kind}() (line {line})") if isinstance(value, Made) and "_count" in path else value


def asset(name: str) -> str:
    """Return a reference to a data asset; Azure ML takes no spaces in its name."""
    return f"azureml:{'-'.join(name.split())}@latest"


def _text_call(name: str, owner: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Return the result of the few functions of texts that v1 code is made of."""
    if isinstance(owner, str):
        if name == "split" and not positional:
            return owner.split()
        if name == "strip" and not positional:
            return owner.strip()
        if name == "format":
            return _formatted(owner, positional, named)
    texts = all(isinstance(each, str) for each in positional)
    if name == "join" and isinstance(owner, Unknown) and owner.text == "os.path" and positional and texts:
        return "/".join(each.rstrip("/") for each in positional)
    if name in {"str", "int"} and owner is None and len(positional) == 1 and isinstance(positional[0], str | int):
        return str(positional[0]) if name == "str" else positional[0]
    return None


def _formatted(text: str, positional: tuple[Any, ...], named: dict[str, Any]) -> str | None:
    values = (*positional, *named.values())
    if (
        len(text) > _MOST_LETTERS
        or any(mark in text for mark in (":", "!"))
        or not all(isinstance(each, str | int | float) for each in values)
    ):
        return None
    try:
        return text.format(*positional, **named)
    except (IndexError, KeyError, ValueError, AttributeError):
        return None


def _data(made: Made, owner: Any) -> Data | None:
    if made.kind in _MOUNTS:
        before = owner if isinstance(owner, Data) else Data()
        named = made.get("name", 0) if made.kind == "as_named_input" else None
        mode = _MOUNTS[made.kind] or before.mode
        return replace(before, name=named if isinstance(named, str) else before.name, mode=mode)
    if made.kind == "DatasetConsumptionConfig":
        inner, name = made.get("dataset", 1), made.get("name", 0)
        before = inner if isinstance(inner, Data) else Data()
        mode = "download" if made.get("mode", 2) == "download" else "ro_mount"
        return replace(before, name=name if isinstance(name, str) else before.name, mode=mode)
    if made.kind in {"get_by_name", "register"}:
        name = made.get("name", 1)
        return (
            Data(path=asset(name)) if isinstance(name, str) and (made.kind != "register" or _is_data(owner)) else None
        )
    if made.kind in {"from_files", "from_delimited_files"}:
        return Data(path=_address(made.get("path", 0)))
    if made.kind == "path" and isinstance(owner, Made | Unknown):
        place = made.get("path", 0)
        return Data(path=_of_datastore("", place)) if isinstance(place, str) else Data()
    return None


def _is_data(owner: Any) -> bool:
    return isinstance(owner, Data)


def _address(place: Any) -> str:
    first = place[0] if isinstance(place, list) and place else place
    if isinstance(first, list) and len(first) == 2:
        return _of_datastore("", first[1]) if isinstance(first[1], str) else ""
    return first if isinstance(first, str) and "://" in first else ""


def _of_datastore(store: str, place: str) -> str:
    return f"azureml://datastores/{store or 'workspaceblobstore'}/paths/{place.lstrip('/')}"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _source(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:200]
    except (ValueError, RecursionError):
        return "…"
