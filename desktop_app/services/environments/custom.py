"""Makes an environment of one's own from what a person has: conda packages, pip packages, an image, a build context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from desktop_app.api import UserError
from desktop_app.core.environments import Environment
from desktop_app.documents.local_paths import local_path
from desktop_app.documents.yaml_text import parse
from desktop_app.services.environments.reading import Reader

Kind = Literal["conda", "pip", "image", "build"]


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave: packages as text, an image, or a folder with a Dockerfile, as the kind asks for."""

    kind: Kind
    packages: str = ""
    image: str = ""
    context: str = ""


def environment_of(given: Given, reader: Reader) -> Environment:
    """Return the environment that was described. Raises UserError where something is missing."""
    if given.kind == "build":
        if not given.context.strip():
            raise UserError("Choose the folder that has the Dockerfile.")
        return reader.read_file(local_path(given.context.strip()))
    if not given.image.strip():
        raise UserError("Write the image that the environment stands on.")
    if given.kind == "image":
        return reader.of_data("image", {"image": given.image.strip()}, Path())
    if not given.packages.strip():
        raise UserError("Write at least one package.")
    path = Path("conda.yml" if given.kind == "conda" else "requirements.txt")
    if given.kind == "conda":
        _refuse_no_conda(given.packages)
    packages = reader.read_text(path, given.packages)
    return replace(packages, image=given.image.strip())


def _refuse_no_conda(source: str) -> None:
    """Raise UserError for what is no sound YAML, with the line, or lists no packages."""
    parsed = parse(source)
    wrong = next((each for each in parsed.problems if each.code != "duplicate-key"), None)
    if wrong is not None:
        message = f"The packages are no sound YAML: line {wrong.line}: {wrong.message}"
        raise UserError(message, hint="Mostly an indent is wrong: lines of a list begin at the same column.")
    data = parsed.data
    if not isinstance(data, dict) or not isinstance(data.get("dependencies"), list):
        raise UserError("The packages are no conda file.", hint="Write dependencies: and a list below it.")
