"""The emulator's blobs kept in Azurite: the same calls as the built-in store's, clients' requests handed on."""

from __future__ import annotations

import asyncio
import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import aiohttp
from yarl import URL

from tests.emulator.azurite import Azurite, AzuriteError
from tests.emulator.blob_signing import VERSION, account_key, shared_key_text, sign
from tests.emulator.blobs import SUFFIX, Entry, Links
from tests.emulator.clock import Clock
from tests.emulator.routing import Answer, Call

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection", "expect", "content-length", "host"}
_OWN = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # those that the client did not send are not added
_BLOCK = 4 << 20


Reply = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the emulator's own to Azurite."""

    method: str
    account: str
    container: str
    name: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The container's or blob's path as it is sent."""
        return f"/{self.container}" + (f"/{quote(self.name, safe='/~')}" if self.name else "")


class AzuriteBlobs:
    """Blobs in Azurite. It is started by the first request, and anew when an account is added."""

    def __init__(self, azurite: Azurite, links: Links) -> None:
        self.links = links
        self._azurite = azurite
        self._session: aiohttp.ClientSession | None = None
        self._starting = asyncio.Lock()

    async def make(self, account: str, container: str) -> None:
        """Make a container, where it is not there."""
        await self._ask(Request("PUT", account, container, query={"restype": "container"}))

    async def put(
        self, account: str, container: str, name: str, data: bytes | Path, *, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Write a block blob: bytes, or a file of any size."""
        told = {f"x-ms-meta-{key}": value for key, value in (metadata or {}).items()}
        if isinstance(data, Path) and data.stat().st_size > _BLOCK:
            await self._put_blocks(Request("PUT", account, container, name, headers=told), data)
            return
        body = data.read_bytes() if isinstance(data, Path) else data
        whole = told | {"x-ms-blob-type": "BlockBlob"}
        await self._write(Request("PUT", account, container, name, headers=whole, body=body))

    async def _put_blocks(self, blob: Request, source: Path) -> None:
        listed = ""
        with source.open("rb") as file:
            while piece := file.read(_BLOCK):
                block = b64encode(f"{file.tell():020d}".encode()).decode()
                listed += f"<Latest>{block}</Latest>"
                await self._write(replace(blob, query={"comp": "block", "blockid": block}, headers={}, body=piece))
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        await self._write(replace(blob, query={"comp": "blocklist"}, body=body))

    async def append(self, account: str, container: str, name: str, data: bytes) -> None:
        """Add to the end of an append blob; the cost is that of the new bytes."""
        if not data or not await self.exists(account, container, name):
            made = {"x-ms-blob-type": "AppendBlob", "If-None-Match": "*"}
            await self._write(Request("PUT", account, container, name, headers=made), fine=(409,))
        for start in range(0, len(data), _BLOCK):
            piece = data[start : start + _BLOCK]
            await self._write(Request("PUT", account, container, name, {"comp": "appendblock"}, body=piece))

    async def get(
        self, account: str, container: str, name: str, offset: int = 0, length: int | None = None
    ) -> bytes | None:
        """The bytes from `offset` on; None where there is no such blob."""
        if length == 0:
            return b"" if await self.exists(account, container, name) else None
        end = "" if length is None else str(offset + length - 1)
        headers = {} if offset == 0 and length is None else {"x-ms-range": f"bytes={offset}-{end}"}
        status, _, body = await self._ask(Request("GET", account, container, name, headers=headers))
        return {404: None, 416: b""}.get(status, body)

    async def list(self, account: str, container: str, prefix: str = "") -> Sequence[str]:
        """The names that begin with `prefix`, in order."""
        return [entry.name for entry in await self.entries(account, container, prefix)]

    async def entries(self, account: str, container: str, prefix: str = "") -> Sequence[Entry]:
        """The same with sizes and times."""
        found: list[Entry] = []
        query, marker = {"restype": "container", "comp": "list", "prefix": prefix}, ""
        while True:
            asked = query | ({"marker": marker} if marker else {})
            status, _, body = await self._ask(Request("GET", account, container, query=asked))
            if status != 200:
                return found
            tree = ElementTree.fromstring(body.decode("utf-8-sig"))
            found += [_entry(blob) for blob in tree.iter("Blob")]
            marker = tree.findtext("NextMarker") or ""
            if not marker:
                return found

    async def exists(self, account: str, container: str, name: str) -> bool:
        """Whether there is such a blob."""
        status, _, _ = await self._ask(Request("HEAD", account, container, name))
        return status == 200

    async def delete(self, account: str, container: str, name: str) -> None:
        """Remove a blob, where there is one."""
        await self._ask(Request("DELETE", account, container, name))

    async def forward(self, call: Call) -> Answer:
        """Hand a client's request on as it is, and Azurite's answer back."""
        headers = {name: value for name, value in call.headers.items() if name not in _HOP_BY_HOP}
        target = call.path + (f"?{call.query_string}" if call.query_string else "")
        status, told, body = await self._send(call.method, call.host, target, headers, call.body)
        kept = {name: value for name, value in told.items() if name.lower() not in _HOP_BY_HOP}
        if call.method == "HEAD" and "Content-Length" in told:
            kept["Content-Length"] = told["Content-Length"]
        return Answer(status, body, kept)

    async def close(self) -> None:
        """End Azurite."""
        if self._session is not None:
            await self._session.close()
        await self._azurite.close()

    async def _write(self, request: Request, *, fine: Sequence[int] = ()) -> None:
        status, _, told = await self._ask(request)
        if status == 404 and b"ContainerNotFound" in told:
            await self.make(request.account, request.container)
            status, _, told = await self._ask(request)
        if status >= 300 and status not in fine:
            raise AzuriteError(f"Azurite answers {status} to {request.method} {request.path}: {told[:500]!r}")

    async def _ask(self, request: Request) -> Reply:
        """Send a request of the emulator's own, signed with the account's key."""
        date, account = format_datetime(Clock().now(), usegmt=True), request.account
        told = {name.lower(): value for name, value in request.headers.items()}
        told |= {"x-ms-date": date, "x-ms-version": VERSION}
        measured = told | {"content-length": str(len(request.body))}
        text = shared_key_text(request.method, request.path, request.query, measured, account)
        told["authorization"] = f"SharedKey {account}:{sign(account_key(account), text)}"
        await self._azurite_for(account)
        target = request.path + (f"?{urlencode(request.query, quote_via=quote)}" if request.query else "")
        return await self._send(request.method, f"{account}.{SUFFIX}", target, told, request.body)

    async def _azurite_for(self, account: str) -> None:
        async with self._starting:
            await self._azurite.know(account)

    async def _send(self, method: str, host: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        account = host.partition(".")[0]
        if account in self._azurite.accounts:
            await self._azurite_for(account)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._azurite.trust), auto_decompress=False
            )
        url = URL(f"https://127.0.0.1:{self._azurite.port}{target}", encoded=True)
        sent = io.BytesIO(body) if body else b""
        told = {**headers, "Host": host}
        asked = self._session.request(method, url, data=sent, headers=told, skip_auto_headers=_OWN)
        async with asked as answer:
            return answer.status, answer.headers, await answer.read()


def _entry(blob: ElementTree.Element) -> Entry:
    told = {each.tag: each.text or "" for each in blob.find("Properties") or ()}
    modified: datetime = parsedate_to_datetime(told["Last-Modified"])
    return Entry(blob.findtext("Name") or "", int(told["Content-Length"]), modified, told["BlobType"])
