"""`rankzero plugins new`: a plugin's project that installs, passes its tests and shows up, made from a template.

The template is itself such a project, called `my-plugin`: what is made differs from it in the name alone.
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import UserError
from desktop_app.api._plugins.manifest_toolchains import NAME
from desktop_app.places import shipped
from desktop_app.services.plugins.installing.looking.names import confusable

_LONGEST = 40
_FORM = "Use small letters, digits and hyphens, a letter first: acme-jobs."
_OF_THE_HOUSE = "rankzero"
_NO_FILE_NAMES = {
    "aux",
    "con",
    "nul",
    "prn",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)),
}  # Windows


def new_plugin(name: str, folder: Path) -> Path:
    """Make the project `folder/name` and return it. Raises UserError for a bad name, and where something is there."""
    _check_name(name)
    project = folder.absolute() / name
    if project.exists() or project.is_symlink():
        raise UserError(f"“{project}” is there already.", hint="Take another name, or another folder with --output.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder, ignore_cleanup_errors=True) as made:
            _fill(Path(made) / name, name)
            (Path(made) / name).rename(project)  # what is there already makes it fail
    except OSError as error:
        what = error.strerror or str(error)
        raise UserError(
            f"The project can't be made in “{folder}”: {what}.", hint="Say another folder with --output."
        ) from error
    return project


def words(name: str) -> dict[str, str]:
    """Return what stands in the template, and what stands in its place in a project of that name."""
    year = str(datetime.now(UTC).year)
    return {
        "rankzero_my_plugin": f"rankzero_{name.replace('-', '_')}",
        "my-plugin": name,
        "My plugin": name.replace("-", " ").capitalize(),
        "Copyright (c) 2026": f"Copyright (c) {year}",
    }


def _fill(project: Path, name: str) -> None:
    template, changed = shipped("resources") / "templates" / "plugin", words(name)
    for path in _files(template):
        target = project / _put(path.relative_to(template).as_posix().replace("dot-", "."), changed)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_put(path.read_text("utf-8"), changed), "utf-8", newline="\n")
        shutil.copymode(path, target)


def _files(template: Path) -> Iterator[Path]:
    return (each for each in sorted(template.rglob("*")) if each.is_file() and "__pycache__" not in each.parts)


def _put(text: str, changed: dict[str, str]) -> str:
    for old, new in changed.items():
        text = text.replace(old, new)
    return text


def _check_name(name: str) -> None:
    if not name.strip():
        raise UserError("The plugin needs a name.", hint=_FORM)
    if len(name) > _LONGEST or not NAME.fullmatch(name):
        if _is_taken_for_others(_plain(name)):
            raise _taken(name)
        raise UserError(f"“{name[:_LONGEST]}” is no name for a plugin.", hint=_form(name))
    if name.partition("-")[0] == _OF_THE_HOUSE:
        hint = "The package is called rankzero-NAME by itself; choose what comes after it."
        raise UserError("Names that begin with “rankzero” are those of plugins that ship with the program.", hint=hint)
    if name in _NO_FILE_NAMES:
        raise UserError(f"“{name}” can't be the name of a folder on Windows.", hint="Take another name.")
    if _is_taken_for_others(name):
        raise _taken(name)


def _is_taken_for_others(name: str) -> bool:
    others = _bundled()
    return name in _short_names(others) or bool(confusable(name, words(name)["My plugin"], others))


def _taken(name: str) -> UserError:
    hint = "Take another name: people could not tell them apart."
    return UserError(f"“{name}” is easily taken for a plugin that ships with the program.", hint=hint)


def _form(name: str) -> str:
    """Return what a name must look like, with the like of it that would do."""
    plain = _plain(name)
    return f"{_FORM} “{plain}” would do." if NAME.fullmatch(plain) and len(plain) <= _LONGEST else _FORM


def _plain(name: str) -> str:
    return "-".join("".join(each if each.isascii() and each.isalnum() else " " for each in name.lower()).split())


def _bundled() -> dict[str, str]:
    """Return the plugins that ship with the program: id → title."""
    found = (tomllib.loads(each.read_text("utf-8")) for each in shipped("plugins").glob("*/plugin.toml"))
    return {each["plugin"]["id"]: each["plugin"]["name"] for each in found}


def _short_names(bundled: dict[str, str]) -> set[str]:
    """Return what people call bundled plugins, as a name for a plugin is written."""
    titles = {"-".join(each.lower().split()) for each in bundled.values()}
    return titles | {each.removeprefix(f"{_OF_THE_HOUSE}-") for each in bundled}
