"""Requests through the child over real HTTPS: what is repeated, what is not, and why none got through."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from desktop_app.backends.azureml.client.child import Child
from desktop_app.backends.azureml.client.gateway_process import Gateway, Limits
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply
from desktop_app.processes import exited
from tests.helpers.gateways import WORKSPACE, gateway_of
from tests.helpers.https_servers import HttpsServer, https_server, reset
from tests.helpers.waiting import wait_until

SECRET = "c2VjcmV0c2lnbmF0dXJl"


class Service:
    """Answers as its `script` says, one entry a request, the last one for ever."""

    def __init__(self) -> None:
        self.script: list[object] = [{}]
        self.gone = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if said == "reset":
            return reset(request)
        if said == "hang":
            try:
                await asyncio.sleep(60)
            finally:
                self.gone += 1
        if isinstance(said, web.Response):
            return said
        return web.json_response(said)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def server(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpsServer]:
    async with https_server(tmp_path, service.answer) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca))
        yield running


@pytest.fixture
async def gateway(azureml_python: Path) -> AsyncIterator[Gateway]:
    async with gateway_of(azureml_python) as made:
        yield made


def failure(status: int, message: str = "no", **headers: str) -> web.Response:
    return web.json_response({"error": {"code": "Word", "message": message}}, status=status, headers=headers)


async def get(gateway: Gateway, url: str, **more: object) -> Reply:
    return await gateway.ask(WORKSPACE, Ask("GET", url, audience="", **more))  # type: ignore[arg-type]


async def fault_of(gateway: Gateway, ask: Ask) -> CloudFault:
    with pytest.raises(CloudFault) as caught:
        await gateway.ask(WORKSPACE, ask)
    return caught.value


async def test_a_clock_that_is_off_is_known_after_any_answer_and_forgotten_once_it_is_set(
    gateway: Gateway, service: Service, server: HttpsServer
) -> None:
    late = formatdate(time.time() - 3600, usegmt=True)
    service.script = [web.json_response({}, headers={"Date": late}), {}]
    await get(gateway, server.url)
    assert gateway.clock == "This computer's clock is 60 minutes ahead of Azure's."
    await get(gateway, server.url)
    assert gateway.clock == ""


async def test_an_answer_comes_with_its_headers_and_its_body(
    gateway: Gateway, server: HttpsServer, service: Service
) -> None:
    service.script = [web.json_response({"value": [1]}, headers={"X-Word": "a"}), web.Response(text="öl")]
    reply = await gateway.ask(WORKSPACE, Ask("PUT", server.url, {"a": "ä"}, audience="", headers={"X-Own": "b"}))
    assert (reply.status, reply.headers["x-word"], reply.json) == (200, "a", {"value": [1]})
    assert server.header("X-Own") == ["b"]
    assert server.header("Authorization") == [None]
    assert (await get(gateway, server.url, text=True)).text == "öl"


async def test_a_long_answer_comes_whole(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    service.script = [{"value": ["x" * 1000] * 3000}]
    assert len((await get(gateway, server.url)).json["value"]) == 3000


async def test_many_requests_are_under_way_at_once(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    started = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if len(server.requests) == 20:
            started.set()
        await started.wait()
        return web.json_response(request.path)

    service.answer = answer  # type: ignore[method-assign]
    async with https_server(server.ca.parent, answer) as both:
        server = both
        replies = await asyncio.gather(*(get(gateway, f"{both.url}/{each}") for each in range(20)))
    assert [each.json for each in replies] == [f"/{each}" for each in range(20)]


@pytest.mark.parametrize("trouble", [failure(503), failure(500), failure(429), "reset"], ids=str)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_is_safe_to_repeat_is_repeated(
    gateway: Gateway, server: HttpsServer, service: Service, trouble: object, method: str
) -> None:
    again = failure(trouble.status) if isinstance(trouble, web.Response) else trouble
    service.script = [again, {"done": True}]
    reply = await gateway.ask(WORKSPACE, Ask(method, server.url, audience=""))
    assert (reply.json, len(server.requests)) == ({"done": True}, 2)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_is_not_safe_is_asked_once(
    gateway: Gateway, server: HttpsServer, service: Service, status: int
) -> None:
    service.script = [failure(status, "Too busy.", **{"Retry-After": "7"})]
    fault = await fault_of(gateway, Ask("POST", server.url, {}, audience=""))
    assert (fault.kind, fault.status, fault.retry_after) == ("throttled" if status == 429 else "service", status, 7)
    assert fault.is_transient
    service.script = ["reset"]
    assert (await fault_of(gateway, Ask("POST", server.url, {}, audience=""))).kind == "offline"
    assert len(server.requests) == 2


async def test_the_service_says_when_to_ask_again(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    service.script = [failure(429, **{"Retry-After": "2"}), {}]
    began = time.monotonic()
    await get(gateway, server.url)
    assert time.monotonic() - began >= 2
    service.script = [failure(429, **{"Retry-After": "100"})]
    fault = await fault_of(gateway, Ask("GET", server.url, audience=""))
    assert (fault.message, fault.retry_after) == ("Azure asks to wait 100 seconds: too many requests were sent.", 100)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "bad-request"), (401, "signed-out"), (403, "forbidden"), (404, "not-found"), (409, "conflict")],
)
async def test_what_the_service_refuses_is_told_in_its_words(
    gateway: Gateway, server: HttpsServer, service: Service, status: int, kind: str
) -> None:
    service.script = [failure(status, "Job x is not so.")]
    fault = await fault_of(gateway, Ask("GET", f"{server.url}/a?sv=1&sig={SECRET}", audience=""))
    assert (fault.kind, fault.status, fault.code, len(server.requests)) == (kind, status, "Word", 1)
    assert "Job x is not so." in fault.message
    assert f"GET {server.url}/a\n{status} Word" in fault.details
    assert SECRET not in f"{fault!r} {fault} {fault.details}"


async def test_json_that_came_cut_is_asked_for_again(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    def cut() -> web.Response:
        return web.Response(text='{"value": [1, ', content_type="application/json")

    service.script = [cut(), cut(), {"value": [1]}]
    assert (await get(gateway, server.url)).json == {"value": [1]}
    service.script = [cut(), cut(), cut(), {}]
    fault = await fault_of(gateway, Ask("GET", server.url, audience=""))
    assert (fault.kind, fault.message) == ("service", "localhost sent an answer that is not whole.")
    service.script = [cut(), {}]
    assert (await fault_of(gateway, Ask("POST", server.url, {}, audience=""))).kind == "service"
    service.script = [web.Response(text="plain"), web.Response(status=204)]
    assert [(await get(gateway, server.url)).json for _ in range(2)] == [None, None]


async def test_closing_ends_what_is_under_way_and_may_be_asked_again(
    gateway: Gateway, server: HttpsServer, service: Service
) -> None:
    service.script = ["hang"]
    task = asyncio.create_task(fault_of(gateway, Ask("GET", server.url, audience="")))
    await until(lambda: len(server.requests) == 1)
    await gateway.close()
    assert (await task).kind == "gateway"
    assert len(server.requests) == 1
    service.script = [{}]
    assert (await get(gateway, server.url)).status == 200


async def test_who_does_not_answer_in_time_is_told(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    service.script = ["hang"]
    fault = await fault_of(gateway, Ask("POST", server.url, {}, audience="", patience=1))
    assert (fault.kind, fault.message) == ("timeout", "localhost did not answer within 2 seconds.")


async def test_a_strange_certificate_is_told(
    gateway: Gateway, server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(each, raising=False)
    fault = await fault_of(gateway, Ask("GET", server.url, audience=""))
    assert fault.kind == "offline"
    assert "a certificate that this computer does not trust" in fault.message
    assert "REQUESTS_CA_BUNDLE" in fault.hint


async def test_no_network_is_told_soon(gateway: Gateway) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    fault = await fault_of(gateway, Ask("GET", f"https://127.0.0.1:{port}/", audience=""))
    assert (fault.kind, fault.message) == ("offline", "127.0.0.1 can't be reached: the connection is refused.")
    fault = await fault_of(gateway, Ask("GET", "https://no-such-host.invalid/", audience=""))
    assert fault.message == "no-such-host.invalid can't be reached: its name is not known here."
    assert time.monotonic() - began < 20


async def test_a_proxy_that_is_gone_is_told_without_its_password(
    gateway: Gateway, server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://me:password@127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    fault = await fault_of(gateway, Ask("GET", "https://management.azure.com/", audience=""))
    assert fault.message == f"The proxy 127.0.0.1:{port} can't be reached."
    assert "password" not in f"{fault.hint}{fault.details}"


async def test_cancelling_ends_the_request(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    service.script = ["hang"]
    task = asyncio.create_task(get(gateway, server.url, patience=300))
    await until(lambda: len(server.requests) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: service.gone == 1)
    service.script = [{"still": "there"}]
    assert (await get(gateway, server.url)).json == {"still": "there"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_child_that_is_killed_is_replaced(gateway: Gateway, server: HttpsServer, service: Service) -> None:
    service.script = ["hang", "hang", {"done": True}]
    task = asyncio.create_task(get(gateway, server.url))
    for number in (1, 2):
        await until(lambda number=number: len(server.requests) == number)  # type: ignore[misc]
        os.kill(child_of(), signal.SIGKILL)
    assert (await task).json == {"done": True}

    service.script = ["hang"]
    once = asyncio.create_task(fault_of(gateway, Ask("POST", server.url, {}, audience="")))
    await until(lambda: len(server.requests) == 4)
    os.kill(child_of(), signal.SIGKILL)
    assert (await once).kind == "gateway"
    assert len(server.requests) == 4


async def test_an_idle_child_gives_its_memory_back(azureml_python: Path, server: HttpsServer, service: Service) -> None:
    async with gateway_of(azureml_python, Limits(wire_idle=0.2)) as gateway:
        await get(gateway, server.url)
        first = child_of()
        await until(lambda: not psutil.pid_exists(first))
        assert (await get(gateway, server.url)).status == 200
        assert child_of() != first


async def test_a_python_that_is_gone_is_told(tmp_path: Path) -> None:
    async with gateway_of(tmp_path / "python") as gateway:
        fault = await fault_of(gateway, Ask("GET", "https://localhost/"))
    assert fault.kind == "gateway"
    assert "rankzero toolchains create azureml" in fault.hint


def test_a_child_ends_with_its_program(azureml_python: Path) -> None:
    """Also one that is killed: nothing is left that reads from nobody."""
    code = (
        "import asyncio, os, signal\nfrom tests.helpers.gateways import *\n"
        "async def main():\n"
        f"    async with gateway_of({str(azureml_python)!r}) as gateway:\n"
        "        child = await gateway._asking()\n        print(child.pid, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\nasyncio.run(main())"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    pid = int(done.stdout)
    wait_until(lambda: not psutil.pid_exists(pid), what="the child to end")


def child_of() -> int:
    """Return the child that asks."""
    found = [
        each.pid
        for each in psutil.Process().children(recursive=True)
        if each.status() != psutil.STATUS_ZOMBIE and "gateway" in " ".join(each.cmdline())
    ]
    assert len(found) == 1, found
    return found[0]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait on the loop until something is so."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("url", ["https://host:port/a", "https://[::1/", "https://example.org/\x00"])
async def test_an_address_that_is_none_is_told(gateway: Gateway, url: str) -> None:
    fault = await fault_of(gateway, Ask("GET", f"{url}?sig={SECRET}", audience=""))
    assert (fault.kind, fault.message.partition(" is no")[0]) == ("bad-request", url)
    assert SECRET not in fault.message + fault.details


async def test_a_child_ends_with_a_program_that_is_killed_while_it_writes(azureml_python: Path) -> None:
    for role in ("wire", "sdk"):
        child = await Child.start(str(azureml_python), role)
        assert child._process.stdin is not None
        child._process.stdin.write(b'{"id": 1, "do": "as')
        child._process.stdin.close()
        try:
            async with asyncio.timeout(60):
                await exited(child._process)
        finally:
            await child.end()
