"""The child that asks: requests, tails and downloads on one event loop, and who is signed in."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from . import downloads, tailing
from .faults import of_place
from .identity import Identity
from .talk import Talk
from .web import Request, Web

Tell = Callable[..., None]
Handler = Callable[["Wire", Mapping[str, Any], Tell], Awaitable[Any]]
_STORAGE_VERSION = "2021-12-02"


class Wire:
    """What the handlers share."""

    def __init__(self) -> None:
        self.web = Web()
        self.identity = Identity(self.web)

    def request(self, asked: Mapping[str, Any], **more: Any) -> Request:
        """Return a request with its token's source and the headers that its audience wants."""
        audience, url = asked.get("audience", ""), asked["url"]
        headers = {**asked.get("headers", {}), **more.pop("headers", {})}
        if audience == "storage":
            headers.setdefault("x-ms-version", _STORAGE_VERSION)
        authorize = self.identity.authorizer(asked["account"], audience, url) if audience else None
        patience = float(asked.get("patience", 30.0))
        return Request(asked.get("method", "GET"), url, headers, patience=patience, authorize=authorize, **more)


async def _ask(wire: Wire, asked: Mapping[str, Any], _tell: Tell) -> Any:
    body = asked.get("json")
    content = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    request = wire.request(asked, content=content, headers=headers)
    text, data = "", None
    if asked.get("text"):
        response = await wire.web.ask(request)
        text = response.content.decode("utf-8-sig", "replace")
    else:
        response, data = await wire.web.ask_json(request)
        data = _without(data, frozenset(asked.get("omit", ())))
    told = {"status": response.status_code, "headers": dict(response.headers), "json": data, "text": text}
    return {**told, "clock": wire.web.clock_off}


def _without(data: Any, names: frozenset[str]) -> Any:
    """Return JSON without the members of these names."""
    if not names:
        return data
    if isinstance(data, list):
        return [_without(each, names) for each in data]
    if isinstance(data, dict):
        return {name: _without(each, names) for name, each in data.items() if name not in names}
    return data


async def _tail(wire: Wire, asked: Mapping[str, Any], _tell: Tell) -> Any:
    return await tailing.tail(wire.web, wire.request, asked)


async def _download(wire: Wire, asked: Mapping[str, Any], tell: Tell) -> Any:
    return await downloads.download(wire.web, wire.request, asked, lambda *said: tell(progress=said))


async def _token(wire: Wire, asked: Mapping[str, Any], _tell: Tell) -> Any:
    return await wire.identity.token(asked["account"], asked["scope"])


async def _sign_in(wire: Wire, asked: Mapping[str, Any], tell: Tell) -> Any:
    told = await wire.identity.sign_in(asked, lambda prompt: tell(prompt=prompt))
    return {**told, "clock": wire.web.clock_off}


async def _sign_out(wire: Wire, asked: Mapping[str, Any], _tell: Tell) -> Any:
    await wire.identity.sign_out(asked["account"])


_HANDLERS: Mapping[str, Handler] = {
    "ask": _ask, "tail": _tail, "download": _download, "token": _token, "sign_in": _sign_in, "sign_out": _sign_out,
}  # fmt: skip


def serve(talk: Talk) -> None:
    """Answer requests, many at once, until the program is gone."""
    asyncio.run(_serve(talk))  # never returns: a thread that still waits for `az` would keep it


async def _serve(talk: Talk) -> None:
    loop, inbox = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None]()

    def read() -> None:
        for said in talk.requests():
            loop.call_soon_threadsafe(inbox.put_nowait, said)
        loop.call_soon_threadsafe(inbox.put_nowait, None)

    threading.Thread(target=read, name="requests", daemon=True).start()
    wire, tasks = Wire(), dict[int, asyncio.Task[None]]()
    while (said := await inbox.get()) is not None:
        number = said["id"]
        if said["do"] != "cancel":
            tasks[number] = loop.create_task(_answer(wire, talk, said))
            tasks[number].add_done_callback(lambda _done, number=number: tasks.pop(number, None))  # type: ignore[misc]
        elif number in tasks:
            tasks[number].cancel()
    for each in tasks.values():
        each.cancel()
    await wire.web.close()
    os._exit(0)


async def _answer(wire: Wire, talk: Talk, said: Mapping[str, Any]) -> None:
    number = said["id"]
    try:
        result = await _HANDLERS[said["do"]](wire, said, lambda **told: talk.write(number, **told))
        talk.write(number, result=result, keep=wire.identity.holds_the_only_copy)
    except asyncio.CancelledError:
        raise
    except OSError as error:
        talk.fault(number, of_place(error))
    except Exception as error:  # noqa: BLE001 - every failure is the program's to tell
        talk.fault(number, error)
