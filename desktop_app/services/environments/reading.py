"""Reads an environment wherever it stands: the catalogue, an environment file, a conda file, requirements, a job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from desktop_app.api import UserError, Value
from desktop_app.core.environments import Curated, Environment, Requirement, bare_name, normal
from desktop_app.core.rules.bodies import bodies
from desktop_app.core.rules.environments import image_in
from desktop_app.core.rules.values import mapping, text
from desktop_app.documents.kinds import UNKNOWN, kind_of
from desktop_app.documents.local_paths import is_file, is_folder, is_there, local_path
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse
from desktop_app.services.catalogues import facts
from desktop_app.services.environments import requirements
from desktop_app.services.environments.catalogue import EnvironmentCatalogue

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)", re.MULTILINE | re.IGNORECASE)
_CUDA = re.compile(r"cuda:?[-_]?(?P<version>\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
_CODE = frozenset({".py", ".ipynb", ".sh", ".md", ".toml", ".cfg", ".csv"})
_CURATED_IMAGE = re.compile(r"mcr\.microsoft\.com/azureml/curated/(?P<name>[^:@/\s]+)")


class Reader(NamedTuple):
    """Reads environments, with a catalogue to look names up in."""

    catalogue: EnvironmentCatalogue

    def read(self, target: str) -> Environment:
        """Return the environment of a file, or else the curated one of this name. Raises UserError."""
        path = local_path(target)
        if is_there(path) or (self.catalogue.find(target) is None and _looks_like_file(target)):
            return self.read_file(path)
        return self.of_curated(self.catalogue.get(target))

    def read_file(self, path: Path) -> Environment:
        """Return the environment that a file, or a folder with a Dockerfile, describes. Raises UserError."""
        if is_folder(path):
            return self._of_build(path.name, path, "Dockerfile")
        return self.read_text(path, TextFile.load(path).text)

    def read_text(self, path: Path, source: str) -> Environment:
        """Return the environment that a file's text describes; files that it names lie beside `path`."""
        if not source.strip():
            raise UserError(f"{path} is empty.", hint="Give a file that says what to install.")
        if path.name.lower().endswith(("dockerfile", ".dockerfile")):
            return self._on_image(Environment(path.name, "build", build=str(path.parent)), _base_of(source))
        if path.suffix.lower() not in {".yml", ".yaml", ".json"}:
            packages = tuple(requirements.of_text(source, path))
            _refuse_others(path, packages)
            return Environment(path.name, "requirements", packages, data=_as_conda(packages))
        return self._of_yaml(path, source)

    def _of_yaml(self, path: Path, source: str) -> Environment:
        parsed = parse(source)
        if parsed.data is None or any(each.code != "duplicate-key" for each in parsed.problems):
            said = f" Line {parsed.problems[0].line}: {parsed.problems[0].message}" if parsed.problems else ""
            raise UserError(f"{path} can't be read as YAML.{said}", hint="`rankzero validate` says more.")
        kind = kind_of(path, parsed.data, source)
        if kind == "conda" or (kind == UNKNOWN and "dependencies" in mapping(parsed.data)):
            return self._of_conda(path.name, mapping(parsed.data), path.parent)
        if kind == "environment":
            return self.of_data(path.name, mapping(parsed.data), path.parent)
        return self._of_job(path, kind, parsed.data)

    def _of_job(self, path: Path, kind: str, data: Value) -> Environment:
        given = [each.data.get("environment") for each in bodies(kind, data)]
        distinct = [each for index, each in enumerate(given) if each and each not in given[:index]]
        if not distinct:
            hint = "Give an environment file, a conda file, requirements.txt, or a job that has an environment."
            raise UserError(f"{path} describes no environment.", hint=hint)
        if len(distinct) > 1:
            message = f"{path} has {len(distinct)} different environments."
            raise UserError(message, hint="Give the file of the one that is meant.")
        one = distinct[0]
        if isinstance(one, dict):
            return replace(self.of_data(path.name, one, path.parent), origin="job")
        return self.of_reference(text(one), path.parent)

    def of_reference(self, given: str, folder: Path) -> Environment:
        """Return what stands behind `environment:`; what is registered in a workspace can't be read from here."""
        found = self.catalogue.find(given)
        local = re.sub(r"^(?:azureml|file):(?=\.)", "", given)
        if found is None and _looks_like_file(local):
            return self.read_file(folder / local)
        if found is not None:
            return self.of_curated(found)
        name = bare_name(given)
        message = f"The environment “{name}” is registered in a workspace: what it holds can't be read from here."
        raise UserError(message, hint="Give the file that it was made from.")

    def of_curated(self, curated: Curated) -> Environment:
        """Return what is known of a curated environment."""
        packages = tuple(_known(name, version) for name, version in sorted(curated.packages.items()))
        unknown = ["Only the packages that its sources name are known, not all that is inside."]
        if curated.horovod:
            unknown.append(f"Horovod: {curated.horovod}; what the base image has could not be looked at.")
        image = curated.image or curated.base_image
        return Environment(
            curated.name,
            "curated",
            packages,
            curated.python,
            curated.cuda,
            image,
            data={"image": image} if image else {},
            curated=curated,
            unknown=tuple(unknown),
        )

    def of_data(self, title: str, data: Mapping[str, Value], folder: Path) -> Environment:
        """Return an environment that is written out, in a file of its own or in a job."""
        build = mapping(data.get("build"))
        if build:
            context, dockerfile = folder / text(build.get("path")), text(build.get("dockerfile_path")) or "Dockerfile"
            return self._of_build(text(data.get("name")) or title, context, dockerfile)
        conda, folder_of_conda, unknown = self._conda_of(data.get("conda_file"), folder)
        found = self._of_conda(text(data.get("name")) or title, conda, folder_of_conda)
        plain = {key: each for key, each in data.items() if key != "conda_file"}
        if conda:
            plain["conda_file"] = dict(conda)
        found = replace(found, origin="environment", data=plain, unknown=unknown)
        return self._on_image(found, text(data.get("image")))

    def _conda_of(self, given: Value, folder: Path) -> tuple[Mapping[str, Value], Path, tuple[str, ...]]:
        """Return a conda file as data, the folder that its own files lie in, and what is not known of it."""
        if isinstance(given, dict):
            return given, folder, ()
        named = re.sub(r"^file:(?://)?", "", text(given))
        if not named:
            return {}, folder, ()
        try:
            data = parse(TextFile.load(folder / named).text).data
        except UserError as error:
            return {}, folder, (f"The conda file can't be read: {error.message}",)
        if not isinstance(data, dict):
            return {}, folder, (f"{named} is no conda file: it lists no dependencies.",)
        return data, (folder / named).parent, ()

    def _of_conda(self, title: str, data: Mapping[str, Value], folder: Path) -> Environment:
        listed = data.get("dependencies")
        packages: list[Requirement] = []
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, str):
                packages.append(requirements.conda_package(each))
            elif isinstance(each, dict):
                lines = each.get("pip")
                texts = (str(line) for line in lines if isinstance(line, str)) if isinstance(lines, list) else ()
                packages += requirements.of_lines(texts, folder)
        python = next((each for each in packages if each.name == "python" and each.tool == "conda"), None)
        channels = data.get("channels")
        return Environment(
            title,
            "conda",
            tuple(each for each in packages if each is not python),
            python=_version_in(python.spec) if python else "",
            channels=tuple(str(each) for each in channels) if isinstance(channels, list) else (),
            data=data,
            unknown=() if isinstance(listed, list) else ("It lists no dependencies.",) if data else (),
        )

    def _of_build(self, title: str, context: Path, dockerfile: str) -> Environment:
        path = context / dockerfile
        if not is_file(path):
            hint = "A build context is a folder with a Dockerfile."
            raise UserError(f"There is no {dockerfile} in {context}.", hint=hint)
        found = Environment(title, "build", build=str(context), data={"build": {"path": str(context)}})
        return self._on_image(found, _base_of(TextFile.load(path).text))

    def _on_image(self, found: Environment, image: str) -> Environment:
        """Return an environment with what is known of the image that it stands on."""
        unknown = list(found.unknown)
        if found.origin == "build":
            unknown.append("What the Dockerfile installs is not read, only the image that it starts from.")
        known = image_in(image, facts()) if image else None
        named = _CURATED_IMAGE.match(image)
        curated = self.catalogue.find(named["name"]) if named else None
        written = _CUDA.search(image)
        cuda = (
            (known.cuda if known else "")
            or (curated.cuda if curated else "")
            or (written["version"] if written else "")
        )
        python = found.python or (curated.python if curated else "")
        packages = found.packages
        if curated is not None and not packages:
            packages = self.of_curated(curated).packages
        if image and known is None and curated is None and not found.packages:
            unknown.append(f"What is in the image {image} is not known here.")
        made = replace(found, image=image, cuda=cuda, python=python, packages=packages, unknown=tuple(unknown))
        return replace(made, curated=curated)


def _refuse_others(path: Path, packages: Sequence[Requirement]) -> None:
    """Refuse what neither is called like a list of requirements nor reads like one: a script would be half a list."""
    name, suffix = path.name.lower(), path.suffix.lower()
    unread = sum(each.hindrance == requirements.NO_PACKAGE for each in packages)
    named = suffix in {".txt", ".in"}
    fits = "requirements" in name or (unread * 2 <= len(packages) if named else not unread)
    if suffix in _CODE or not fits:
        hint = (
            "Give an environment file, a conda file, requirements.txt, a Dockerfile, or a job that has an environment."
        )
        raise UserError(f"{path} is no environment: it reads neither as YAML nor as a list of packages.", hint=hint)


def _looks_like_file(target: str) -> bool:
    ends = target.lower().endswith((".yml", ".yaml", ".txt", ".in", ".json"))
    return not target.startswith("azureml:") and (ends or target.startswith((".", "/", "~")) or "Dockerfile" in target)


def _known(name: str, version: str) -> Requirement:
    """Return a package of the catalogue: `2.8.0` is exact, `latest at build` says nothing."""
    plain = re.sub(r"\s*\(.*\)$", "", version)
    spec = plain if re.match(r"[=<>!~]", plain) else f"=={plain}" if re.match(r"\d", plain) else ""
    return Requirement(normal(name), spec, "pip", f"{name} {version}")


def _as_conda(packages: tuple[Requirement, ...]) -> Mapping[str, Value]:
    lines: list[Value] = [each.written for each in packages if not each.hindrance]
    return {"dependencies": [{"pip": lines}]}


def _version_in(spec: str) -> str:
    found = re.match(r"(?:==|~=|>=)\s*(\d+(?:\.\d+)*)", spec)
    return found[1] if found else ""


def _base_of(dockerfile: str) -> str:
    """Return the image that a Dockerfile's last stage starts from; one that is filled in later is unknown."""
    images = [each["image"] for each in _FROM.finditer(dockerfile)]
    return images[-1] if images and "$" not in images[-1] else ""
