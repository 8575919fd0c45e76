"""The end of a growing file: what is new of it is appended to a copy here, and nothing is fetched twice."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import httpx

from . import broken
from .faults import Fault
from .web import Request, Web

_MOST_KNOWN = 5000
_known: dict[str, tuple[int, str]] = {}
"""How far a copy was, and the file's ETag then, where nothing was left to fetch: the next answer may be empty."""

_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


async def tail(web: Web, request: Callable[..., Request], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Append what is new from byte `offset` on; the file is cut there first: more than was told may be in it.

    A connection that breaks in the middle keeps what has come.
    """
    offset = await asyncio.to_thread(_there, asked["path"], int(asked["offset"]))
    known = _known.pop(asked["path"], (-1, ""))
    unchanged = {"If-None-Match": known[1]} if known[0] == offset else {}
    made = request(asked, headers={"Range": f"bytes={offset}-", "Accept-Encoding": "identity", **unchanged})
    made = replace(made, accept=frozenset({304, 416}))
    async with web.answer(made, streamed=True) as response:
        if response.status_code == 304:
            _remember(asked["path"], offset, known[1])
            return _told(offset, offset, 0, shrunk=False)
        size = size_of(response)
        if response.status_code == 416:
            if "content-range" not in response.headers:  # its length is that of the error's text
                size = offset
            return _told(offset, size, 0, shrunk=size < offset)
        if response.status_code == 200 and size < offset:
            return _told(offset, size, 0, shrunk=True)
        skip = _before(response, offset)
        appended = await _append(response, asked["path"], offset, skip)
    if offset + appended == size:
        _remember(asked["path"], size, response.headers.get("etag", ""))
    return _told(offset + appended, max(size, offset + appended), appended, shrunk=False)


def _remember(path: str, offset: int, etag: str) -> None:
    if etag:
        _known[path] = offset, etag
        while len(_known) > _MOST_KNOWN:
            del _known[next(iter(_known))]


def _told(offset: int, size: int, appended: int, *, shrunk: bool) -> dict[str, Any]:
    return {"offset": offset, "size": size, "appended": appended, "shrunk": shrunk}


def _before(response: httpx.Response, offset: int) -> int:
    """Return how many bytes come before what was asked for: who knows no ranges sends all."""
    match = _RANGE.match(response.headers.get("content-range", ""))
    start = int(match[1]) if match and match[1] else 0
    if start > offset:
        raise Fault("service", f"The answer begins at byte {start:,} instead of {offset:,}.", hint="Try again.")
    return offset - start


def size_of(response: httpx.Response) -> int:
    """Return how many bytes the whole file has."""
    match = _RANGE.match(response.headers.get("content-range", ""))
    return int(match[3]) if match else int(response.headers.get("content-length", 0))


async def _append(response: httpx.Response, path: str, offset: int, skip: int) -> int:
    written = 0
    with await asyncio.to_thread(_opened, path, offset) as file:
        try:
            async for chunk in response.aiter_bytes():
                fresh = chunk[skip:]
                skip = max(0, skip - len(chunk))
                file.write(fresh)
                written += len(fresh)
        except httpx.HTTPError as error:
            if not written:
                raise broken.of_error(error, str(response.url), 0) from error
    return written


def _there(path: str, offset: int) -> int:
    """Return how much of the copy is there: of one that was deleted meanwhile, nothing is."""
    try:
        return min(offset, os.path.getsize(path))  # noqa: PTH202
    except OSError:
        return 0


def _opened(path: str, offset: int) -> BinaryIO:
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+b")
    file.truncate(offset)
    file.seek(offset)
    return file
