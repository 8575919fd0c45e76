"""What a file names on disk: code folders, scripts, conda files, components, data, and its neighbours in the folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.commands import brings_files, scripts_in
from desktop_app.core.paths import Part
from desktop_app.core.rules.bodies import Body, bodies, is_job
from desktop_app.core.rules.environments import is_image
from desktop_app.core.rules.notes import Notes, Word, change
from desktop_app.core.rules.values import is_bound, mapping, text
from desktop_app.documents.listing import files_in, listed
from desktop_app.documents.local_paths import local_path
from desktop_app.documents.near_files import YAML, Wanted, near_file, near_name

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|/subscriptions/", re.IGNORECASE)
_LONGEST = 60  # letters of a name that are shown where the disk refuses it


Say = Callable[..., None]
"""Notes.error or Notes.warning."""


def check(kind: str, data: Value, folder: Path, notes: Notes) -> None:
    """Check what a document names; relative paths start at `folder`."""
    root = mapping(data)
    for body in bodies(kind, data):
        _body(body, folder, notes)
    _references(kind, root, folder, notes)
    if kind.lower().endswith("deployment"):
        _scoring(root, folder, notes)


@contextmanager
def _looking(path: tuple[Part, ...], given: str, notes: Notes) -> Iterator[None]:
    """Look on a disk that may not answer: a name too long for it, a folder that may not be entered."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in a name
        said = (error.strerror if isinstance(error, OSError) else "") or str(error)
        shown = given if len(given) <= _LONGEST else f"{given[:_LONGEST]}…"
        code = "missing-code" if path[-1:] == ("code",) else "missing-file"
        notes.error(code, path, f"“{shown}” can't be looked at: {said}. Write another path.")


def _body(body: Body, folder: Path, notes: Notes) -> None:
    environment = body.data.get("environment")
    if isinstance(environment, str):
        _file((*body.path, "environment"), _environment_file(environment), folder, notes, "environment".__eq__)
    elif isinstance(environment, dict):
        _environment((*body.path, "environment"), environment, folder, notes)
    for name, given in body.inputs.items():
        _data((*_home(body), "inputs", name, "path"), mapping(given).get("path"), folder, notes)
    code = body.data.get("code")
    if isinstance(code, str) and not _ELSEWHERE.match(code) and not is_bound(code):
        with _looking((*body.path, "code"), code, notes):
            _code(body, code, folder, notes)


def _home(body: Body) -> tuple[Part, ...]:
    return body.path[:-1] if body.kind in {"trial", "task"} else body.path


def _code(body: Body, given: str, folder: Path, notes: Notes) -> None:
    path = (*body.path, "code")
    code = folder / local_path(given)
    if code.is_file():
        _single_file(body, path, given, code, notes)
        return
    if not code.is_dir():
        _missing_code(path, given, code, folder, notes)
        return
    for script in scripts_in(body.command):
        if not (code / script).is_file():
            _missing_script(body, given, code, script, notes)
    entry = body.data.get("entry_script", mapping(body.data.get("entry")).get("file"))
    if isinstance(entry, str) and not is_bound(entry) and not (code / entry).is_file():
        key = ("entry_script",) if "entry_script" in body.data else ("entry", "file")
        message = f"{entry} is not in the code folder “{given}”"
        _named((*body.path, *key), message, entry, _scripts((code / entry).parent), notes)


def _single_file(body: Body, path: tuple[Part, ...], given: str, code: Path, notes: Notes) -> None:
    """Azure ML uploads one file as well; what else the command runs is not there then."""
    others = [each for each in scripts_in(body.command) if Path(each).as_posix() != code.name]
    if others or body.kind == "task" or "entry" in body.data:
        notes.error("missing-code", path, f"Write a folder at code: “{given}” is a file.")


def _missing_code(path: tuple[Part, ...], given: str, code: Path, folder: Path, notes: Notes) -> None:
    if code.exists():
        notes.error("missing-code", path, f"Write a folder at code: “{given}” is a file.")
        return
    names = [each.name for each in listed(code.parent) if each.is_folder and not each.name.startswith(".")]
    close = near_name(code.name, names)
    if not close:
        notes.error("missing-code", path, f"Write a folder that is there at code: “{given}” is not in {folder}.")
        return
    meant = (Path(given).parent / close).as_posix()
    message = f"Write a folder that is there at code: did you mean “{meant}”?"
    notes.error("missing-code", path, message, change(f"Write {meant}", path, meant))


def _missing_script(body: Body, given: str, code: Path, script: str, notes: Notes) -> None:
    message = f"The command runs {script}, which is not in the code folder “{given}”"
    path = (*body.path, "command")
    scripts = _scripts((code / script).parent)
    say = notes.warning if brings_files(body.command) or not (scripts or _scripts(code)) else notes.error
    close = near_name(Path(script).name, scripts)
    if not close:
        say("script-missing", path, f"{message}.", at=Word(script))
        return
    meant = (Path(script).parent / close).as_posix()
    command = re.sub(rf"(?<![\w./-]){re.escape(script)}(?![\w-])", lambda _: meant, body.command)
    fix = change(f"Write {meant}", path, command) if command != body.command else None
    say("script-missing", path, f"{message}: did you mean {meant}?", fix, Word(script))


def _scripts(folder: Path) -> list[str]:
    """Return the names of a folder's scripts; one without any is likely filled by other means."""
    return files_in(folder, ".py")


def _local(given: Value, *, of_yaml: bool = False) -> str:
    """Return the path that a text names in this folder; empty for what is registered, elsewhere or filled in later."""
    plain = text(given)
    if not plain or is_bound(plain) or "*" in plain:
        return ""
    for prefix in ("azureml:./", "azureml:../", "file:./", "file:../"):
        if plain.startswith(prefix):
            plain = plain.partition(":")[2]
    if plain.startswith("file:") and not plain.startswith("file://"):
        plain = plain.removeprefix("file:")
    if _ELSEWHERE.match(plain) or plain.startswith(("/", "~", "git+")):
        return ""
    is_path = plain.startswith((".", "..")) or "/" in plain or plain.lower().endswith(YAML)
    return plain if is_path or not of_yaml else ""


def _environment_file(given: str) -> str:
    return "" if is_image(given) else _local(given, of_yaml=True)


def _file(path: tuple[Part, ...], given: str, folder: Path, notes: Notes, wanted: Wanted) -> None:
    """Say that a file that is named is not there."""
    if not given:
        return
    with _looking(path, given, notes):
        here = folder / given
        if not here.exists():
            _meant(path, f"The file “{given}” is not there", given, near_file(here, wanted), notes.error)


def _named(path: tuple[Part, ...], message: str, given: str, names: list[str], notes: Notes) -> None:
    say = notes.warning if given.endswith(".py") and not names else notes.error
    _meant(path, message, given, near_name(Path(given).name, names), say)


def _meant(path: tuple[Part, ...], message: str, given: str, close: str, say: Say) -> None:
    code = "script-missing" if given.endswith(".py") else "missing-file"
    if not close:
        say(code, path, f"{message}: write the path of one that is.")
        return
    meant = (Path(given).parent / close).as_posix()
    meant = f"./{meant}" if given.startswith("./") else meant
    say(code, path, f"{message}: did you mean “{meant}”?", change(f"Write {meant}", path, meant))


def _environment(path: tuple[Part, ...], given: Mapping[str, Value], folder: Path, notes: Notes) -> None:
    _file((*path, "conda_file"), _local(given.get("conda_file")), folder, notes, "conda".__eq__)
    build = mapping(given.get("build"))
    context = _local(build.get("path"))
    if context:
        with _looking((*path, "build", "path"), context, notes):
            _build(path, build, context, folder, notes)


def _build(path: tuple[Part, ...], build: Mapping[str, Value], context: str, folder: Path, notes: Notes) -> None:
    if not (folder / context).is_dir():
        message = f"Write a folder that is there at path: “{context}” is not, and the image is built from it."
        notes.error("missing-file", (*path, "build", "path"), message)
        return
    dockerfile = text(build.get("dockerfile_path")) or "Dockerfile"
    if not is_bound(dockerfile) and not (folder / context / dockerfile).is_file():
        key = "dockerfile_path" if "dockerfile_path" in build else "path"
        is_filled = any(not each.lower().endswith(YAML) for each in files_in(folder / context, ""))
        say = notes.error if is_filled else notes.warning  # a folder without anything to build is filled otherwise
        say("missing-file", (*path, "build", key), f"“{dockerfile}” is not in the folder “{context}”.")


def _data(path: tuple[Part, ...], given: Value, folder: Path, notes: Notes) -> None:
    """Look for data that would be uploaded from here."""
    local = _local(given)
    with _looking(path, local, notes):
        if local and not (folder / local).exists():
            message = f"“{local}” is not there to be uploaded: write a path that is, or an azureml: address."
            notes.warning("missing-file", path, message)  # it may be made before the job is submitted


def _references(kind: str, root: Mapping[str, Value], folder: Path, notes: Notes) -> None:
    for path, given in _named_files(kind, root, ()):
        _file(path, _local(given, of_yaml=True), folder, notes, _fitting(str(path[-1]), path))
    if kind == "environment":
        _environment((), root, folder, notes)
    elif kind in {"data", "model"}:
        _data(("path",), root.get("path"), folder, notes)


def _fitting(key: str, path: tuple[Part, ...]) -> Wanted:
    """Return what kinds of file a key takes: a schedule's job, a component, an environment, a model."""
    if key in {"environment", "model"}:
        return key.__eq__
    if "create_job" in path:
        return is_job
    return lambda kind: kind.lower().endswith("component") or (key != "component" and is_job(kind))


def _named_files(
    kind: str, data: Mapping[str, Value], path: tuple[Part, ...]
) -> Iterator[tuple[tuple[Part, ...], Value]]:
    """Yield what names another YAML file: components, a sweep's trial, the job of a schedule."""
    if kind == "schedule":
        created = data.get("create_job")
        yield (*path, "create_job"), created
        yield (*path, "create_job", "job"), mapping(created).get("job")
    trial = data.get("trial")
    yield (*path, "trial"), trial
    yield (*path, "component"), data.get("component")
    for name, step in mapping(data.get("jobs")).items():
        yield (*path, "jobs", name), step
        yield from _named_files("", mapping(step), (*path, "jobs", name))
    if kind.lower().endswith("deployment"):
        for key in ("environment", "model", "component"):
            yield (*path, key), data.get(key)


def _scoring(root: Mapping[str, Value], folder: Path, notes: Notes) -> None:
    """Look for the code that a deployment answers with."""
    configuration = mapping(root.get("code_configuration"))
    given = configuration.get("code")
    environment = root.get("environment")
    if isinstance(environment, dict):
        _environment(("environment",), environment, folder, notes)
    if not isinstance(given, str) or _ELSEWHERE.match(given) or is_bound(given):
        return
    with _looking(("code_configuration", "code"), given, notes):
        _scored(configuration, given, folder, notes)


def _scored(configuration: Mapping[str, Value], given: str, folder: Path, notes: Notes) -> None:
    code = folder / local_path(given)
    path = ("code_configuration", "code")
    if not code.is_dir():
        _missing_code(path, given, code, folder, notes)
        return
    script = configuration.get("scoring_script")
    if isinstance(script, str) and not is_bound(script) and not (code / script).is_file():
        message = f"{script} is not in the code folder “{given}”"
        path = ("code_configuration", "scoring_script")
        _named(path, message, script, _scripts((code / script).parent), notes)
