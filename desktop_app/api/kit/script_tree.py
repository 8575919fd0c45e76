"""A script's syntax tree, walked once and sorted: its calls, imports, constants and environment variables."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import itemgetter

MISSING_MODULE = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENVIRON = frozenset({"os.environ", "environ"})
_LEAVES = frozenset({ast.Load, ast.Store, ast.Del, ast.alias, ast.Pass, ast.Break, ast.Continue})


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that a script touches, at `node`: `must_exist` where its absence raises KeyError."""

    name: str
    line: int
    must_exist: bool = False
    value: ast.expr | None = None
    node: ast.AST | None = None


@dataclass(slots=True)
class _Sorted:
    """The nodes of a tree by what they are looked up for.

    `words` are all names and attributes in it; `parents` hold every node but names and constants.
    """

    calls: dict[str, list[ast.Call]] = field(default_factory=dict)
    assigns: list[ast.Assign] = field(default_factory=list)
    subscripts: list[ast.Subscript] = field(default_factory=list)
    compares: list[ast.Compare] = field(default_factory=list)
    texts: list[tuple[str, int]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    imports: list[tuple[ast.Import | ast.ImportFrom, bool]] = field(default_factory=list)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)


class Script:
    """A parsed script. Everything it says is read off the tree; nothing is run."""

    def __init__(self, text: str | ast.Module, path: str = "<script>") -> None:
        self._sorted = _sorted_text(text, path) if isinstance(text, str) else _sort(text)
        self.texts = self._sorted.texts
        self.words = self._sorted.words
        self.parents = self._sorted.parents
        self.subscripts = self._sorted.subscripts
        self._aliases = dict(_aliases(each for each, _ in self._sorted.imports))
        self.words.update(each.rpartition(".")[2] for each in self._aliases.values())

    @cached_property
    def modules(self) -> frozenset[str]:
        """Top-level names of every module that is imported anywhere."""
        return frozenset(name for each, _ in self._sorted.imports for name in _top_names(each))

    @cached_property
    def required_modules(self) -> tuple[str, ...]:
        """Top-level names of the modules without which the script can't run, in the order of the script.

        Left out are imports that the script can do without: under `if`, or in a `try` that expects failure.
        """
        found = (name for each, optional in self._sorted.imports if not optional for name in _top_names(each))
        return tuple(dict.fromkeys(found))

    @cached_property
    def imported(self) -> frozenset[str]:
        """Every dotted name that is imported: `torch.distributed`, `azureml.core.Run`."""
        names = set(self._aliases.values())
        for each, _ in self._sorted.imports:
            if isinstance(each, ast.Import):
                names.update(alias.name for alias in each.names)
            elif each.module and not each.level:
                names.add(each.module)
        return frozenset(names)

    def import_line(self, prefix: str) -> int:
        """Return the line of the first import of a module or of something in it."""
        for each, _ in self._sorted.imports:
            names = [each.module or ""] if isinstance(each, ast.ImportFrom) else [alias.name for alias in each.names]
            if any(name == prefix or name.startswith(f"{prefix}.") for name in names):
                return each.lineno
        return 1

    def name_of(self, node: ast.expr) -> str:
        """Return the dotted name of an expression with import aliases resolved; empty for other expressions."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self._aliases.get(node.id, node.id))
        return ".".join(reversed(parts))

    def calls_of(self, *names: str) -> list[ast.Call]:
        """Return the calls of functions by the last part of their name, whatever they are called on."""
        wanted = {*names, *(alias for alias, name in self._aliases.items() if name.rpartition(".")[2] in names)}
        found = [call for name in wanted for call in self._sorted.calls.get(name, ())]
        return sorted(found, key=_place)

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Names that are assigned exactly once in the script, with what is assigned to them."""
        found: dict[str, ast.expr] = {}
        twice: set[str] = set()
        for assign in self._sorted.assigns:
            for target in assign.targets:
                if isinstance(target, ast.Name):
                    twice |= {target.id} & found.keys()
                    found[target.id] = assign.value
        return {name: value for name, value in found.items() if name not in twice}

    def literal(self, node: ast.expr | None) -> object:
        """Return the value of a literal, or of a name that stands for one; None for everything else."""
        if isinstance(node, ast.Name):
            node = self.constants.get(node.id)
        if node is None:
            return None
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None

    @cached_property
    def variables_read(self) -> tuple[Variable, ...]:
        """The environment variables that the script reads by name."""
        found = [
            Variable(name, each.lineno, must_exist=True, node=each)
            for each in self._sorted.subscripts
            if isinstance(each.ctx, ast.Load) and (name := self._environ_key(each))
        ]
        for call in self.calls_of("getenv", "get"):
            key = self.literal(call.args[0]) if call.args and self._is_of_environ(call.func, "get") else None
            if isinstance(key, str):
                found.append(Variable(key, call.lineno, node=call))
        return tuple(found)

    @cached_property
    def variables_set(self) -> tuple[Variable, ...]:
        """The environment variables that the script sets by name, whatever they were before."""
        assigned = (
            Variable(name, assign.lineno, value=assign.value, node=assign)
            for assign in self._sorted.assigns
            for target in assign.targets
            if isinstance(target, ast.Subscript) and (name := self._environ_key(target))
        )
        updated = (
            Variable(name, call.lineno, value=value, node=call)
            for call in self.calls_of("update")
            if self._is_of_environ(call.func, "update")
            for name, value in _updates(call)
        )
        return (*assigned, *updated)

    @cached_property
    def variables_asked(self) -> tuple[Variable, ...]:
        """The environment variables that the script asks for before it uses them, sets where absent, or removes."""
        asked = [
            Variable(name, each.lineno, node=each)
            for each in self._sorted.compares
            if isinstance(each.ops[0], ast.In | ast.NotIn) and self._is_environ(each.comparators[0])
            if isinstance(name := self.literal(each.left), str)
        ]
        for call in self.calls_of("setdefault", "pop"):
            key = self.literal(call.args[0]) if call.args else None
            if isinstance(key, str) and self._is_of_environ(call.func, "setdefault", "pop"):
                asked.append(Variable(key, call.lineno, node=call))
        return tuple(asked)

    def _is_environ(self, node: ast.expr) -> bool:
        if self.name_of(node) in _ENVIRON:
            return True
        other = self.constants.get(node.id) if isinstance(node, ast.Name) else None
        return other is not None and self.name_of(other) in _ENVIRON

    def _is_of_environ(self, function: ast.expr, *methods: str) -> bool:
        if self.name_of(function) in {"os.getenv", "getenv"}:
            return "get" in methods
        return isinstance(function, ast.Attribute) and function.attr in methods and self._is_environ(function.value)

    def _environ_key(self, node: ast.Subscript) -> str:
        key = self.literal(node.slice) if self._is_environ(node.value) else None
        return key if isinstance(key, str) else ""


def _updates(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for each in call.args:
        if isinstance(each, ast.Dict):
            for key, value in zip(each.keys, each.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
    for keyword in call.keywords:
        if keyword.arg:
            yield keyword.arg, keyword.value


@lru_cache(maxsize=1)
def _sorted_text(text: str, path: str) -> _Sorted:
    """Parse and sort a text; the plugins ask for the same one in a row."""
    return _sort(_parsed(text, path))


def _parsed(text: str, path: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd escape in a person's string is no news of ours
        return ast.parse(text, path)


def _sort(tree: ast.Module) -> _Sorted:
    """Walk the tree by hand: `ast.walk` takes several times as long, and a wizard scans while a person types."""
    found = _Sorted()
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, optional = todo.pop()
        _file(node, optional, found)
        if isinstance(node, ast.If | ast.Try):
            optional = optional or isinstance(node, ast.If) or _expects_missing_module(node)
        for value in node.__dict__.values():
            for each in value if type(value) is list else (value,):
                kind = type(each)
                if kind is ast.Name:
                    found.words.add(each.id)
                elif kind is ast.Constant:
                    if type(each.value) is str:
                        found.texts.append((each.value, each.lineno))
                elif isinstance(each, ast.AST) and kind not in _LEAVES:
                    found.parents[each] = node
                    todo.append((each, optional))
    return _in_order(found)


def _file(node: ast.AST, optional: bool, found: _Sorted) -> None:
    if isinstance(node, ast.Attribute):
        found.words.add(node.attr)
    elif isinstance(node, ast.Call):
        name = _last_name(node.func)
        if name:
            found.calls.setdefault(name, []).append(node)
    elif isinstance(node, ast.Assign):
        found.assigns.append(node)
    elif isinstance(node, ast.Subscript):
        found.subscripts.append(node)
    elif isinstance(node, ast.Compare):
        found.compares.append(node)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        found.imports.append((node, optional))


def _last_name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _in_order(found: _Sorted) -> _Sorted:
    found.assigns.sort(key=_place)
    found.subscripts.sort(key=_place)
    found.texts.sort(key=itemgetter(1))
    found.imports.sort(key=lambda each: _place(each[0]))
    return found


def _place(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _expects_missing_module(node: ast.Try) -> bool:
    return any(_catches_missing_module(each.type) for each in node.handlers)


def _catches_missing_module(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    types = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(each, ast.Name) and each.id in MISSING_MODULE for each in types)


def _aliases(imports: Iterable[ast.Import | ast.ImportFrom]) -> Iterator[tuple[str, str]]:
    for each in imports:
        for alias in each.names:
            if isinstance(each, ast.ImportFrom):
                yield alias.asname or alias.name, f"{each.module or ''}.{alias.name}".lstrip(".")
            elif alias.asname:
                yield alias.asname, alias.name


def _top_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [] if node.level or not node.module else [node.module.partition(".")[0]]
