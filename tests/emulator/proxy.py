"""A CONNECT proxy on the loopback: real host names lead to the emulator, every other host is refused."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from tests.emulator.line_faults import ClearLine, Line

Where = Callable[[str, int], tuple[str, int] | None]
"""Tells to which address a connection to a host and port leads; None where it is refused."""

_PATIENCE = 30.0
_PIECE = 64 * 1024


class Proxy:
    """Listens on 127.0.0.1 and joins each client with the address that its host name leads to."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refused: list[str] = []
        self.line: Line = ClearLine()
        self._port = 0

    async def start(self, port: int = 0) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    @property
    def listens(self) -> bool:
        """Whether clients can connect at present."""
        return self._server is not None

    async def pause(self) -> None:
        """Refuse and cut all connections, as a cable pulled out does, until `resume`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_all()

    async def resume(self) -> None:
        """Listen again where it was."""
        if self._server is None:
            await self.start(self._port)

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def drop_all(self) -> None:
        """Cut every connection, as a network that goes away does."""
        for task in tuple(self._open):
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client went away or speaks something else
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        if method != "CONNECT":
            return await _refuse(writer, 405, "this proxy knows CONNECT only")
        host, _, port = target.rpartition(":")
        _answer_at_once(writer)
        if not await self.line.opens(host.lower()):
            writer.transport.abort()
            return None
        leads_to = self._where(host.lower(), int(port)) if port.isdigit() else None
        if leads_to is None:
            self.refused.append(target)
            return await _refuse(writer, 403, f"{target} is not emulated")
        try:
            far_reader, far_writer = await asyncio.open_connection(*leads_to)
        except OSError:
            return await _refuse(writer, 502, f"{target} can't be reached")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(self._carry(host.lower(), reader, far_writer, writer), _copy(far_reader, writer))
        finally:
            far_writer.transport.abort()
        return None

    async def _carry(
        self, host: str, reader: asyncio.StreamReader, far: asyncio.StreamWriter, near: asyncio.StreamWriter
    ) -> None:
        """Pass on what the client sends, as far as the line carries it."""
        carried: dict[int, int] = {}
        try:
            while piece := await reader.read(_PIECE):
                _answer_at_once(near)
                if not await self.line.carries(host, len(piece), carried):
                    near.transport.abort()
                    return
                far.write(piece)
                await far.drain()
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                far.close()


def _answer_at_once(writer: asyncio.StreamWriter) -> None:
    """Acknowledge what comes without delay: behind a proxy, clients wait for it between the head and a small body."""
    quickly = getattr(socket, "TCP_QUICKACK", None)
    if quickly is not None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, quickly, 1)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until the sender ends, then tell the receiver that it did."""
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()


async def _refuse(writer: asyncio.StreamWriter, status: int, why: str) -> None:
    told = why.encode()
    head = f"HTTP/1.1 {status} Refused\r\nContent-Length: {len(told)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + told)
    await writer.drain()
