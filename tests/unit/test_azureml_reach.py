"""Whether a cloud can be reached is found out at once, straight or through a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from desktop_app.backends.azureml.client.reach import is_reachable

FAR = "https://management.azure.com"
SOON = 10.0
"""More than any answer takes here, so that none is cut on a busy machine."""


@asynccontextmanager
async def listener(answer: bytes | None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Give the port of somebody who answers what is said with a line, and what was said; None stays mute."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                heard.append(line)
                if line == b"\r\n" and answer is not None:
                    writer.write(answer + b"\r\n\r\n")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
        while left := asyncio.all_tasks() - {asyncio.current_task()}:  # one may only just have been accepted
            await asyncio.wait(left)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the proxies of this machine."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


async def test_straight() -> None:
    async with listener(None) as (port, _heard):
        assert await is_reachable(f"https://127.0.0.1:{port}", SOON)
    assert not await is_reachable(f"https://127.0.0.1:{port}", SOON)


@pytest.mark.parametrize(("answer", "told"), [
    (b"HTTP/1.1 200 Connection established", True),
    (b"HTTP/1.1 407 Proxy Authentication Required", True),
    (b"HTTP/1.1 502 Bad Gateway", False),
    (b"nonsense", False),
])  # fmt: skip
async def test_through_a_proxy_that_answers(answer: bytes, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listener(answer) as (port, heard):
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{port}")
        assert await is_reachable(FAR, SOON) is told
    assert heard[0] == b"CONNECT management.azure.com:443 HTTP/1.1\r\n"
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in heard


async def test_through_a_proxy_that_is_mute_or_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listener(None) as (port, _heard):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        assert not await is_reachable(FAR, 0.05)
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")  # where nobody listens any more
    assert not await is_reachable(FAR, SOON)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with listener(None) as (port, _heard):
        assert await is_reachable(f"https://127.0.0.1:{port}", SOON)
