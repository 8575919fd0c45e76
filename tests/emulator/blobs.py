"""The blobs as the other parts of the emulator use them: the same few calls for the built-in store and for Azurite."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from tests.emulator.blob_signing import Grant, account_key, account_sas, delegation_sas, service_sas
from tests.emulator.blob_store import BLOCK, AbsentError, Store
from tests.emulator.clock import Clock

SUFFIX = "blob.core.windows.net"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a listing says of a blob."""

    name: str
    size: int
    modified: datetime
    kind: str = "BlockBlob"


class Blobs(Protocol):
    """Storage accounts with containers and blobs; what is not there yet is made by the first call that writes.

    An account's key is `blob_signing.account_key(account)`, always.
    """

    @property
    def links(self) -> "Links":
        """Makes addresses, with and without SAS."""

    async def put(
        self, account: str, container: str, name: str, data: bytes | Path, *, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Write a block blob: bytes, or a file of any size."""

    async def append(self, account: str, container: str, name: str, data: bytes) -> None:
        """Add to the end of an append blob; the cost is that of the new bytes."""

    async def get(
        self, account: str, container: str, name: str, offset: int = 0, length: int | None = None
    ) -> bytes | None:
        """The bytes from `offset` on; None where there is no such blob."""

    async def list(self, account: str, container: str, prefix: str = "") -> Sequence[str]:
        """The names that begin with `prefix`, in order."""

    async def entries(self, account: str, container: str, prefix: str = "") -> Sequence[Entry]:
        """The same with sizes and times."""

    async def exists(self, account: str, container: str, name: str) -> bool:
        """Whether there is such a blob."""

    async def delete(self, account: str, container: str, name: str) -> None:
        """Remove a blob, where there is one."""

    async def make(self, account: str, container: str) -> None:
        """Make a container, where it is not there yet."""


@dataclass(slots=True)
class Links:
    """Makes the addresses, with and without permissions, that the service hands out; `clock` is the service's.

    `lifetime` is the longest that any of them is good; None: as long as its maker wants. `signer` is the identity
    (object id, tenant) that signs where the accounts have no keys to sign with.
    """

    clock: Clock
    lifetime: timedelta | None = None
    signer: tuple[str, str] | None = None
    suffix: str = SUFFIX

    def url(self, account: str, container: str, name: str = "") -> str:
        """The address of a container or blob, without any permission to read it."""
        return f"https://{account}.{self.suffix}/{container}" + (f"/{quote(name, safe='/~')}" if name else "")

    def sas(self, account: str, container: str, name: str = "", *, permissions: str = "r", hours: float = 1.0) -> str:
        """The query (without "?") that opens one blob, or a whole container where `name` is empty."""
        grant = self._grant(permissions, hours)
        if self.signer is not None:
            return delegation_sas(account, container, name, grant, self.signer)
        return service_sas(account_key(account), account, container, name, grant)

    def sas_url(
        self, account: str, container: str, name: str = "", *, permissions: str = "r", hours: float = 1.0
    ) -> str:
        """Address and permission in one, as run history and pending uploads hand it out."""
        query = self.sas(account, container, name, permissions=permissions, hours=hours)
        return f"{self.url(account, container, name)}?{query}"

    def account_sas(self, account: str, *, permissions: str = "rcuwdl", hours: float = 1.0) -> str:
        """The query that opens all containers and blobs of an account; `listSecrets` puts a "?" before it."""
        return account_sas(account_key(account), account, self._grant(permissions, hours), resources="co")

    def _grant(self, permissions: str, hours: float) -> Grant:
        now = self.clock.now().astimezone(UTC)
        good = timedelta(hours=hours) if self.lifetime is None else min(self.lifetime, timedelta(hours=hours))
        return Grant(permissions, now + good, now - timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class BuiltInBlobs:
    """Blobs in files of the emulator's own (blob_store.py), served by blob_answers.py."""

    store: Store
    links: Links

    async def put(
        self, account: str, container: str, name: str, data: bytes | Path, *, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Write a block blob: bytes, or a file of any size."""
        if isinstance(data, bytes):
            self.store.put(account, container, name, data, metadata)
            return
        box = self.store.container(account, container)
        path, md5 = await asyncio.to_thread(self.store.copied, account, container, data)
        self.store.settle(box, name, path, BLOCK, md5=md5, metadata=dict(metadata or {}))

    async def append(self, account: str, container: str, name: str, data: bytes) -> None:
        """Add to the end of an append blob; the cost is that of the new bytes."""
        self.store.append(account, container, name, data)

    async def get(
        self, account: str, container: str, name: str, offset: int = 0, length: int | None = None
    ) -> bytes | None:
        """The bytes from `offset` on; None where there is no such blob."""
        try:
            return self.store.read(self.store.find(account, container, name), offset, length)
        except AbsentError:
            return None

    async def list(self, account: str, container: str, prefix: str = "") -> Sequence[str]:
        """The names that begin with `prefix`, in order."""
        return [blob.name for blob in self.store.starting_with(account, container, prefix)]

    async def entries(self, account: str, container: str, prefix: str = "") -> Sequence[Entry]:
        """The same with sizes and times."""
        found = self.store.starting_with(account, container, prefix)
        return [Entry(blob.name, blob.size, blob.modified, blob.kind) for blob in found]

    async def exists(self, account: str, container: str, name: str) -> bool:
        """Whether there is such a blob."""
        return await self.get(account, container, name, 0, 0) is not None

    async def delete(self, account: str, container: str, name: str) -> None:
        """Remove a blob, where there is one."""
        try:
            self.store.remove(account, container, name)
        except AbsentError:
            return

    async def make(self, account: str, container: str) -> None:
        """Make a container, where it is not there yet."""
        self.store.container(account, container)
