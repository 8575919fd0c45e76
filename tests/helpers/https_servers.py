"""A real HTTPS server that plays the service: a function answers, and what was asked is remembered."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class HttpsServer:
    """Where it listens, whose certificate it shows, and what it was asked."""

    url: str
    ca: Path
    requests: list[web.Request] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        """The methods of all requests, in their order."""
        return [each.method for each in self.requests]

    def header(self, name: str) -> list[str | None]:
        """Return a header of all requests."""
        return [each.headers.get(name) for each in self.requests]


@contextlib.asynccontextmanager
async def https_server(folder: Path, handler: Handler) -> AsyncIterator[HttpsServer]:
    """Serve on a free port of this computer, with a certificate of an authority whose file lies in `folder`."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = HttpsServer("", folder / "ca.pem")

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.BaseRequest)
        server.requests.append(request)  # type: ignore[arg-type]
        return await handler(request)  # type: ignore[arg-type]

    runner = web.ServerRunner(web.Server(answer, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    server.url = f"https://localhost:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)


def reset(request: web.BaseRequest) -> web.Response:
    """Break the connection of a request without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
