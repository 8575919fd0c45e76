"""What in a person's scripts may build a network, found by syntax: nothing is imported for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MODULES = re.compile(r"(Module|ModuleBase|Sequential|PreTrainedModel|Net|Network|Model)$")
BUILDS = re.compile(r"^_?((build|make|create|get|load|define|construct|new|init)_?)?\w*(model|net|network|module)\w*$")
TRAINS = re.compile(
    r"train|test|eval|fit|save|valid|export|download|main|plot|log|optim|loss|data|loader", re.IGNORECASE
)
MOST = 300  # files of a folder that are looked at


@dataclass(frozen=True)
class Part:
    """Something that may build a network: a class, a function without required arguments, or one that is there.

    `required` are the arguments that the constructor can't do without, as far as syntax shows.
    """

    module: str
    name: str
    sort: str
    required: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The part as a person writes it."""
        return f"{self.module}:{self.name}"


def parts(root: Path, scripts: Sequence[str]) -> list[Part]:
    """Return what may build a network in some scripts and what they import; in the folder if none is known."""
    files = [path for each in scripts if (path := root / each).suffix == ".py" and path.is_file()]
    files = [*dict.fromkeys([*files, *_imported(root, files)])]
    return [part for each in files or _all(root) for part in of_file(root, each)]


def groups(root: Path, scripts: Sequence[str]) -> list[list[Part]]:
    """Return the parts script by script, likeliest first; the folder's all together where no scripts are known."""
    found = [parts(root, [each]) for each in scripts if (root / each).is_file()]
    return found or [parts(root, ())]


def of_file(root: Path, path: Path) -> list[Part]:
    """Return a file's parts, in the order that a person would try them: functions first, then classes."""
    tree = parsed(path)
    if tree is None:
        return []
    module = ".".join(path.relative_to(root).with_suffix("").parts) if path.is_relative_to(root) else path.stem
    classes = [*_classes(tree)]
    known = {each.name for each in classes}
    functions = (each for each in tree.body if isinstance(each, ast.FunctionDef))
    found = [Part(module, each.name, "function") for each in functions if _is_factory(each, known)]
    found += [Part(module, each.name, "class", _required(each)) for each in classes]
    return [*found, *(Part(module, name, "value") for name in _values(tree, known))]


def named(path: Path, names: Sequence[str]) -> list[str]:
    """Return those of some names that a file defines."""
    tree = parsed(path)
    defined = {each.name for each in (tree.body if tree else ()) if isinstance(each, (ast.FunctionDef, ast.ClassDef))}
    return [each for each in names if each in defined]


def attributes(path: Path) -> set[str]:
    """Return what a file's classes call their parts: `self.fc1 = …`."""
    tree = parsed(path)
    stored = [each for each in ast.walk(tree) if isinstance(each, ast.Attribute)] if tree else []
    return {each.attr for each in stored if isinstance(each.ctx, ast.Store)}


def parsed(path: Path) -> ast.Module | None:
    """Return a file's syntax tree, or None where it has none."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError):
        return None


def _all(root: Path) -> list[Path]:
    """Return the folder's files that speak of PyTorch, the flat ones first."""
    found: list[Path] = []
    for path in sorted(root.glob("*.py")) + sorted(root.glob("*/*.py")):
        if len(found) < MOST and b"torch" in path.read_bytes():
            found.append(path)
    return found


def _imported(root: Path, files: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of the folder that some scripts import: classes often have a file of their own."""
    for file in files:
        tree = parsed(file)
        for node in ast.walk(tree) if tree else ():
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module is None:
                names = [each.name for each in node.names]
            for base in (root, file.parent):
                for path in (base.joinpath(*name.split(".")).with_suffix(".py") for name in names if name):
                    if path.is_file():
                        yield path


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    known: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(
            MODULES.search(_last(each)) or _last(each) in known for each in node.bases
        ):
            known.add(node.name)
            yield node


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _required(node: ast.ClassDef) -> tuple[str, ...]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return tuple(_needed(each.args))[1:]
    return ()


def _needed(arguments: ast.arguments) -> Iterator[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from (each.arg for each in positional[: len(positional) - len(arguments.defaults)])
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    yield from (each.arg for each, default in pairs if default is None)


def _is_factory(node: ast.FunctionDef, known: set[str]) -> bool:
    """Whether a function can be called as it is, and returns a network as far as its text shows."""
    if [*_needed(node.args)] or node.decorator_list:
        return False
    made = {name for each in ast.walk(node) for name in _assigned(each, known)}
    returns = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    shown = any(_builds(each, known) or (isinstance(each, ast.Name) and each.id in made) for each in returns)
    said = node.returns is not None and bool(MODULES.search(_last(node.returns)))
    named = bool(BUILDS.match(node.name)) and not TRAINS.search(node.name)
    return (shown or said or named) and bool(returns) and (named or not TRAINS.search(node.name))


def _builds(node: ast.expr, known: set[str]) -> bool:
    """Whether an expression makes a network: `nn.Sequential(…)`, `Net()`, `Net().to(device)`."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
        return function.attr in ("to", "cpu", "cuda", "eval", "train", "float") and _builds(function.value, known)
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "nn" and function.attr[:1].isupper()
    return isinstance(function, ast.Name) and (function.id in known or function.id == "Sequential")


def _assigned(node: ast.AST, known: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Assign) and _builds(node.value, known):
        yield from (each.id for each in node.targets if isinstance(each, ast.Name))


def _values(tree: ast.Module, known: set[str]) -> Iterator[str]:
    for node in tree.body:
        yield from _assigned(node, known)
