"""Code, data, models and environments: containers of versions, alike but for what asset_kinds.py says."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

from tests.emulator.answers import ok
from tests.emulator.asset_kinds import KINDS, Kind
from tests.emulator.bodies import properties_of
from tests.emulator.members import known_to
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Handler, Routes
from tests.emulator.service import Service
from tests.emulator.state import Container, Json, Resource, Workspace

_BASE32 = "abcdefghijklmnopqrstuvwxyz0123456789"


def put_version(service: Service, workspace: Workspace, kind: Kind, named: tuple[str, str], properties: Json) -> bool:
    """Register a version (of a name), as a PUT or a job does; return whether it is new."""
    name, version = named
    now = service.clock.now()
    held = kind.held(workspace)
    container = held.setdefault(name, Container(name, now, now))
    old = container.versions.get(version)
    created = old.created if old else now
    modified = old.modified if old and kind.keeps_time else now
    container.versions[version] = Resource(version, created, modified, properties, None, {"updated": old is not None})
    container.modified = now
    return old is None


class _Answers:
    """The handlers of one kind of asset."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    async def containers(self, service: Service, call: Call) -> Answer:
        """List assets, in the order in which the service lists this kind."""
        found = [each for each in self._kind.held(call.workspace).values() if _wanted(call, archived=each.archived)]
        found = [each for each in found if not self._kind.is_hidden(each)]
        if self._kind.newest_first:
            found.reverse()
        return ok(page_of(service, call, found, lambda each: self._kind.container_shown(call.workspace, each)))

    async def container(self, service: Service, call: Call) -> Answer:
        """Describe an asset of all its versions."""
        found = self._kind.held(call.workspace).get(call.parts["name"])
        if found is None:
            return self._kind.missing(service, call.parts["name"], None)
        return ok(self._kind.container_shown(call.workspace, found))

    async def put_container(self, service: Service, call: Call) -> Answer:
        """Make an asset without versions, or archive and restore one."""
        held, name, now = self._kind.held(call.workspace), call.parts["name"], service.clock.now()
        new = name not in held
        container = held.setdefault(name, Container(name, now, now))
        given = properties_of(call)
        container.archived, container.modified = bool(given.get("isArchived")), now
        return ok(self._kind.container_shown(call.workspace, container), 201 if new else 200)

    async def delete_container(self, _service: Service, call: Call) -> Answer:
        """Remove an asset with its versions."""
        gone = self._kind.held(call.workspace).pop(call.parts["name"], None)
        return Answer(204 if gone is None else 200, NOTHING)

    async def versions(self, service: Service, call: Call) -> Answer:
        """List versions, the newest first; code is looked up by its hash in the whole workspace."""
        if "hash" in call.query:
            return ok({"value": self._of_hash(call)})
        container = self._kind.held(call.workspace).get(call.parts["name"])
        found = list(container.versions.values()) if container else []
        if not call.query.get("$orderBy", "").lower().endswith(" asc"):
            found.reverse()
        found = [each for each in found if _wanted(call, archived=bool(each.properties.get("isArchived")))]
        name = call.parts["name"]
        return ok(page_of(service, call, found, lambda each: self._shown(call, name, each)))

    def _of_hash(self, call: Call) -> Sequence[Json]:
        """A hit may have another name than the one that was asked for, and says nothing of who made it."""
        digest, version = call.query["hash"], call.query.get("hashVersion", "")
        for container in self._kind.held(call.workspace).values():
            for each in container.versions.values():
                known = each.properties.get("properties") or {}
                if known.get("hash_sha256") == digest and str(known.get("hash_version")) == version:
                    shown = self._shown(call, container.name, each)
                    return [{key: value for key, value in shown.items() if key != "systemData"}]
        return []

    async def version(self, service: Service, call: Call) -> Answer:
        """Describe a version."""
        name, version = call.parts["name"], call.parts["version"]
        container = self._kind.held(call.workspace).get(name)
        found = container.versions.get(version) if container else None
        if found is None:
            return self._kind.missing(service, name, version)
        return ok(self._shown(call, name, found))

    async def put(self, service: Service, call: Call) -> Answer:
        """Register a version, or change it."""
        name, version, kind = call.parts["name"], call.parts["version"], self._kind
        given = properties_of(call)
        properties = await kind.completed(service, call.workspace, given)
        if isinstance(properties, Answer):
            return properties
        container = kind.held(call.workspace).get(name)
        old = container.versions.get(version) if container else None
        refused = kind.changed(service, (name, version), old.properties, properties) if old else None
        if refused is not None:
            return refused
        new = put_version(service, call.workspace, kind, (name, version), properties)
        made = kind.held(call.workspace)[name].versions[version]
        body = self._shown(call, name, made)
        if new or kind.always_created:
            return ok(body, 201, {"Location": call.url, **kind.headers(properties)})
        return ok(body)

    async def delete(self, _service: Service, call: Call) -> Answer:
        """Remove a version."""
        container = self._kind.held(call.workspace).get(call.parts["name"])
        gone = container.versions.pop(call.parts["version"], None) if container else None
        return Answer(204 if gone is None else 200, NOTHING)

    async def start_upload(self, service: Service, call: Call) -> Answer:
        """Make room for files: a container of their own and a SAS that opens it for eight hours."""
        workspace = call.workspace
        container = f"{workspace.id}-{''.join(secrets.choice(_BASE32) for _ in range(26))}"
        await service.blobs.make(workspace.account, container)
        links, account = service.blobs.links, workspace.account
        sas = links.sas_url(account, container, permissions="rcwl", hours=8)
        beside = f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.group}/providers"
        return ok(
            {
                "blobReferenceForConsumption": {
                    "blobUri": _with_port(links.url(account, container)),
                    "storageAccountArmId": f"{beside}/Microsoft.Storage/storageAccounts/{account}",
                    "credential": {"credentialType": "SAS", "sasUri": sas},
                },
                "pendingUploadId": str(uuid.uuid4()),
                "pendingUploadType": "None",
            }
        )

    def _shown(self, call: Call, name: str, version: Resource) -> Json:
        shown = self._kind.version_shown(call.workspace, name, version)
        return {**shown, "properties": known_to(call, self._kind.collection, shown["properties"])}


def _with_port(url: str) -> str:
    """The service writes the port into a blob's address, and not into that with the SAS."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc}:443").geturl()


def _wanted(call: Call, *, archived: bool) -> bool:
    view = call.query.get("listViewType", "All")
    return view == "All" or (view == "ArchivedOnly") == archived


def routes() -> Routes:
    """Return what is answered for each kind."""
    table = Routes()
    for kind in KINDS:
        answers, base = _Answers(kind), f"{{ws}}/{kind.collection}"
        one = f"{base}/{{name}}/versions/{{version}}"
        handlers: Sequence[tuple[str, str, Handler]] = (
            ("GET", base, answers.containers),
            ("GET", f"{base}/{{name}}", answers.container),
            ("PUT", f"{base}/{{name}}", answers.put_container),
            ("DELETE", f"{base}/{{name}}", answers.delete_container),
            ("GET", f"{base}/{{name}}/versions", answers.versions),
            ("GET", one, answers.version),
            ("PUT", one, answers.put),
            ("DELETE", one, answers.delete),
            ("POST", f"{one}/startPendingUpload", answers.start_upload),
        )
        for method, template, handler in handlers:
            table.add(method, "arm", template, handler)
    return table
