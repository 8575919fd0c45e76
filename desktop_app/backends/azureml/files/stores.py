"""Files behind datastores: where a URI leads, what lies there, and fetching all of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from desktop_app.api import OutsideError, Progress, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.clouds import cloud_named
from desktop_app.backends.azureml.client.resources import find, get, path_of, post, record
from desktop_app.backends.azureml.client.routes import DATASTORES, JOBS
from desktop_app.backends.azureml.files import blobs
from desktop_app.backends.azureml.files.blobs import Blob, Container
from desktop_app.backends.azureml.files.safe_names import objection, placed, placed_below
from desktop_app.core.words import plural, size_text

ARTIFACTS = "workspaceartifactstore"
OUTPUTS = "workspaceblobstore"
_STORE = re.compile(r"azureml:/.*?datastores/([^/]+)/paths/(.*)", re.IGNORECASE | re.DOTALL)
_JOB = re.compile(r"azureml://jobs/([^/]+)/outputs/([^/]+)(?:/paths/(.*))?", re.IGNORECASE | re.DOTALL)
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A file below a URI: its path relative to it, or its name where the URI is the file."""

    path: str
    blob: Blob


async def listing(asking: Asking, workspace: Workspace, uri: str) -> Sequence[Found]:
    """Return the files that lie at or below a URI, by path; empty where nothing does."""
    container, path = await locate(asking, workspace, uri)
    return await _below(asking, workspace, container, path)


async def _below(asking: Asking, workspace: Workspace, container: Container, path: str) -> Sequence[Found]:
    """`outputs/model` means the file of that name, or what is below `outputs/model/`; never `outputs/model2`."""
    plain = path.rstrip("/")
    seen = await blobs.listing(asking.wire, workspace, container, plain)
    start = f"{plain}/" if plain else ""
    inside = [
        Found(each.name[len(start) :], each) for each in seen if each.name.startswith(start) and each.name != start
    ]
    itself = [Found(PurePosixPath(plain).name, each) for each in seen if each.name == plain]
    return sorted(itself or inside, key=lambda each: each.path)


async def fetch(asking: Asking, workspace: Workspace, uri: str, folder: Path, progress: Progress) -> Path:
    """Fetch what lies at a URI below `folder`; return the file or folder. Nothing is ever written outside of it."""
    if uri.startswith(("https://", "http://")) and not _is_blob(uri):
        return await _from_web(asking, workspace, uri, folder, progress)
    container, path = await locate(asking, workspace, uri)
    found = await _below(asking, workspace, container, path)
    if not found:
        raise OutsideError(
            f"There are no files at {_plain(uri)}.", hint="They may have been deleted from the datastore."
        )
    targets, left_out = await asyncio.to_thread(placed, [each.path for each in found], folder)
    if left_out:
        raise UserError(f"The files can't be fetched: {left_out[0]}.", hint="Nothing was fetched.")
    await _fetch_all(asking, workspace, container, found, targets, progress)
    await asyncio.to_thread(_check, found, targets)
    is_file = [each.path for each in found] == [PurePosixPath(path.rstrip("/")).name]
    return targets[found[0].path] if is_file else folder


async def _fetch_all(  # noqa: PLR0913, PLR0917 - what to fetch, and where to
    asking: Asking,
    workspace: Workspace,
    container: Container,
    found: Sequence[Found],
    targets: dict[str, Path],
    progress: Progress,
) -> None:
    total = sum(each.blob.size for each in found)
    turns, done = asyncio.Semaphore(_AT_ONCE), [0, 0]

    async def fetch_one(each: Found) -> None:
        async with turns:
            target = targets[each.path]
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
            if not await asyncio.to_thread(blobs.is_same, target, each.blob):  # as after a break
                url, blob = container.url(each.blob.name), each.blob
                await asking.wire.download(workspace, url, target, size=blob.size, md5=blob.md5, progress=_quiet)
        done[0] += 1
        done[1] += each.blob.size
        said = f"Fetched {done[0]} of {plural(len(found), 'file')}, {size_text(done[1])} of {size_text(total)}"
        progress(said, done[1] / total if total else None)

    try:
        async with asyncio.TaskGroup() as group:
            for each in found:
                group.create_task(fetch_one(each))
    except ExceptionGroup as faults:
        raise faults.exceptions[0] from None  # the others ended with it


def _plain(uri: str) -> str:
    """Return a URI without its query, which may hold a signature."""
    return uri.partition("?")[0]


def _quiet(_message: str, _part: float | None) -> None:
    """A file's own progress is not shown: the whole's is."""


def _check(found: Sequence[Found], targets: dict[str, Path]) -> None:
    """Raise OutsideError where not every file is there with its size."""
    wrong = [each.path for each in found if _size(targets[each.path]) != each.blob.size]
    if wrong:
        raise OutsideError(
            f"{plural(len(wrong), 'file')} did not arrive whole: {', '.join(wrong[:3])}.", hint="Try again."
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def target_below(folder: Path, name: str) -> Path:
    """Return where a file of the cloud goes. Raises UserError for a name that no file here may have."""
    placed = placed_below(folder, name)
    if placed is None:
        why = objection(name) or "a link leads out of the folder"
        raise UserError(f"The file “{name}” can't be fetched: {why}.")
    return placed


async def _from_web(asking: Asking, workspace: Workspace, url: str, folder: Path, progress: Progress) -> Path:
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    if not name:
        raise UserError(f"{_plain(url)} names no file.", hint="Its folder can't be listed over the web.")
    target = target_below(folder, name)
    await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
    await asking.wire.download(workspace, url, target, size=None, md5=None, progress=progress)
    return target


async def locate(asking: Asking, workspace: Workspace, uri: str) -> tuple[Container, str]:
    """Return the container that a URI leads to, with leave to read it, and the path in it."""
    if store := _STORE.fullmatch(uri):
        return await container_of(asking, workspace, store[1]), unquote(store[2])
    if job := _JOB.fullmatch(uri):
        return await _of_job(asking, workspace, job[1], job[2], unquote(job[3] or ""))
    if _is_blob(uri):
        parts = urlsplit(uri)
        name, _, path = unquote(parts.path).lstrip("/").partition("/")
        return Container(f"https://{parts.netloc}/{quote(name)}", parts.query), path
    raise UserError(f"“{uri}” is no path of a datastore.", hint="Write it like azureml://datastores/NAME/paths/PATH.")


def _is_blob(uri: str) -> bool:
    return uri.startswith("https://") and ".blob." in (urlsplit(uri).hostname or "")


async def _of_job(asking: Asking, workspace: Workspace, run: str, output: str, path: str) -> tuple[Container, str]:
    """Return where an output of a run lies: its artifacts, or the place that it names, or Azure ML's default for it."""
    if output in ("artifacts", "default"):
        return await container_of(asking, workspace, ARTIFACTS), f"ExperimentRun/dcid.{run}/{path}"
    job = await find(asking, workspace, path_of("jobs", run), JOBS)
    outputs = record(record((job or {}).get("properties")).get("outputs"))
    store, start = place_of_output(run, output, str(record(outputs.get(output)).get("uri") or ""))
    return await container_of(asking, workspace, store), "/".join(filter(None, (start.rstrip("/"), path)))


def place_of_output(run: str, output: str, uri: str) -> tuple[str, str]:
    """Return the datastore of a run's output and the path in it: where its URI says, else Azure ML's default."""
    place = _STORE.fullmatch(uri)
    return (place[1], unquote(place[2])) if place else (OUTPUTS, f"azureml/{run}/{output}")


async def container_of(asking: Asking, workspace: Workspace, name: str) -> Container:
    """Return the container behind a datastore, with leave to read it. Raises UserError for one that holds no blobs."""
    path = path_of("datastores", name)
    properties = record((await get(asking, workspace, path, DATASTORES)).get("properties"))
    account, container = properties.get("accountName"), properties.get("containerName")
    if not account or not container:
        kind = properties.get("datastoreType") or "no blobs"
        raise UserError(f"The datastore {name} holds {kind}, which can't be read from here.")
    endpoint = str(properties.get("endpoint") or cloud_named(workspace.cloud).storage_suffix)
    place = Container(f"https://{account}.blob.{endpoint}/{quote(str(container))}", "")
    if str(record(properties.get("credentials")).get("credentialsType") or "None") == "None":
        return place
    asked = {"expirableSecret": True, "expireAfterHours": 1}
    return blobs.allowed(place, await post(asking, workspace, f"{path}/listSecrets", DATASTORES, asked))
