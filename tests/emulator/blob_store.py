"""The blobs of the emulated storage accounts: an index in memory, the bytes in files below the emulator's home."""

import bisect
import hashlib
import itertools
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.emulator.blob_signing import account_key

BLOCK, APPEND = "BlockBlob", "AppendBlob"


def md5_of(path: Path) -> str:
    """The MD5 of a file's bytes, base64 as headers have it."""
    with path.open("rb") as file:
        return b64encode(hashlib.file_digest(file, "md5").digest()).decode()


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Blob:
    """One blob as the service describes it; its bytes lie in `path`."""

    name: str
    path: Path
    size: int
    kind: str
    etag: str
    created: datetime
    modified: datetime
    content_type: str = "application/octet-stream"
    md5: str | None = None  # base64; the service keeps none for append blobs and for block lists sent without one
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # Content-Encoding, Cache-Control, … as they were given
    blocks: int = 0  # committed blocks of an append blob
    blocks_listed: tuple[tuple[str, int], ...] = ()  # id and size of each, of a blob that was put by a block list
    copied_from: str = ""


class AbsentError(LookupError):
    """A container or blob that is not there; `what` is the service's word for it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(slots=True)
class Container:
    """The blobs of one container, kept in the order of their names, as listings have them."""

    name: str
    folder: Path
    modified: datetime
    etag: str
    blobs: dict[str, Blob] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    blocks: dict[str, dict[str, Path]] = field(default_factory=dict)  # uncommitted ones: blob name → block id → file

    def keep(self, blob: Blob) -> Blob:
        if blob.name not in self.blobs:
            bisect.insort(self.names, blob.name)
        self.blobs[blob.name] = blob
        return blob

    def drop(self, name: str) -> Blob:
        blob = self.blobs.pop(name)
        del self.names[bisect.bisect_left(self.names, name)]
        return blob

    def starting_with(self, prefix: str, after: str = "") -> Iterator[Blob]:
        """The blobs whose names begin with `prefix`, from the name `after` on."""
        start = bisect.bisect_left(self.names, max(prefix, after))
        for index in range(start, len(self.names)):
            if not self.names[index].startswith(prefix):
                return
            yield self.blobs[self.names[index]]


@dataclass(slots=True)
class Account:
    """One storage account; its key is made from its name, so that a restarted emulator knows the links it gave."""

    name: str
    key: str
    keys_allowed: bool = True  # False: KeyBasedAuthenticationNotPermitted, for SharedKey and for SAS made with the key
    containers: dict[str, Container] = field(default_factory=dict)


class Store:
    """Storage accounts with their containers and blobs. To be used from one thread; every call returns at once.

    Accounts and containers are made by the first call that writes to them.
    """

    def __init__(self, home: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.home, self.now = home / "blobs", now
        self.accounts: dict[str, Account] = {}
        self.keys_allowed = True  # of accounts that are made from now on
        self._numbers = itertools.count(1)
        self._last_tick = 0

    def put(
        self, account: str, container: str, name: str, data: bytes, metadata: Mapping[str, str] | None = None
    ) -> Blob:
        """Store a block blob."""
        box = self.container(account, container)
        path = self.new_file(box, data)
        return self.settle(box, name, path, BLOCK, md5=md5_of(path), metadata=dict(metadata or {}))

    def copied(self, account: str, container: str, source: Path) -> tuple[Path, str]:
        """Copy a file's bytes to where a blob's lie; return where, and their MD5. May be done by any thread."""
        path = self.new_file(self.container(account, container))
        shutil.copyfile(source, path)
        return path, md5_of(path)

    def append(self, account: str, container: str, name: str, data: bytes) -> Blob:
        """Add to the end of an append blob (made where it is absent); the cost is that of the new bytes."""
        box = self.container(account, container)
        blob = box.blobs.get(name) or self.settle(box, name, self.new_file(box), APPEND)
        if data:
            with blob.path.open("ab") as file:
                file.write(data)
        return self.change(box, blob, size=blob.size + len(data), blocks=blob.blocks + bool(data))

    def read(self, blob: Blob, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes from `offset` on, at most `length` of them; nothing else of the file is read."""
        wanted = blob.size - offset if length is None else min(length, blob.size - offset)
        if wanted <= 0:
            return b""
        with blob.path.open("rb") as file:
            file.seek(offset)
            return file.read(wanted)

    def drop_container(self, account: str, box: Container) -> None:
        """Remove a container with all that is in it."""
        del self.account(account).containers[box.name]
        shutil.rmtree(box.folder, ignore_errors=True)

    def remove(self, account: str, container: str, name: str) -> None:
        """Remove a blob and its bytes."""
        self.find(account, container, name)
        self.container(account, container).drop(name).path.unlink(missing_ok=True)

    def account(self, name: str) -> Account:
        """The account of this name, made by the first that asks."""
        return self.accounts.setdefault(name, Account(name, account_key(name), self.keys_allowed))

    def container(self, account: str, name: str) -> Container:
        """The container of this name, made by the first that asks."""
        containers = self.account(account).containers
        if name not in containers:
            containers[name] = Container(name, self.home / account / name, self.now(), self.etag())
            containers[name].folder.mkdir(parents=True, exist_ok=True)
        return containers[name]

    def find(self, account: str, container: str, name: str) -> Blob:
        """The blob; AbsentError with the service's own error code where it or its container is not there."""
        known = self.accounts.get(account)
        if known is None or container not in known.containers:
            raise AbsentError("ContainerNotFound")
        if name not in known.containers[container].blobs:
            raise AbsentError("BlobNotFound")
        return known.containers[container].blobs[name]

    def starting_with(self, account: str, container: str, prefix: str = "") -> list[Blob]:
        """The blobs whose names begin with `prefix`, in their order; none where the container is absent."""
        known = self.accounts.get(account)
        box = known.containers.get(container) if known else None
        return [*box.starting_with(prefix)] if box else []

    def settle(self, box: Container, name: str, path: Path, kind: str, **more: object) -> Blob:
        """Make the bytes at `path` the blob of this name; an older one's bytes go away."""
        old, now = box.blobs.get(name), self.now()
        blob = Blob(name, path, path.stat().st_size, kind, self.etag(), old.created if old else now, now)
        box.keep(replace(blob, **more))  # type: ignore[arg-type]  # the caller names fields of Blob
        if old is not None and old.path != path:
            old.path.unlink(missing_ok=True)
        return box.blobs[name]

    def change(self, box: Container, blob: Blob, **more: object) -> Blob:
        """The same bytes with other properties: a new time and tag."""
        return box.keep(replace(blob, modified=self.now(), etag=self.etag(), **more))  # type: ignore[arg-type]

    def etag(self) -> str:
        """0x8D…: the service's tags are its time in ticks of 100 ns; no two are alike here."""
        since = self.now() - datetime(1, 1, 1, tzinfo=UTC)
        ticks = (since.days * 86400 + since.seconds) * 10_000_000 + since.microseconds * 10
        self._last_tick = max(ticks, self._last_tick + 1)
        return f"0x{self._last_tick:X}"

    def new_file(self, box: Container, data: bytes = b"") -> Path:
        """A file with new bytes; blobs' own names never reach the file system."""
        path = box.folder / f"{next(self._numbers):08d}"
        path.write_bytes(data)
        return path
