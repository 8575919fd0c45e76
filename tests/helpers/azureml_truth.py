"""Recorded answers of the real service, where this machine has them, and how the emulator's are compared with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.helpers.emulators import Emulator, Told

_FILE = Path(__file__).resolve().parents[3] / "shared" / "azureml-truth" / "recordings" / "answers.json"

_FREE = ("tags", "flavors", "registryFqdns", "traffic")
_OPTIONAL = ("description",)


@cache
def recordings() -> Mapping[str, Mapping[str, Any]]:
    """Return the recorded answers by their kind (`compute.create`); skip the test where there are none."""
    if not _FILE.exists():
        pytest.skip("the recorded answers of the service are not on this machine")
    found: dict[str, Mapping[str, Any]] = {}
    for each in json.loads(_FILE.read_text(encoding="utf-8")):
        again = sum(kind.partition("#")[0] == each["kind"] for kind in found)
        found[f"{each['kind']}#{again + 1}" if again else each["kind"]] = each
    return found


class Story:
    """Asks one thing after the other and keeps the answers by the recordings' names for them."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.told: dict[str, Told] = {}

    def __call__(self, kind: str, method: str, url: str, body: object = None, **headers: str) -> Told:
        told = self.told[kind] = self.emulator.ask(method, url, body, **headers)
        return told

    def follow(self, kind: str, told: Told, header: str = "azure-asyncoperation") -> Told:
        """Poll once, at the address that an answer named."""
        return self(kind, "GET", told.headers[header])


def told_otherwise(kind: str, told: Told) -> list[str]:
    """Return how an answer differs in status, headers and body from the one that was recorded."""
    recorded = recordings()[kind]
    status = [] if told.status == recorded["status"] else [f"status {recorded['status']} is told as {told.status}"]
    names = [name for name in recorded["response_headers"] if name.lower() not in told.headers]
    found = [*status, *(f"header {name} is missing" for name in names if name.lower() not in _OF_OLD_CLUSTERS)]
    body = recorded["response"]
    if body in (None, "null"):
        same = told.body == (b"" if body is None else b"null")
        return found if same else [*found, f"the body {body} is told as {told.body!r}"]
    if isinstance(body, str) and "<?xml" in body:
        return [*found, *_of_xml(body, told.body.decode("utf-8"))]
    return [*found, *differences(body if not isinstance(body, str) else _read(body), _read(told.body))]


_OF_OLD_CLUSTERS = ("x-aml-cluster",)  # the header's name until 2025


def _read(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text if isinstance(text, str) else text.decode("utf-8")


def _of_xml(recorded: str, told: str) -> Iterator[str]:
    """Tell how two XML bodies differ: the mark at their beginning, and their elements."""
    if recorded.startswith("\ufeff") != told.startswith("\ufeff"):
        yield "the byte order mark differs"
    wanted, ours = _elements(recorded), _elements(told)
    yield from (f"element {each} is missing" for each in wanted if each not in ours)
    yield from (f"element {each} is too much" for each in ours if each not in wanted)


def _elements(text: str) -> list[str]:
    """Return the paths of all elements, once each, in their order."""
    found: dict[str, None] = {}

    def walk(element: ElementTree.Element, path: str) -> None:
        found[path] = None
        for each in element:
            walk(each, f"{path}/{each.tag}")

    root = ElementTree.fromstring(text.lstrip("\ufeff"))
    walk(root, root.tag)
    return list(found)


def differences(recorded: object, told: object, where: str = "") -> Iterator[str]:
    """Tell how two answers differ in shape: members and their order, null or not, types; never values."""
    if isinstance(recorded, dict) and isinstance(told, dict):
        yield from _of_members(recorded, told, where)
    elif isinstance(recorded, list) and isinstance(told, list):
        real = [each for each in recorded if not isinstance(each, str) or "trimmed" not in each]
        if real and told:
            yield from differences(real[0], told[0], f"{where}[0]")
    elif _type(recorded) != _type(told) and where.rpartition(".")[2] not in _OPTIONAL:
        yield f"{where}: {_type(recorded)} is told as {_type(told)}"


def _of_members(recorded: dict[str, object], told: dict[str, object], where: str) -> Iterator[str]:
    """Names that a person or a region gave (tags, inputs) are compared by nothing but their kind."""
    last = where.rpartition(".")[2]
    if last in _FREE or (last == "properties" and where.endswith(".properties.properties") and not _described(told)):
        return
    yield from (f"{where}.{name} is missing" for name in recorded if name not in told)
    yield from (f"{where}.{name} is too much" for name in told if name not in recorded)
    shared = [name for name in recorded if name in told]
    if shared != [name for name in told if name in recorded]:
        yield f"{where}: order {list(recorded)} is told as {list(told)}"
    for name in shared:
        yield from differences(recorded[name], told[name], f"{where}.{name}")


def _described(told: dict[str, object]) -> bool:
    """Tell a compute's inner properties, whose names are the service's, from those that a person gave an asset."""
    return "vmSize" in told


def _type(value: object) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str | list | dict):
        return type(value).__name__
    return "number"
