"""The person's own code: imports it, and says in a sentence which of its lines went wrong."""

from __future__ import annotations

import ast
import contextlib
import difflib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from rankzero_kit.errors import TaskError

from .stand_ins import Finder, MissingPackageError, StandIn

MAIN = 'What trains belongs below `if __name__ == "__main__":`, so that the file can be imported for its network.'
CPU = 'Exports run on the CPU: `torch.device("cuda" if torch.cuda.is_available() else "cpu")` builds it anywhere.'
OTHER_FRAMEWORKS = {"tensorflow": "TensorFlow", "keras": "Keras", "tf_keras": "Keras", "jax": "JAX", "flax": "JAX"}
BEGINS_TO_WORK = re.compile(
    r"(^|_|\.)(train|fit|main|run|backward|step|launch|init_process_group|save|init|parse_args)"
)


@contextlib.contextmanager
def blamed(doing: str, roots: Sequence[Path]) -> Iterator[None]:
    """Turn whatever the person's code raises into a sentence with its own line."""
    try:
        yield
    except TaskError:
        raise
    except SystemExit as error:
        raise TaskError(f"{doing} ended the program: sys.exit({error.code!r}){line_of(error, roots)}.", MAIN) from error
    except MemoryError as error:
        raise TaskError(f"{doing} took more memory than there is{line_of(error, roots)}.") from error
    except ModuleNotFoundError as error:
        raise _lacking(error, doing, roots) from error
    except MissingPackageError as error:
        raise TaskError(f"{doing} failed{line_of(error, roots)}: {error}.", error.hint) from error
    except Exception as error:
        text = str(error).strip()
        said = f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
        if "can't allocate memory" in text:
            raise TaskError(f"{doing} took more memory than there is{line_of(error, roots)}.") from error
        hint = CPU if "CUDA" in text else ""
        raise TaskError(f"{doing} failed{line_of(error, roots)}: {said.rstrip('.')}.", hint) from error


def line_of(error: BaseException, roots: Sequence[Path]) -> str:
    """Return “ in line 7 of net.py (`self.a = b`)”: the innermost line of the person's own code."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" in line {error.lineno} of {Path(error.filename).name}"
    frames = [each for each in traceback.extract_tb(error.__traceback__) if _is_own(each.filename, roots)]
    if not frames:
        return ""
    last = frames[-1]
    return f" in line {last.lineno} of {Path(last.filename).name}" + (f" (`{last.line}`)" if last.line else "")


def _is_own(filename: str, roots: Sequence[Path]) -> bool:
    return "site-packages" not in filename and any(filename.startswith(f"{each}{os.sep}") for each in roots)


def _lacking(error: ModuleNotFoundError, doing: str, roots: Sequence[Path]) -> TaskError:
    package = (error.name or "").partition(".")[0]
    where = line_of(error, roots)
    if package in OTHER_FRAMEWORKS:
        framework = OTHER_FRAMEWORKS[package]
        told = f"{doing} needs {framework}{where}; this is PyTorch's exporter."
        return TaskError(told, f"Choose {framework}'s.", ask={"kind": "framework", "module": package})
    return TaskError(f"{doing} failed{where}: there is no module “{error.name}”.", "Say which folder your code is in.")


class Code:
    """Folders that the person's modules are imported from, afresh for every export: the files may have changed.

    `root` is the first of them, from which scripts are named; `missing` are the packages that were stood in for, and
    `halves` the scripts of which definitions alone were taken.
    """

    current: Code | None = None

    def __init__(self, *roots: Path) -> None:
        self.roots = [*dict.fromkeys(each.resolve() for each in roots)]
        self.root = self.roots[0]
        self.halves: list[str] = []
        self._finder = Finder()

    @property
    def missing(self) -> list[str]:
        """The packages that were stood in for."""
        return [*self._finder.packages]

    def enter(self) -> None:
        """Put the folder in front of the search path; forget what came from another one or an earlier export."""
        if Code.current:
            Code.current.leave()
        Code.current = self
        sys.path[:0] = [str(each) for each in self.roots]
        sys.argv = [""]  # a module that reads it is not to see this program's
        importlib.invalidate_caches()

    def start_over(self) -> None:
        """Forget what was imported, and what was stood in for."""
        self._finder.remove()
        self.halves.clear()
        self._forget()

    def leave(self) -> None:
        """Forget the modules that came from the folder, and the folder."""
        self.start_over()
        for each in self.roots:
            with contextlib.suppress(ValueError):
                sys.path.remove(str(each))

    def _forget(self) -> None:
        for name, module in [*sys.modules.items()]:
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and _is_own(file, self.roots):
                del sys.modules[name]

    def has(self, name: str) -> bool:
        """Whether a top-level name is a module or a package of the folders."""
        return any((each / f"{name}.py").is_file() or (each / name).is_dir() for each in self.roots)

    def module(self, name: str) -> ModuleType:
        """Import a module by its dotted name, or as a file of the folder. Raises TaskError."""
        if name.endswith(".py") or "/" in name:
            return self.file(self.root / name)
        own = (each / f"{name}.py" for each in self.roots if name.isidentifier())
        if found := next((each for each in own if each.is_file()), None):
            return self.file(found)
        if not self._is_there(name):
            raise TaskError(f"There is no module “{name}” in {self.root}.", self._neighbours(name))
        return self._patiently(name, lambda: importlib.import_module(name))

    def file(self, path: Path) -> ModuleType:
        """Import a file under its own name, so that what it pickled finds itself. Raises TaskError."""
        if not path.is_file():
            raise TaskError(f"There is no file {path}.", self._neighbours(path.stem))
        known = sys.modules.get(path.stem)
        if known is not None and getattr(known, "__file__", None) == str(path):
            return known
        taken = known is not None or path.stem in sys.stdlib_module_names or not path.stem.isidentifier()
        return self._patiently(path.name, lambda: self._run(path, f"person_{path.stem}" if taken else path.stem))

    def _run(self, path: Path, name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise TaskError(f"{path.name} is no Python file.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        tree = ast.parse(path.read_bytes(), str(path))
        if works_at_once(tree):
            self.halves.append(path.name)
            _define(tree, module, path)
        else:
            spec.loader.exec_module(module)
        return module

    def _patiently(self, name: str, importing: Callable[[], ModuleType]) -> ModuleType:
        """Import; where a package is missing that nothing catches, stand in for it and begin again."""
        while True:
            with blamed(f"Importing {name}", self.roots):
                try:
                    with _without_bytecode():
                        return importing()
                except ModuleNotFoundError as error:
                    package = (error.name or "").partition(".")[0]
                    if package in OTHER_FRAMEWORKS or not self._finder.add(package):
                        raise
                    self._forget()

    def _is_there(self, name: str) -> bool:
        try:
            return importlib.util.find_spec(name.partition(".")[0]) is not None
        except (ImportError, ValueError):
            return False

    def _neighbours(self, name: str) -> str:
        there = sorted(each.stem for each in self.root.glob("*.py"))
        close = difflib.get_close_matches(name, there, 3)
        if close:
            return f"Did you mean {' or '.join(close)}?"
        return f"There are {', '.join(there[:8])}." if there else "Say which folder your code is in."


@contextlib.contextmanager
def _without_bytecode() -> Iterator[None]:
    """Leave no __pycache__ in the person's folders."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def attribute(module: ModuleType, name: str) -> Any:
    """Return what a module calls so. Raises TaskError with what it has instead."""
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            there = [each for each, value in vars(found).items() if callable(value) and not each.startswith("_")]
            close = difflib.get_close_matches(part, there, 3)
            hint = f"Did you mean {' or '.join(close)}?" if close else f"It has {', '.join(there[:8]) or 'none'}."
            raise TaskError(f"{module.__name__} has no “{part}”.", hint)
        found = getattr(found, part)
    if isinstance(found, StandIn):
        raise TaskError(f"{module.__name__}:{name} can't be used: {found.needed()}.", found.needed().hint)
    return found


def works_at_once(tree: ast.Module) -> bool:
    """Whether importing a file would begin to train: no network is found by that."""
    for node in tree.body:
        if isinstance(node, (ast.For, ast.While, ast.With)) and any(_begins(each) for each in ast.walk(node)):
            return True
        value = getattr(node, "value", None) if isinstance(node, (ast.Expr, ast.Assign)) else None
        if _begins(value):
            return True
    return False


def _begins(node: ast.AST | None) -> bool:
    """Whether a call's name says that work begins: a loop that only builds tables is part of what a file defines."""
    return isinstance(node, ast.Call) and BEGINS_TO_WORK.search(ast.unparse(node.func)) is not None


def _define(tree: ast.Module, module: ModuleType, path: Path) -> None:
    """Run of a file what defines: imports, classes, functions, and what is calculated without a call."""
    for node in tree.body:
        plain = isinstance(node, (ast.Assign, ast.AnnAssign)) and not any(
            isinstance(each, ast.Call) for each in ast.walk(node)
        )
        if isinstance(node, ast.Try) and all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in node.body):
            plain = True
        if plain or isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            code = compile(ast.Module([node], []), str(path), "exec")
            with contextlib.suppress(NameError) if plain else contextlib.nullcontext():
                exec(code, vars(module))  # noqa: S102 - the person's own code, as an import would run it
