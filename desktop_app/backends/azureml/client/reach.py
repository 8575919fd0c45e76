"""Whether a cloud's host can be reached at all, found out in half a second; nothing is asked of it, nobody signs in."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import threading
import urllib.request
from urllib.parse import SplitResult, unquote, urlsplit

PATIENCE = 0.6
"""Seconds in which a connection is made wherever one can work."""


async def is_reachable(url: str, patience: float = PATIENCE) -> bool:
    """Whether a host takes a connection, through the proxy that the environment names for it; True where in doubt."""
    found = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def tell(answer: bool) -> None:
        if not found.done():
            found.set_result(answer)

    def look() -> None:
        answer = _answers(url, patience)
        with contextlib.suppress(RuntimeError):  # nobody waits any more, and the loop is closed
            loop.call_soon_threadsafe(tell, answer)

    # A thread of its own: looking up a name may take long, and the loop would wait for one of its pool at its end.
    threading.Thread(target=look, name="reach", daemon=True).start()
    try:
        async with asyncio.timeout(2 * patience):
            return bool(await found)
    except TimeoutError:
        return False


def _answers(url: str, patience: float) -> bool:
    there = urlsplit(url)
    host, port = there.hostname or "", there.port or 443
    proxy = _proxy(host)
    try:
        if proxy is None:
            socket.create_connection((host, port), patience).close()
            return True
        with socket.create_connection((proxy.hostname or "", proxy.port or 80), patience) as line:
            return proxy.scheme == "https" or _passes(line, f"{host}:{port}", proxy, patience)
    except (OSError, ValueError):
        return False


def _passes(line: socket.socket, place: str, proxy: SplitResult, patience: float) -> bool:
    """Whether a proxy lets through to a place; what it refuses for reasons of its own is told by the real request."""
    line.settimeout(patience)
    name = ""
    if proxy.username:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        name = f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}\r\n"
    line.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{name}\r\n".encode())
    told = line.recv(256)
    status = told.split(b" ")[1] if told.startswith(b"HTTP/") and b" " in told else b""
    return status == b"200" or (status.startswith(b"4") and status != b"404")


def _proxy(host: str) -> SplitResult | None:
    named = urllib.request.getproxies()
    proxy = named.get("https") or named.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")
