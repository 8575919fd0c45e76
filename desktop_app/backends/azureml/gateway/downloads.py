"""Files as a whole: fetched beside their place, gone on with after a break, checked, then moved there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from . import broken
from .faults import Fault
from .tailing import size_of
from .web import Request, Web

PART = ".rz-part"  # an ending that no file of a run has, as `.part` may be
_BREAKS = 6  # broken connections in a row that brought nothing
_UNLIKE = 2  # times that a file which came other than it is there is fetched again
_TELL = 0.1  # seconds between two words about the progress

Say = Callable[..., None]


async def download(web: Web, request: Callable[..., Request], asked: Mapping[str, Any], say: Say) -> None:
    """Fetch a file to `path`. Raises Fault where it can't be had whole: `path` is then as it was."""
    part = _Part(Path(asked["path"]))
    for left in range(_UNLIKE, -1, -1):
        expected = await _whole(web, request, part, asked, say)
        try:
            await asyncio.to_thread(part.finish, expected, asked.get("size"), asked.get("md5") or part.md5)
            return
        except Fault:
            if not left:
                raise


async def _whole(web: Web, request: Callable[..., Request], part: _Part, asked: Mapping[str, Any], say: Say) -> int:
    """Fetch all that is missing, through breaks; return how many bytes the file has."""
    await asyncio.to_thread(part.begin)
    breaks = 0
    while True:
        before = part.have
        try:
            expected = await _fetch(web, request(asked, headers=part.headers()), part, asked, say)
        except httpx.HTTPError as error:
            breaks = 0 if part.have > before else breaks + 1
            if breaks >= _BREAKS:
                raise broken.of_error(error, asked["url"], float(asked.get("patience", 30.0))) from error
            await asyncio.sleep(min(8.0, 0.4 * 2**breaks))
            continue
        if expected is not None:
            return expected


class _Part:
    """What is there of a file: PATH.rz-part, and beside it which version of the file it is of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}{PART}")
        self.note = path.with_name(f"{path.name}{PART}.json")
        self.have = 0
        self.etag = ""
        self.md5 = ""

    def begin(self) -> None:
        """Find out what is there already."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError, ValueError, TypeError):
            self.etag = str(json.loads(self.note.read_text("utf-8"))["etag"])
            self.have = self.part.stat().st_size
        if not self.etag or not self.have:
            self.restart()

    def restart(self) -> None:
        """Begin from nothing."""
        self.have, self.etag = 0, ""
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def headers(self) -> dict[str, str]:
        """Return what a request asks for: the rest, and only of the same version."""
        plain = {"Accept-Encoding": "identity"}
        return {**plain, "Range": f"bytes={self.have}-", "If-Match": self.etag} if self.have else plain

    def remember(self, etag: str) -> None:
        """Note which version of the file the part is of; a file without one is not gone on with."""
        self.etag = etag
        if etag:
            self.note.write_text(json.dumps({"etag": etag}), encoding="utf-8")

    def finish(self, expected: int, size: int | None, md5: str) -> None:
        """Check the part and move it to its place."""
        there = self.part.stat().st_size
        wrong = next((each for each in (expected, size) if each is not None and each != there), None)
        if wrong is not None:
            self.restart()
            message = f"{self.path.name} came with {there:,} bytes instead of {wrong:,}."
            raise Fault("service", message, hint="Fetch it again.")
        if md5 and _md5(self.part) != md5:
            self.restart()
            raise Fault(
                "service", f"{self.path.name} came with other contents than it has there.", hint="Fetch it again."
            )
        self.part.replace(self.path)
        self.note.unlink(missing_ok=True)


async def _fetch(web: Web, request: Request, part: _Part, asked: Mapping[str, Any], say: Say) -> int | None:
    """Add what comes to the part; return how many bytes the whole file has, None where it has to begin anew."""
    request = replace(request, accept=frozenset({412, 416}))
    async with web.answer(request, streamed=True) as response:
        total = size_of(response)
        if response.status_code == 416 and total == part.have:
            return total
        if response.status_code in (412, 416):
            if not part.have:  # an empty blob that knows no ranges was asked for none
                raise Fault("service", f"{part.path.name} can't be fetched ({response.status_code}).")
            await asyncio.to_thread(part.restart)
            return None
        if response.status_code == 200:
            part.have = 0
        part.md5 = _stated(response)
        await asyncio.to_thread(part.remember, response.headers.get("etag", ""))
        await _write(response, part, total or asked.get("size") or 0, say)
        # A body that ends early without an error is a break as well.
        if part.have < total:
            raise httpx.RemoteProtocolError(f"the answer ended after {part.have} of {total} bytes")
        return part.have


async def _write(response: httpx.Response, part: _Part, total: int, say: Say) -> None:
    told = 0.0
    with part.part.open("r+b" if part.have else "wb") as file:
        file.truncate(part.have)
        file.seek(part.have)
        async for chunk in response.aiter_bytes():
            file.write(chunk)
            part.have += len(chunk)
            if time.monotonic() - told > _TELL:
                told = time.monotonic()
                say(f"Fetching {part.path.name}", round(part.have / total, 3) if total else None)


def _stated(response: httpx.Response) -> str:
    """Return the MD5 that the service says the whole file has."""
    whole = response.headers.get("x-ms-blob-content-md5", "")
    return str(whole or (response.headers.get("content-md5", "") if response.status_code == 200 else ""))


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "md5").digest()).decode()
