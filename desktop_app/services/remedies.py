"""Changes beyond the job file that mend what broke a run: a package for its environment, a word for its script."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Remedy, RemedyKind, RunSnapshot, UserError, Value
from desktop_app.core.rules.bodies import bodies
from desktop_app.core.rules.values import mapping, text
from desktop_app.documents.edits import set_values
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse
from desktop_app.services.environments.using import use_in
from desktop_app.services.run_copies import plan_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PACKAGE = re.compile(rf"{_NAME.pattern}(?:\[[\w,.-]+\])?(?:[<>=!~]=?[\w.*+-]+(?:,[<>=!~]=?[\w.*+-]+)*)?")
_WRAPPERS = frozenset({"DistributedDataParallel", "DDP"})
_UNUSED = "find_unused_parameters"
_MOST_FILES = 200
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done: `make` returns the file's new text from its present one, or raises UserError."""

    path: Path
    title: str
    make: Callable[[str], str]


def change_for(run: RunSnapshot, remedy: Remedy) -> Change:
    """Return the change that mends what broke a run. Reads files. Raises UserError where it can't be made, with why.

    Another image is no change that could be made without asking: a person chooses it, for `with_image`.
    """
    if remedy.kind is RemedyKind.ADD_PACKAGE:
        return _adding(run, remedy.value)
    if remedy.kind is RemedyKind.OTHER_IMAGE:
        raise UserError("Which image is for you to choose.", hint="Environments… (Ctrl+E) lists those that there are.")
    return _finding_unused(run)


def with_image(job: Path, entry: Value) -> Change:
    """Return the change that puts another environment into a job."""
    return Change(job, f"Put another environment into {job.name}", lambda source: use_in(source, job, entry))


def _adding(run: RunSnapshot, package: str) -> Change:
    """Return the change that adds a package to the environment that the run's job file names."""
    if not _PACKAGE.fullmatch(package):
        raise UserError(f"{package!r} is no name of a package.", hint="Add it to the environment by hand.")
    job = Path(run.source) if run.source else None
    if job is None or not job.is_file():
        raise UserError("The run's job file is gone, so its environment is not known.", hint="Open the job file.")
    source = TextFile.load(job).text
    data = parse(source).data
    for each in bodies(kind_of(job, data, source), data):
        return _in_environment(job, ".".join([*map(str, each.path), "environment"]), each.data, package)
    raise UserError(f"{job.name} is no job that has an environment.", hint="Add the package where the job gets it.")


def _in_environment(job: Path, path: str, body: Mapping[str, Value], package: str) -> Change:
    given = body.get("environment")
    if isinstance(given, str):
        return _in_named(job, text(given), package)
    conda = mapping(given).get("conda_file")
    if isinstance(conda, dict):
        return _change(job, f"{path}.conda_file.", package)
    if text(conda):
        return _change(_beside(job, text(conda)), "", package)
    hint = "Add it to the Dockerfile, or give the environment a conda_file."
    raise UserError(f"The environment of {job.name} has no conda file that {package} could stand in.", hint=hint)


def _in_named(job: Path, name: str, package: str) -> Change:
    """Follow a reference to a file; what Azure ML keeps can't be changed from here."""
    if re.search(r"\.ya?ml$", name) and not name.startswith("azureml:"):
        file = _beside(job, name)
        conda = mapping(parse(TextFile.load(file).text).data).get("conda_file")
        return (
            _change(_beside(file, text(conda)), "", package) if text(conda) else _change(file, "conda_file.", package)
        )
    hint = f"Make an environment of your own from it (Environments, Customize) and add {package} to its conda file."
    raise UserError(f"{name or 'The environment'} is kept by Azure ML: what it holds can't be changed here.", hint=hint)


def _beside(file: Path, name: str) -> Path:
    found = file.parent / re.sub(r"^file:(?://)?", "", name)
    if not found.is_file():
        raise UserError(f"{file.name} names {name}, which is not there.", hint="Correct the path first.")
    return found


def _change(file: Path, prefix: str, package: str) -> Change:
    return Change(file, f"Add {package} to {file.name}", lambda source: _with_package(source, prefix, package))


def _with_package(source: str, prefix: str, package: str) -> str:
    """Return a conda file, or the text that holds one below `prefix`, with a package at the end of its pip list.

    A package that stands there in another version than is asked for gets that one, where it stands.
    """
    held: Value = parse(source).data
    for part in prefix.split(".")[:-1]:
        held = mapping(held).get(part)
    given = mapping(held).get("dependencies")
    entries = list(given) if isinstance(given, list) else []
    name = _NAME.match(package)
    asks_more = name is not None and name[0] != package
    for path, written in _flat(entries):
        if _names(written, package) and (written.strip() == package or not asks_more):
            hint = "Build the environment anew, or look at its version."
            raise UserError(f"{package} stands there already.", hint=hint)
        if _names(written, package):  # another version of it
            return set_values(source, {f"{prefix}dependencies{path}": package})
    for index, each in enumerate(entries):
        if isinstance(each, dict) and isinstance(pip := each.get("pip"), list):
            return set_values(source, {f"{prefix}dependencies[{index}].pip[{len(pip)}]": package})
    if isinstance(given, list):
        return set_values(source, {f"{prefix}dependencies[{len(entries)}]": {"pip": [package]}})
    return set_values(source, {f"{prefix}dependencies": [{"pip": [package]}]})


def _flat(entries: list[Value]) -> Iterator[tuple[str, str]]:
    """Yield each entry with its path below the list: conda's own, and those of pip."""
    for index, each in enumerate(entries):
        if isinstance(each, str):
            yield f"[{index}]", each
        elif isinstance(each, dict) and isinstance(pip := each.get("pip"), list):
            yield from ((f"[{index}].pip[{place}]", one) for place, one in enumerate(pip) if isinstance(one, str))


def _names(entry: str, package: str) -> bool:
    there, asked = _NAME.match(entry.strip()), _NAME.match(package)
    return there is not None and asked is not None and _plain(there[0]) == _plain(asked[0])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _finding_unused(run: RunSnapshot) -> Change:
    """Return the change that has DistributedDataParallel look for parameters without a gradient."""
    for path in _scripts(run):
        if any(_wrappings(TextFile.load(path).text)):
            return Change(path, f"Set {_UNUSED} in {path.name}", with_unused_parameters)
    message = "No file of the job's code calls DistributedDataParallel by that name."
    raise UserError(message, hint=f"Pass {_UNUSED}=True where the model is wrapped.")


def _scripts(run: RunSnapshot) -> Iterator[Path]:
    files = plan_of(run).get("files")
    found = [each for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    for each in sorted(found, key=lambda one: str(one.get("target")).count("/"))[:_MOST_FILES]:
        path = Path(str(each.get("source")))
        if path.suffix == ".py" and path.is_file() and path.stat().st_size <= _MOST_BYTES:
            yield path


def with_unused_parameters(source: str) -> str:
    """Return a script in which each call of DistributedDataParallel says find_unused_parameters=True.

    Only these words change. Raises UserError where no call can be changed.
    """
    calls = sorted(_wrappings(source), key=lambda one: (one.lineno, one.col_offset), reverse=True)
    if not calls:
        raise UserError("DistributedDataParallel is not called here any more.", hint=f"Pass {_UNUSED}=True to it.")
    for call in calls:
        source = next((new for new in _ways(source, call) if _is_python(new)), source)
    if any(_wrappings(source)):
        raise UserError("This call can't be changed safely.", hint=f"Pass {_UNUSED}=True to it by hand.")
    return source


def _ways(source: str, call: ast.Call) -> Iterator[str]:
    """Yield the script with the words put in: for those that stand there, behind the last argument, before the end."""
    said = next((each.value for each in call.keywords if each.arg == _UNUSED), None)
    if said is not None:
        yield _put(source, (said.lineno, said.col_offset), (said.end_lineno, said.end_col_offset), "True")
        return
    parts = [*call.args, *(each.value for each in call.keywords)]
    last = max((_end(each) for each in parts), default=(call.lineno, call.col_offset))
    yield _put(source, last, last, f", {_UNUSED}=True")
    row, column = _end(call)
    for comma in (", ", ""):
        yield _put(source, (row, column - 1), (row, column - 1), f"{comma}{_UNUSED}=True")


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _put(source: str, begin: tuple[int, int], end: tuple[int | None, int | None], words: str) -> str:
    """Return the text with `words` between two places: lines from 1, columns in bytes, as ast counts them."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for each in lines:
        starts.append(starts[-1] + len(each))
    data = source.encode()
    first, last = starts[begin[0] - 1] + begin[1], starts[(end[0] or begin[0]) - 1] + (end[1] or 0)
    return (data[:first] + words.encode() + data[last:]).decode()


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _wrappings(source: str) -> Iterator[ast.Call]:
    """Yield the calls that wrap a model and don't look for unused parameters yet. The script is read, never run."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for each in ast.walk(tree):
        if isinstance(each, ast.Call) and _called(each.func) in _WRAPPERS and (each.args or each.keywords):
            said = next((one.value for one in each.keywords if one.arg == _UNUSED), None)
            if not (isinstance(said, ast.Constant) and said.value is True):
                yield each


def _called(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
