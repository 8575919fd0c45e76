"""What a run has made, listed and fetched: many files at once, resumed, checked, and never outside the folder.

`outputs/…`, `logs/…` and `user_logs/…` are the run's artifacts; `named_outputs/NAME/…` is what it wrote into an output
of its job file. Sizes and MD5 are those of the storage account, so what arrives is what lies there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import Artifact, OutsideError, Progress, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.resources import find, path_of, record
from desktop_app.backends.azureml.client.routes import JOBS, place_of
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.files import blobs, stores
from desktop_app.backends.azureml.files.blobs import Blob, Container
from desktop_app.backends.azureml.files.safe_names import placed
from desktop_app.core.nearest import nearest
from desktop_app.core.words import plural, size_text

NAMED = "named_outputs"
_AT_ONCE = 8
_LEAVE = 1800.0
"""Seconds for which leave to read a container is used again; it lasts an hour."""


class Fetched(list[Path]):
    """The files that were fetched. `left_out` says of each other one why it stayed where it is."""

    def __init__(self, paths: Sequence[Path] = (), left_out: Sequence[str] = ()) -> None:
        super().__init__(paths)
        self.left_out = tuple(left_out)


@dataclass(frozen=True, slots=True)
class _Item:
    """A file in the cloud by its path among what the run made."""

    path: str
    blob: Blob
    container: Container
    store: str


@dataclass(slots=True)
class Fetching:
    """Lists and fetches; `workspace_of` gives the workspace of a handle's key, `is_live` whether a run goes on."""

    asking: Asking
    workspace_of: Callable[[str], Workspace]
    is_live: Callable[[str], bool]
    clock: Callable[[], float] = time.monotonic
    _leaves: dict[tuple[str, str], tuple[float, Container]] = field(default_factory=dict)

    async def artifacts(self, handle: str) -> Sequence[Artifact]:
        """Return what a run has made up to now, by path. Raises CloudFault."""
        return [Artifact(each.path, each.blob.size) for each in await self._items(handle)]

    async def fetch(self, handle: str, paths: Sequence[str], folder: Path, progress: Progress) -> Fetched:
        """Fetch files, folders (`outputs/model`) or, where `paths` is empty, all. Raises UserError and CloudFault."""
        progress("Looking at what the run made", None)
        items = await self._items(handle)
        chosen = _chosen(items, paths)
        if not chosen:
            hint = "It may not have come so far yet." if self.is_live(handle) else "Its log says what it did."
            raise UserError(f"{place_of(handle).run} has made no file up to now.", hint=hint)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        targets, left_out = await asyncio.to_thread(placed, [each.path for each in chosen], folder)
        wanted = [each for each in chosen if each.path in targets]
        await _Work(self, handle, wanted, targets, progress, self.is_live(handle)).run()
        return Fetched([targets[each.path] for each in wanted], left_out)

    async def _items(self, handle: str) -> list[_Item]:
        place = place_of(handle)
        workspace = self.workspace_of(place.workspace)
        prefix = f"ExperimentRun/dcid.{place.run}/"
        found = await self._below(workspace, stores.ARTIFACTS, prefix, "")
        job = record(await find(self.asking, workspace, path_of("jobs", place.run), JOBS))
        for name, each in record(record(job.get("properties")).get("outputs")).items():
            if name != "default":
                store, path = stores.place_of_output(place.run, name, str(record(each).get("uri") or ""))
                found += await self._below(workspace, store, f"{path.rstrip('/')}/", f"{NAMED}/{name}/")
        return sorted(found, key=lambda each: each.path)

    async def _below(self, workspace: Workspace, store: str, prefix: str, place: str) -> list[_Item]:
        container = await self.container(workspace, store)
        try:
            listed = await blobs.listing(self.asking.wire, workspace, container, prefix)
        except CloudFault as fault:
            if fault.status != 403:
                raise
            container = await self.container(workspace, store, renew=True)
            listed = await blobs.listing(self.asking.wire, workspace, container, prefix)
        return [
            _Item(place + each.name.removeprefix(prefix), each, container, store)
            for each in listed
            if each.name != prefix and each.name.startswith(prefix)
        ]

    async def container(self, workspace: Workspace, store: str, *, renew: bool = False) -> Container:
        """Return a datastore's container with leave to read it, asked for now and then."""
        at, known = self._leaves.get((workspace.key, store), (float("-inf"), None))
        if known is None or renew or self.clock() - at > _LEAVE:
            known = await stores.container_of(self.asking, workspace, store)
            self._leaves[workspace.key, store] = self.clock(), known
        return known


@dataclass(slots=True)
class _Work:
    """One fetching of several files. `is_live`: the run went on when it began, so that files may become other ones."""

    fetching: Fetching
    handle: str
    items: Sequence[_Item]
    targets: dict[str, Path]
    progress: Progress
    is_live: bool
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    done: int = 0
    size: int = 0
    total: int = 0

    async def run(self) -> None:
        """Fetch all; what has come stays, so that the next time goes on there. Raises the first fault, after all."""
        self.total = sum(each.blob.size for each in self.items)
        ended = await asyncio.gather(*(self._one(each) for each in self.items), return_exceptions=True)
        faults = [(each, end) for each, end in zip(self.items, ended, strict=True) if isinstance(end, BaseException)]
        for _each, end in faults:
            if not isinstance(end, UserError):
                raise end
        if faults:
            raise _failed(faults, len(self.items))
        wrong = await asyncio.to_thread(lambda: [each.path for each in self.items if not self._is_whole(each)])
        if wrong:
            raise OutsideError(f"{_some(wrong)} did not arrive whole.", hint="Fetch them again.")

    async def _one(self, item: _Item) -> None:
        target = self.targets[item.path]
        async with self.slots:
            if not await asyncio.to_thread(blobs.is_same, target, item.blob):
                await self._download(item, target)
        self.done += 1
        self.size += item.blob.size
        said = f"Fetched {self.done} of {plural(len(self.items), 'file')}, {size_text(self.size)}"
        self.progress(said, self.size / self.total if self.total else None)

    async def _download(self, item: _Item, target: Path) -> None:
        workspace = self.fetching.workspace_of(place_of(self.handle).workspace)
        size = None if self._may_grow(item) else item.blob.size
        container = item.container
        for is_last in (False, True):
            url = container.url(item.blob.name)
            try:
                await self.fetching.asking.wire.download(
                    workspace, url, target, size=size, md5=item.blob.md5, progress=lambda _said, _part: None
                )
            except CloudFault as fault:
                if is_last or fault.status != 403:
                    raise
                container = await self.fetching.container(workspace, item.store, renew=True)
            else:
                return

    def _may_grow(self, item: _Item) -> bool:
        """Whether a file may have become longer since it was listed: logs are appended to."""
        return item.blob.md5 is None and self.is_live

    def _is_whole(self, item: _Item) -> bool:
        path = self.targets[item.path]
        size = path.stat().st_size if path.is_file() else -1
        return size >= item.blob.size if self._may_grow(item) else size == item.blob.size


def _chosen(items: Sequence[_Item], paths: Sequence[str]) -> list[_Item]:
    """Return the files that were named, or that lie in folders that were. Raises UserError for a name of nothing."""
    if not paths:
        return list(items)
    chosen: dict[str, _Item] = {}
    for path in paths:
        plain = path.strip("/")
        found = [each for each in items if each.path in (path, plain) or each.path.startswith(f"{plain}/")]
        if not found:
            hint = nearest(plain, [each.path for each in items][:50]) if items else "It has made no file up to now."
            raise UserError(f"The run has made no “{path}” up to now.", hint=hint)
        chosen.update({each.path: each for each in found})
    return list(chosen.values())


def _failed(faults: Sequence[tuple[_Item, BaseException]], total: int) -> OutsideError:
    first = faults[0][1]
    details = "\n".join(f"{each.path}: {end}" for each, end in faults)
    message = f"{len(faults)} of {plural(total, 'file')} could not be fetched: {first}"
    return OutsideError(message, hint="What has come stays; fetch again to go on.", details=details)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
