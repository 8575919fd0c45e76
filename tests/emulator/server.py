"""The HTTPS server behind the proxy and the plain control server: requests in, answers out, everything logged."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from aiohttp import web

from tests.emulator import answers, tokens
from tests.emulator.areas import AREAS
from tests.emulator.authority import Authority
from tests.emulator.bodies import BodyError
from tests.emulator.faults import Faults
from tests.emulator.hosts import plane_of
from tests.emulator.line_faults import FaultyLine
from tests.emulator.proxy import Proxy
from tests.emulator.routing import Answer, Call, Plane, Routes
from tests.emulator.service import Gate, Go, Seen, Service

_LOG = logging.getLogger(__name__)
_PLACE = ("subscription", "group", "workspace")
_PIECE = 16 * 1024


def joined() -> Routes:
    """Return the routes of all areas."""
    table = Routes()
    for area in AREAS:
        table.join(area.routes())
    return table


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the emulator listens, all on 127.0.0.1."""

    proxy: int
    tls: int
    control: int


class Server:
    """Serves one emulated cloud from `start` until `close`."""

    def __init__(self, service: Service, authority: Authority) -> None:
        self._service = service
        self._authority = authority
        self._routes = joined()
        self._tls_port = 0
        self.blob_port: int | None = None
        self.proxy = Proxy(self._where)
        service.add_part(self.proxy)
        self._runners: list[web.ServerRunner] = []

    async def start(self, port: int = 0) -> Addresses:
        """Prepare the areas and listen: the proxy at `port`, the control plane at the next one (0: both at any)."""
        for area in AREAS:
            area.prepare(self._service)
        for begin in self._service.at_start:
            await begin()
        self.proxy.line = FaultyLine(lambda: self._service.part(Faults))
        self._tls_port = await self._listen("", tls=True)
        control = await self._listen("control", tls=False, port=port and port + 1)
        return Addresses(await self.proxy.start(port), self._tls_port, control)

    async def control(self, path: str, asked: str) -> Answer:
        """Do what a POST of JSON to the control plane would."""
        call = Call("POST", "localhost", "/" + path.lstrip("/"), body=asked.encode(), plane="control")
        return await self._answer(call, "control")

    async def close(self) -> None:
        """Stop listening, end what was started."""
        await self.proxy.close()
        for runner in self._runners:
            await runner.cleanup()
        await self._service.close()

    def _where(self, host: str, port: int) -> tuple[str, int] | None:
        plane = plane_of(host)
        if plane is None:
            return (host, port) if self._service.options.tunnel else None
        return "127.0.0.1", self.blob_port if plane == "blob" and self.blob_port else self._tls_port

    async def _listen(self, plane: str, *, tls: bool, port: int = 0) -> int:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(request, plane_of(request.host.partition(":")[0]) if tls else "control")

        runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=self._authority.server_context() if tls else None)
        await site.start()
        return int(runner.addresses[0][1])

    async def _handle(self, request: web.BaseRequest, plane: Plane | None) -> web.StreamResponse:
        started, when = time.perf_counter(), self._service.clock.now()
        call = await _call_of(request, plane or "arm")
        answer = await self._answer(call, plane)
        seconds = time.perf_counter() - started
        headers = answers.dressed(self._service, call, answer, seconds)
        try:
            return await _send(request, answer, headers)
        finally:
            self._service.log.append(_seen(call, answer, when, time.perf_counter() - started))

    async def _answer(self, call: Call, plane: Plane | None) -> Answer:
        async def last() -> Answer:
            return await self._dispatch(call, plane)

        go: Go = last
        for gate in reversed(self._service.gates):
            go = _through(gate, call, go)
        try:
            return await go()
        except asyncio.CancelledError:
            raise
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            return answers.mfe_error(self._service, 400, f"The request body is no JSON: {error}")
        except BodyError as error:
            return answers.mfe_error(self._service, 400, str(error))
        except Exception as error:  # noqa: BLE001 - a defect of the emulator must be seen as such
            _LOG.exception("%s %s", call.method, call.path)
            return answers.gateway_error(500, "EmulatorError", f"The emulator failed: {error!r}")

    async def _dispatch(self, call: Call, plane: Plane | None) -> Answer:
        found = self._routes.find(call.method, plane, call.path) if plane else None
        if found is None:
            return _unknown(call)
        route, parts = found
        if plane in ("arm", "api") and not route.anonymous:
            refused = tokens.refusal(self._service, call)
            if refused is not None:
                return refused
        named = None
        if "workspace" in parts and "subscription" in parts:
            named = self._service.state.find(parts["subscription"], parts["group"], parts["workspace"])
            if named is None and not (route.template == "{ws}" and call.method == "PUT"):
                return answers.workspace_not_found(self._service, *(parts[each] for each in _PLACE))
        return await route.handler(self._service, replace(call, parts=parts, found=named))


def _through(gate: Gate, call: Call, go: Go) -> Go:
    async def passed() -> Answer:
        return await gate(call, go)

    return passed


def _unknown(call: Call) -> Answer:
    _LOG.info("nobody answers %s %s", call.method, call.url)
    message = f"No HTTP resource was found that matches the request URI '{call.url}'. (The emulator doesn't know it.)"
    return answers.gateway_error(404, "InvalidResourceType", message)


async def _call_of(request: web.BaseRequest, plane: Plane) -> Call:
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Call(
        method=request.method,
        host=request.host.partition(":")[0].lower(),
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=await request.content.read(),
        plane=plane,
        query_string=query,
    )


def _seen(call: Call, answer: Answer, when: object, seconds: float) -> Seen:
    return Seen(
        time=when,  # type: ignore[arg-type]
        method=call.method,
        host=call.host,
        path=call.path,
        api_version=call.api_version,
        status=answer.status,
        seconds=seconds,
        sent=answer.size(),
        received=len(call.body),
        query=call.query_string,
        agent=call.headers.get("user-agent", ""),
    )


async def _send(request: web.BaseRequest, answer: Answer, headers: Mapping[str, str]) -> web.StreamResponse:
    """Send an answer: whole, or cut and slowed as it says."""
    response = web.StreamResponse(status=answer.status, headers=headers)
    if answer.cut == 0:
        _drop(request)
        return response
    if request.method != "HEAD" and headers.get("Transfer-Encoding") == "chunked":
        del response.headers["Transfer-Encoding"]
        response.enable_chunked_encoding()
    elif not {"Content-Length", "Transfer-Encoding"} & set(headers):
        response.content_length = answer.size()
    await response.prepare(request)
    sent = 0
    at_most = min(_PIECE, max(1, int(answer.rate / 10))) if answer.rate else _PIECE
    for piece in () if request.method == "HEAD" else answer.pieces(at_most):
        if answer.rate:
            await asyncio.sleep(len(piece) / answer.rate)
        if answer.cut is not None and sent + len(piece) > answer.cut:
            await response.write(piece[: answer.cut - sent])
            _drop(request)
            return response
        await response.write(piece)
        sent += len(piece)
    await response.write_eof()
    return response


def _drop(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
