"""The emulator's proxy by itself: who is joined with whom, and what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.emulator.proxy import Proxy
from tests.helpers.emulators import running_emulator


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(1000):
        writer.write(piece.upper())
    writer.close()


@pytest.fixture
async def far() -> AsyncIterator[int]:
    """A server that shouts back, at a port."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def proxy(far: int) -> AsyncIterator[int]:
    """A proxy that knows `here.example`, and `away.example` where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        places = {"here.example": ("127.0.0.1", far), "away.example": taken.getsockname()}
        made = Proxy(lambda host, _port: places.get(host))
        yield await made.start()
        await made.close()


async def _asked(port: int, text: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    return reader, writer, (await reader.readline()).decode().strip()


async def test_bytes_go_both_ways_until_one_side_ends(proxy: int) -> None:
    reader, writer, status = await _asked(proxy, "CONNECT Here.Example:443 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == "HTTP/1.1 200 Connection established"
    assert await reader.readline() == b"\r\n"
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"HELLO"
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("CONNECT elsewhere.example:443 HTTP/1.1", 403),
        ("CONNECT here.example:many HTTP/1.1", 403),
        ("GET http://here.example/ HTTP/1.1", 405),
        ("CONNECT away.example:443 HTTP/1.1", 502),
    ],
)
async def test_what_can_not_be_joined_is_refused(proxy: int, asked: str, status: int) -> None:
    reader, writer, told = await _asked(proxy, f"{asked}\r\n\r\n")
    assert told.startswith(f"HTTP/1.1 {status} ")
    assert b"Connection: close" in await reader.read()
    writer.close()


@pytest.mark.parametrize("nonsense", ["\r\n\r\n", "\x00\xff\r\n\r\n", "CONNECT\r\n\r\n", "x" * 70000])
async def test_nonsense_ends_the_connection_and_nothing_else(proxy: int, nonsense: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
    writer.write(nonsense.encode("latin-1"))
    try:
        writer.write_eof()
        told = await reader.read()
        assert told == b"" or told.startswith(b"HTTP/1.1 40")
    except ConnectionResetError:
        pass  # it did not want to read on
    writer.close()
    _, other, status = await _asked(proxy, "CONNECT here.example:443 HTTP/1.1\r\n\r\n")
    assert status.startswith("HTTP/1.1 200")
    other.close()


async def test_its_end_cuts_every_connection(far: int) -> None:
    proxy = Proxy(lambda _host, _port: ("127.0.0.1", far))
    port = await proxy.start()
    reader, writer, status = await _asked(port, "CONNECT any.example:443 HTTP/1.1\r\n\r\n")
    assert status.startswith("HTTP/1.1 200")
    await reader.readline()
    await proxy.close()
    with contextlib.suppress(ConnectionResetError):  # cut, as a cable is
        assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(("options", "status"), [(("--tunnel",), 200), ((), 403)])
async def test_other_hosts_are_let_through_where_that_is_asked_for(
    far: int, tmp_path: Path, options: Sequence[str], status: int
) -> None:
    with running_emulator(tmp_path, *options) as emulator:
        port = int(emulator.proxy.rpartition(":")[2])
        _, writer, told = await _asked(port, f"CONNECT 127.0.0.1:{far} HTTP/1.1\r\n\r\n")
        writer.close()
    assert told.startswith(f"HTTP/1.1 {status} ")
    known = Path(emulator.environment["SSL_CERT_FILE"]).read_text(encoding="utf-8")
    assert known.startswith(emulator.ca.read_text(encoding="utf-8").strip())
    assert (known.count("BEGIN CERTIFICATE") > 1) == (status == 200), "hosts that are let through have their own"


def test_with_a_port_of_its_own_the_control_plane_is_at_the_next_one(tmp_path: Path) -> None:
    port = _two_free_ports()
    with running_emulator(tmp_path, "--port", str(port)) as emulator:
        assert emulator.proxy == f"http://127.0.0.1:{port}"
        assert (
            emulator.control_url == f"http://127.0.0.1:{port + 1}" == emulator.environment["AZUREML_EMULATOR_CONTROL"]
        )
        assert emulator.control("log") == []


def _two_free_ports() -> int:
    """Return a port that is free like the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second, contextlib.suppress(OSError):
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            second.bind(("127.0.0.1", port + 1))
            return port
