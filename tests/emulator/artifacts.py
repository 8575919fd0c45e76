"""A run's artifacts: what there is, and where each can be read without signing in.

Two services show them: the artifact service (`/artifact/v2.0`) and run history (`…/runs/RUN/artifacts`). Members come
from the SDK's own clients; no recording holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from tests.emulator.answers import data_plane_error, ok
from tests.emulator.blobs import Entry
from tests.emulator.clock import stamp
from tests.emulator.history import HISTORY, run_not_found
from tests.emulator.job_records import ARTIFACTS, JobRecord, find_job
from tests.emulator.paging import make_token, read_token
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.run_bodies import LINK_HOURS
from tests.emulator.service import Service
from tests.emulator.state import Json

STORE = "/artifact/v2.0{ws}/artifacts"
PAGE = 1000


async def listed(service: Service, call: Call) -> Answer:
    """List artifacts, all or those below `path`."""
    record = _record(call)
    if record is None:
        return run_not_found(call)
    return _page(call, [_artifact(record, each) for each in await _entries(service, record, _path(call))])


async def content_info(service: Service, call: Call) -> Answer:
    """Tell where one artifact can be read."""
    return await _one(service, call, lambda record, entry: ok(_content(service, record, entry)))


async def below(service: Service, call: Call) -> Answer:
    """Tell where each artifact below a path can be read."""
    record = _record(call)
    if record is None:
        return run_not_found(call)
    return _page(call, [_content(service, record, each) for each in await _entries(service, record, _path(call))])


async def metadata(service: Service, call: Call) -> Answer:
    """Describe one artifact."""
    return await _one(service, call, lambda record, entry: ok(_artifact(record, entry)))


async def content(service: Service, call: Call) -> Answer:
    """Send one artifact's bytes."""
    record, path = _record(call), _path(call)
    data = await service.blobs.get(call.workspace.account, ARTIFACTS, record.prefix + path) if record else None
    if data is None:
        return _absent(path)
    return Answer(200, data, {"Content-Type": "application/octet-stream"})


async def uri(service: Service, call: Call) -> Answer:
    """Tell one artifact's address as plain text."""
    return await _one(service, call, lambda record, entry: ok(_content(service, record, entry)["contentUri"]))


async def _one(service: Service, call: Call, shown: object) -> Answer:
    record, path = _record(call), _path(call)
    if record is None:
        return run_not_found(call)
    name = record.prefix + path
    for entry in await service.blobs.entries(call.workspace.account, ARTIFACTS, name):
        if entry.name == name:
            assert callable(shown)
            answer = shown(record, entry)
            assert isinstance(answer, Answer)
            return answer
    return _absent(path)


def _record(call: Call) -> JobRecord | None:
    return find_job(call.workspace, call.parts.get("run") or call.parts["container"].removeprefix("dcid."))


def _path(call: Call) -> str:
    return (call.parts.get("path") or call.query.get("path") or "").lstrip("/")


async def _entries(service: Service, record: JobRecord, path: str) -> Sequence[Entry]:
    return await service.blobs.entries(record.workspace.account, ARTIFACTS, record.prefix + path)


def _artifact(record: JobRecord, entry: Entry) -> Json:
    path, container = entry.name.removeprefix(record.prefix), f"dcid.{record.name}"
    return {
        "artifactId": f"ExperimentRun/{container}/{path}",
        "origin": "ExperimentRun",
        "container": container,
        "path": path,
        "etag": None,
        "createdTime": stamp(entry.modified),
        "dataPath": {"dataStoreName": "workspaceartifactstore", "relativePath": entry.name, "sqlDataPath": None},
        "tags": {},
    }


def _content(service: Service, record: JobRecord, entry: Entry) -> Json:
    link = service.blobs.links.sas_url(record.workspace.account, ARTIFACTS, entry.name, hours=LINK_HOURS)
    path = entry.name.removeprefix(record.prefix)
    return {"contentUri": link, "origin": "ExperimentRun", "container": f"dcid.{record.name}", "path": path, "tags": {}}


def _page(call: Call, found: Sequence[Json]) -> Answer:
    start = read_token(call.query.get("continuationToken") or call.query.get("$continuationToken") or "")
    body: Json = {"value": list(found[start : start + PAGE]), "continuationToken": None, "nextLink": None}
    if start + PAGE < len(found):
        token = make_token(start + PAGE)
        path = f"&path={quote(_path(call))}" if _path(call) else ""
        body |= {
            "continuationToken": token,
            "nextLink": f"https://{call.host}{call.path}?continuationToken={token}{path}",
        }
    return ok(body)


def _absent(path: str) -> Answer:
    return data_plane_error(404, f"Artifact {path} was not found")


def routes() -> Routes:
    """Return what is answered here; the artifact service takes paths in the address or as `?path=`."""
    table = Routes()
    for tail in ("", "/{path*}"):
        table.add("GET", "api", f"{STORE}/prefix/contentinfo/ExperimentRun/{{container}}{tail}", below)
        table.add("GET", "api", f"{STORE}/contentinfo/ExperimentRun/{{container}}{tail}", content_info)
        table.add("GET", "api", f"{STORE}/content/ExperimentRun/{{container}}{tail}", content)
        table.add("GET", "api", f"{STORE}/metadata/ExperimentRun/{{container}}{tail}", metadata)
    table.add("GET", "api", f"{STORE}/ExperimentRun/{{container}}", listed)
    for within in ("/experiments/{experiment}", "/experimentids/{experiment}"):
        of_run = f"{HISTORY}{within}/runs/{{run}}/artifacts"
        for tail, handler in (
            ("", listed), ("/path", listed), ("/contentinfo", content_info), ("/prefix/contentinfo", below),
            ("/metadata", metadata), ("/artifacturi", uri),
        ):  # fmt: skip
            table.add("GET", "api", of_run + tail, handler)
    return table
