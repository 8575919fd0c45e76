"""Listens to what the SDK PUTs and holds it against ARM's schemas; imported by the SDK's process, never by a test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from azure.core.pipeline.transport import RequestsTransport
from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_PROVIDER = "Microsoft.MachineLearningServices"
_COMMON = "https://schema.management.azure.com/schemas/common/definitions.json"
_PATH = re.compile(r"/workspaces/[^/]+/(?P<rest>.+)$")

puts: list[tuple[str, str, str, dict[str, Any]]] = []
"""Kind (`workspaces_jobs`), name, api-version and body of each, in their order."""


def listen() -> None:
    """Keep a copy of every body that goes to ARM by PUT from now on."""
    send = RequestsTransport.send

    def heard(self: Any, request: Any, **more: Any) -> Any:
        if request.method == "PUT" and "management.azure.com" in request.url and request.content:
            puts.append(_read(request.url, request.content))
        return send(self, request, **more)

    RequestsTransport.send = heard


def _read(url: str, body: Any) -> tuple[str, str, str, dict[str, Any]]:
    parts = urlsplit(url)
    found = _PATH.search(parts.path)
    assert found is not None, url
    names = found["rest"].split("/")
    kind = "_".join(("workspaces", *names[::2]))
    return kind, "/".join(names[1::2]), parse_qs(parts.query)["api-version"][0], json.loads(body)


def lint(folder: str) -> list[list[str]]:
    """Return kind, name and what is wrong ("" for nothing) of every body, by the schema of its version."""
    return [[kind, name, _wrong(Path(folder), kind, name, version, body)] for kind, name, version, body in puts]


def _wrong(folder: Path, kind: str, name: str, version: str, body: dict[str, Any]) -> str:
    path = folder / f"{version}.{_PROVIDER}.json"
    if not path.exists():
        return f"no schema of {version}"
    schema = _lenient(json.loads(path.read_text("utf-8")))
    schema["$ref"] = f"#/resourceDefinitions/{kind}"
    schema.pop("id", None)
    common = _lenient(json.loads((folder / "common.definitions.json").read_text("utf-8")))
    registry = Registry().with_resource(_COMMON, Resource.from_contents(common, default_specification=DRAFT4))
    kinds = kind.removeprefix("workspaces_").replace("_", "/")
    whole = {"type": f"{_PROVIDER}/workspaces/{kinds}", "apiVersion": version, "name": name.rpartition("/")[2], **body}
    error = best_match(Draft4Validator(schema, registry=registry).iter_errors(whole))
    return "" if error is None else "; ".join(_said(error))


def _said(error: Any) -> Iterator[str]:
    yield f"{'.'.join(str(each) for each in error.absolute_path)}: {error.message[:200]}"


def _lenient(schema: Any) -> Any:
    """Let members be that a schema doesn't know: the service takes more than is written there."""
    if isinstance(schema, dict):
        closed = schema.get("additionalProperties") is False
        return {key: _lenient(each) for key, each in schema.items() if not (closed and key == "additionalProperties")}
    return [_lenient(each) for each in schema] if isinstance(schema, list) else schema
