"""Requests over HTTPS: the proxy and certificates that the environment names, repeats where that is safe, tokens."""

from __future__ import annotations

import asyncio
import json
import os
import random
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import certifi
import httpx

from . import broken, faults, rights
from .faults import Fault

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.4, 8.0  # seconds between two tries
_UNREACHED = 3  # tries where no connection is made: who is offline wants to know it soon
_TRIES = 6
_CUT = 2  # times that an answer which is no whole JSON is asked for again
_CONNECT = 15.0  # seconds to reach a host
_LEAST = 2.0  # seconds that an answer may take at least, however little patience is left

Authorize = Callable[[str], Awaitable[str]]
"""Returns the value of the Authorization header; called with what was said where the last one was not accepted."""


@dataclass(frozen=True)
class Request:
    """What is asked. `authorize` is None where the URL carries its own signature."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    patience: float = 30.0
    authorize: Authorize | None = None
    accept: frozenset[int] = frozenset()


class Web:
    """One client with its connections, made when it is first needed."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self.clock_off = ""
        """What to say of this computer's clock, by the last answer that came; empty where it agrees with theirs."""

    async def ask(self, request: Request) -> httpx.Response:
        """Return the whole answer."""
        async with self.answer(request) as response:
            return response

    async def ask_json(self, request: Request) -> tuple[httpx.Response, Any]:
        """Return the whole answer and its JSON; one that came cut is asked for again where that is safe."""
        for left in range(_CUT if request.method in SAFE else 0, -1, -1):
            response = await self.ask(request)
            try:
                return response, parsed(response)
            except Fault:
                if not left:
                    raise
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def answer(self, request: Request, *, streamed: bool = False) -> AsyncIterator[httpx.Response]:
        """Yield the answer to a request; where it is `streamed`, its body is still to come. Raises Fault."""
        tries = _Tries(request)
        while True:
            try:
                response = await self._once(request, tries, streamed=streamed)
            except httpx.HTTPError as error:
                await tries.after_error(error)
                continue
            self.clock_off = rights.clock_off(dict(response.headers))
            try:
                if response.is_success or response.status_code in request.accept:
                    yield response
                    return
                body = await _body(response)
            finally:
                await response.aclose()
            await tries.after_answer(response, body)

    async def close(self) -> None:
        """End all connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _once(self, request: Request, tries: _Tries, *, streamed: bool) -> httpx.Response:
        headers = dict(request.headers)
        if request.authorize:
            headers["Authorization"] = await request.authorize(tries.refused)
        client = self._made()
        timeout = httpx.Timeout(max(tries.left, _LEAST), connect=_CONNECT, pool=None)
        try:
            built = client.build_request(
                request.method, request.url, headers=headers, content=request.content, timeout=timeout
            )
        except httpx.InvalidURL as error:  # the service names many that are asked next
            message = f"{faults.without_query(request.url)} is no address that can be asked: {error}."
            raise Fault("bad-request", message) from error
        if streamed:
            return await client.send(built, stream=True)
        try:
            async with asyncio.timeout(max(tries.left, _LEAST)):  # httpx's own is for each piece of an answer
                return await client.send(built)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the answer was not whole in time") from error

    def _made(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=60.0)
            try:
                self._client = httpx.AsyncClient(
                    verify=trusted(), limits=limits, headers={"User-Agent": "rankzero"}, follow_redirects=False
                )
            except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
                raise broken.settings(error) from error
        return self._client


class _Tries:
    """How often a request was tried, and whether and when to try it again."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._end = time.monotonic() + request.patience
        self._count = 0
        self.refused = ""  # what was said of a token that was not accepted

    @property
    def left(self) -> float:
        """The seconds of patience that are left."""
        return self._end - time.monotonic()

    async def after_error(self, error: httpx.HTTPError) -> None:
        """Wait before the next try, or raise what the error means."""
        most = _UNREACHED if broken.is_unreached(error) else _TRIES
        fault = broken.of_error(error, self._request.url, max(self._request.patience, _LEAST))
        await self._again(fault, None, most)

    async def after_answer(self, response: httpx.Response, body: str) -> None:
        """Wait before the next try, or raise what the answer means; a token that is refused is renewed once."""
        status, headers = response.status_code, dict(response.headers)
        fault = faults.of_answer(self._request.method, self._request.url, status, headers, body)
        if status == 401 and self._request.authorize and not self.refused:
            self.refused = f"401 {body} {headers.get('www-authenticate', '')}"
            return
        if status not in _AGAIN:
            raise fault
        await self._again(fault, fault.retry_after, _TRIES)

    async def _again(self, fault: Fault, asked: float | None, most: int) -> None:
        self._count += 1
        own = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (self._count - 1)) * random.uniform(0.7, 1.3)  # noqa: S311
        wait = own if asked is None else asked
        if self._request.method not in SAFE or self._count >= most or wait > self.left:
            raise fault
        await asyncio.sleep(wait)


async def _body(response: httpx.Response) -> str:
    try:
        await response.aread()
    except httpx.HTTPError:
        return ""
    return str(response.content.decode("utf-8-sig", "replace"))


def trusted() -> ssl.SSLContext:
    """Return the certificates to trust, found as the SDK does: those that the environment names, or certifi's."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    named = next((os.environ[each] for each in names if os.environ.get(each)), certifi.where())
    if os.path.isdir(named):  # noqa: PTH112 - as requests does
        return ssl.create_default_context(capath=named)
    return ssl.create_default_context(cafile=named)


def parsed(response: httpx.Response) -> Any:
    """Return an answer's JSON, None where it has no body or is something else. Raises Fault for JSON that is cut."""
    if not response.content.strip():
        return None
    try:
        return json.loads(response.content.decode("utf-8-sig"))
    except ValueError as error:
        if "json" not in response.headers.get("content-type", "json"):
            return None
        host, details = faults.host_of(str(response.url)), response.content[:2000].decode("utf-8", "replace")
        message = f"{host} sent an answer that is not whole."
        raise Fault("service", message, hint="Try again.", details=details, status=response.status_code) from error
