"""What may stand as a value: words of the schema, names that are known or declared nearby, files, placeholders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.paths import Part, value_at
from desktop_app.documents.declared import Declared, declared_below
from desktop_app.documents.shapes import Shape, kinds
from desktop_app.presenters import known_words, surroundings
from desktop_app.presenters.known_words import KnownName
from desktop_app.presenters.text_place import TextPlace
from desktop_app.presenters.text_shapes import alternatives, shapes_at, words_of

_SCHEMA = "https://azuremlschemas.azureedge.net/latest/{}.schema.json"
_SIZES = frozenset({"size", "instance_type", "vm_size"})
_COMPUTES = frozenset({"compute", "default_compute", "target"})
_YES_NO = frozenset({"yes", "no", "on", "off", "true", "false", "null", "~"})
_FAMILIES = {"compute": "compute", "default_compute": "compute", "environment": "environment",
             "component": "component", "model": "model", "endpoint_name": "endpoint"}  # fmt: skip
_RUNNERS = frozenset({"python", "python3", "torchrun", "deepspeed", "accelerate", "bash", "sh"})
_DATASTORE = "azureml://datastores/workspaceblobstore/paths/"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` is what is shown and looked for, `insert` what is written, `kind` what it is: key, word, size, ….

    `goes_on` says that there is more to suggest once it is written.
    """

    text: str
    insert: str
    kind: str
    detail: str = ""
    help: str = ""
    goes_on: bool = False


def values(root: Shape, data: Value, place: TextPlace, folder: Path | None) -> Iterator[Suggestion]:
    """Yield what may stand as the value at a place."""
    found = shapes_at(root, data, place.path)
    yield from _words(root, data, place, found)
    if all(each.types and not {"string"} & set(each.types) for each in found):
        return
    key = _key_of(place.path)
    yield from _known(key, place, data)
    if folder is not None:
        yield from _declared(key, place, data, folder)
        yield from _files(key, place, data, found, folder)
    yield from _bindings(data, place, found)


def _key_of(path: Sequence[Part]) -> str:
    return next((each for each in reversed(path) if isinstance(each, str)), "")


def _words(root: Shape, data: Value, place: TextPlace, found: Sequence[Shape]) -> Iterator[Suggestion]:
    usual = {each.default for each in found if isinstance(each.default, str | bool)}
    for word in words_of(root, data, place.path):
        text = _written(word)
        insert = f'"{text}"' if isinstance(word, str) and text.lower() in _YES_NO and not place.quote else text
        yield Suggestion(text, insert, "word", "usual" if word in usual else "")
    numbers = [each for each in found if isinstance(each.default, int | float) and not isinstance(each.default, bool)]
    for each in numbers[:1]:
        yield Suggestion(str(each.default), str(each.default), "word", "usual")


def _written(word: Value) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)


def _known(key: str, place: TextPlace, data: Value) -> Iterator[Suggestion]:
    """Yield names out of the dated catalogues."""
    if key in _SIZES:
        yield from _names(known_words.vm_sizes(), "size")
    elif key == "environment":
        yield from _names(_environments(place, data), "environment")
    elif key == "image":
        yield from _names(known_words.images(), "image")
    elif key == "$schema":
        yield from (Suggestion(each, _SCHEMA.format(each), "word") for each in kinds())
    elif key == "channels":
        yield from _names(known_words.channels(), "word")
    elif key == "dependencies":
        yield from _names(known_words.conda_packages(), "word")
    elif key == "pip":
        yield from _names(known_words.packages(), "word")
    if key in _COMPUTES and place.path[:1] != ("trial",):
        yield Suggestion("serverless", "serverless" if key == "compute" else "azureml:serverless", "compute",
                         "a machine that Azure ML takes for this job alone")  # fmt: skip


def _environments(place: TextPlace, data: Value) -> Iterable[KnownName]:
    """Return curated environments, first those that fit what stands around a place: a job, or a deployment."""
    holder = place.path[:-1]
    kind = value_at(data, (*holder, "distribution", "type"))
    deploys = isinstance(data, dict) and "endpoint_name" in data
    return known_words.environments(kind if isinstance(kind, str) else "", deploys=deploys)


def _names(names: Iterable[KnownName], kind: str) -> Iterator[Suggestion]:
    for each in names:
        yield Suggestion(each.text, each.value, "gone" if each.is_gone else kind, each.detail, "\n".join(each.facts))


def _declared(key: str, place: TextPlace, data: Value, folder: Path) -> Iterator[Suggestion]:
    """Yield what files nearby declare, as a file refers to it."""
    family = _FAMILIES.get(key) or ("data" if key == "path" and "inputs" in place.path else "")
    if not family:
        return
    for each in declared_below(folder):
        is_meant, file = each.family == family, each.file.relative_to(folder).as_posix()
        if is_meant and each.name:
            yield Suggestion(*_reference(family, each), family, f"declared in {file}")
        if is_meant and family == "component":
            yield Suggestion(f"./{file}", f"./{file}", "file", f"component {each.name}".strip())


def _reference(family: str, each: Declared) -> tuple[str, str]:
    if family == "endpoint":
        return each.name, each.name
    if family == "compute":
        return each.name, f"azureml:{each.name}"
    return each.name, f"azureml:{each.name}:{each.version}" if each.version else f"azureml:{each.name}@latest"


def _files(key: str, place: TextPlace, data: Value, found: Sequence[Shape], folder: Path) -> Iterator[Suggestion]:
    if key == "path" and "://" not in place.word:
        yield Suggestion(_DATASTORE, _DATASTORE, "reference", "a folder or file of a datastore", goes_on=False)
    is_wanted = key in {"code", "path", "conda_file", "scoring_script", "local_path", "dockerfile_path"}
    if not (is_wanted or any(each.is_file for each in found)) or ":" in place.word:
        return
    base = folder
    if key == "scoring_script":
        code = value_at(data, (*place.path[:-1], "code"))
        base = folder / code if isinstance(code, str) else folder
    endings = {"conda_file": (".yml", ".yaml"), "scoring_script": (".py",)}.get(key, ())
    yield from _paths(place.word, base, only_folders=key == "code", endings=endings, plain=key == "scoring_script")


def _paths(
    word: str, base: Path, *, only_folders: bool = False, endings: tuple[str, ...] = (), plain: bool = False
) -> Iterator[Suggestion]:
    """Yield files and folders below the folder that a word names so far."""
    lead = word[: word.rfind("/") + 1]
    shown = lead or ("" if plain or word[:1].isalnum() else "./")
    for each in surroundings.entries(base / (lead or ".")):
        if each.is_folder:
            text = f"{shown}{each.name}/"
            yield Suggestion(text, text.rstrip("/") if only_folders else text, "folder", goes_on=not only_folders)
        elif not only_folders and (not endings or each.name.lower().endswith(endings)):
            yield Suggestion(f"{shown}{each.name}", f"{shown}{each.name}", "file")


def texts(data: Value, place: TextPlace, folder: Path | None) -> Iterator[Suggestion]:
    """Yield what may stand in a command: scripts of the code folder."""
    if _key_of(place.path) != "command" or folder is None:
        return
    code = value_at(data, (*place.path[:-1], "code"))
    words = place.before.split()
    previous = words[-2:-1] if place.word else words[-1:]
    is_script = bool(previous) and (previous[0].rpartition("/")[2] in _RUNNERS or previous[0].startswith("--nproc"))
    if isinstance(code, str) and ":" not in code and (is_script or "/" in place.word or "." in place.word):
        yield from _paths(place.word, folder / code, plain=True)


def placeholders(data: Value, place: TextPlace) -> Iterator[Suggestion]:
    """Yield ${{…}} for what the file declares around a place."""
    if _key_of(place.path) == "command" or place.path[-2:-1] in (("environment_variables",), ("args",)):
        yield from _of_command(data, place.path)
        return
    yield from _of_pipeline(data, place.path)
    if "outputs" in place.path and place.path[-1:] == ("path",):
        for word, says in (("name", "the run's name"), ("output_name", "the output's name")):
            yield _placeholder(word, says)


def _placeholder(word: str, detail: str = "") -> Suggestion:
    return Suggestion(f"${{{{{word}}}}}", f"${{{{{word}}}}}", "placeholder", detail)


def _of_command(data: Value, path: Sequence[Part]) -> Iterator[Suggestion]:
    holder = path[:-1] if path[-1:] == ("command",) else path[:-2]
    holders = [holder, holder[:-1]] if holder[-1:] == ("trial",) else [holder]
    for kind in ("inputs", "outputs", "search_space"):
        for each in holders:
            there = value_at(data, (*each, kind))
            for name in there if isinstance(there, dict) else ():
                yield _placeholder(f"{kind}.{name}", _says(there, name))


def _says(there: Value, name: str) -> str:
    """Return what an input or output is, in a word or two."""
    found = value_at(there, (name,))
    if isinstance(found, dict):
        word = str(found.get("type") or "")
        return f"{word}, optional" if found.get("optional") else word
    return "" if found is None else str(found)[:40]


def _bindings(data: Value, place: TextPlace, found: Sequence[Shape]) -> Iterator[Suggestion]:
    """Yield the bindings of a pipeline's step where they are what one mostly wants."""
    is_bound = any(each.takes_binding for each in alternatives(found, None))
    if is_bound or {"inputs", "outputs"} & set(place.path[-3:]):
        yield from _of_pipeline(data, place.path)


def _of_pipeline(data: Value, path: Sequence[Part]) -> Iterator[Suggestion]:
    """Yield ${{parent.…}} for a step of a pipeline."""
    at = next((index for index, part in enumerate(path) if part == "jobs"), None)
    if at is None or len(path) < at + 3:
        return
    parent, step = path[:at], path[at + 1]
    is_output = "outputs" in path[at + 2 :]
    for name, says in _declared_in(data, (*parent, "outputs" if is_output else "inputs")):
        yield _placeholder(f"parent.{'outputs' if is_output else 'inputs'}.{name}", says)
    jobs = value_at(data, (*parent, "jobs"))
    if is_output or not isinstance(jobs, dict):
        return
    for other in jobs:
        if other != step:
            for name, says in _declared_in(jobs, (other, "outputs")):
                yield _placeholder(f"parent.jobs.{other}.outputs.{name}", says)


def _declared_in(data: Value, path: Sequence[Part]) -> Iterator[tuple[str, str]]:
    there = value_at(data, path)
    for name in there if isinstance(there, dict) else ():
        yield name, _says(there, name)
