"""Reads packages as pip and conda write them; nothing is run, fetched or installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PipRequirement

from desktop_app.api import UserError
from desktop_app.core.environments import Requirement, normal
from desktop_app.documents.text_file import TextFile

_CONDA = re.compile(r"(?:[^\s:]+::)?(?P<name>[\w.-]+?)\s*(?P<rest>(?:[=<>!~\s].*)?)$")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|(?:git|hg|svn|bzr)\+)", re.IGNORECASE)
_DEEPEST = 20
NO_PACKAGE = "it can't be read as a package"
"""Why a line hinders that is neither a package nor an option."""


def read_requirements(path: Path) -> list[Requirement]:
    """Return the packages of a requirements file and of those it reads. Raises UserError for one that can't be read."""
    return list(_of_file(path, TextFile.load(path).text, ()))


def of_text(text: str, path: Path) -> list[Requirement]:
    """Return the packages of a requirements file's text; files that it reads are looked for beside `path`."""
    return list(_of_file(path, text, ()))


def _of_file(path: Path, text: str, above: Sequence[Path]) -> Iterator[Requirement]:
    here = path.absolute()
    yield from of_lines(_joined(text), here.parent, (*above, here))


def of_lines(lines: Iterable[str], folder: Path, above: Sequence[Path] = ()) -> Iterator[Requirement]:
    """Yield what lines of a requirements file, or of pip's part of a conda file, ask for."""
    for each in lines:
        line = re.sub(r"(^|\s)#.*$", "", each).strip()
        if line:
            yield from _of_line(line, folder, above)


def _joined(text: str) -> list[str]:
    return text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines()


def _of_line(line: str, folder: Path, above: Sequence[Path]) -> Iterator[Requirement]:
    read = re.match(r"(?:-r|--requirement)[\s=]*(?P<file>\S.*)$", line)
    if read:
        yield from _read(read["file"].strip(), line, folder, above)
    elif line.startswith("-"):
        yield _hindered(line)
    else:
        yield _package(line)


def _read(named: str, line: str, folder: Path, above: Sequence[Path]) -> Iterator[Requirement]:
    """Yield what another file asks for; one that is gone, elsewhere, or reads itself, is shown as such."""
    if _ADDRESS.match(named):
        yield Requirement("", written=line, hindrance="an address")
        return
    path = (folder / named).absolute()
    if path in above or len(above) > _DEEPEST:
        yield Requirement("", written=line, hindrance="it reads itself")
        return
    try:
        text = TextFile.load(path).text
    except UserError as error:
        yield Requirement("", written=line, hindrance=error.message.removeprefix(f"{path} ").rstrip("."))
    else:
        yield from _of_file(path, text, above)


def _hindered(line: str) -> Requirement:
    """Return an option of pip; its value may be a secret."""
    option = re.split(r"[\s=]", line, maxsplit=1)[0]
    if option in {"-e", "--editable"}:
        return Requirement("", written=line, hindrance="an editable install")
    if option in {"-c", "--constraint"}:
        return Requirement("", written=line, hindrance="a file of constraints")
    return Requirement("", written=line, hindrance="an option of pip")


def _package(line: str) -> Requirement:
    plain = re.split(r"\s--(?:hash|config-settings|global-option)\b", line, maxsplit=1)[0].strip()
    hindrance = _why_not(plain)
    try:
        found = PipRequirement(plain)
    except InvalidRequirement:
        name = "" if hindrance else normal(re.split(r"[^\w.-]", plain, maxsplit=1)[0])
        return Requirement(name, written=plain, hindrance=hindrance or NO_PACKAGE)
    hindrance = "an address" if found.url else ""
    return Requirement(normal(found.name), str(found.specifier), "pip", plain, hindrance)


def _why_not(line: str) -> str:
    if _ADDRESS.match(line):
        return "an address"
    is_path = line.startswith((".", "/", "~", "file:")) or line.lower().partition("#")[0].endswith(_ARCHIVES)
    return "a local path" if is_path else ""


def conda_package(line: str) -> Requirement:
    """Return a package of a conda file; one equals sign admits all versions that begin so."""
    plain = re.sub(r"\s#.*$", "", line).strip()
    if "://" in plain or plain.startswith(("/", ".")):
        return Requirement("", tool="conda", written=plain, hindrance="an address")
    found = _CONDA.match(re.sub(r"\[.*\]$", "", plain))
    if found is None:
        return Requirement("", tool="conda", written=plain, hindrance="it can't be read as a package")
    return Requirement(normal(found["name"]), _spec(found["rest"].strip()), "conda", plain)


def _spec(rest: str) -> str:
    """Return conda's way to compare versions as pip's: `=1.2` as `==1.2.*`; builds are left out."""
    exact = re.match(r"={2,3}\s*([^\s=,|]+)", rest)
    fuzzy = re.match(r"(?:=\s*|\b)([^\s=<>!~,|][^\s=,|]*)", rest)
    if exact:
        return f"=={exact[1]}"
    if fuzzy:
        version = fuzzy[1].rstrip(".*")
        is_build = re.match(r"(?:=\s*)?[^\s=]+=", rest)  # NAME=VERSION=BUILD is exact
        return f"=={version}" if is_build else f"=={version}.*"
    return re.sub(r"\s+", "", rest)
