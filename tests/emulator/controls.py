"""The control plane: faults, the clock, the network, links and tokens, as HTTP with JSON on the control URL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from tests.emulator.clock import stamp
from tests.emulator.directory import SignIns
from tests.emulator.faults import Done, FaultError, Faults
from tests.emulator.proxy import Proxy
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service

Verb = Callable[[Service, dict[str, Any]], Awaitable[object]]


async def _rules(service: Service, _asked: dict[str, Any]) -> object:
    return [asdict(rule) for rule in service.part(Faults).rules.values()]


async def _add_rule(service: Service, asked: dict[str, Any]) -> object:
    return asdict(service.part(Faults).add(asked))


async def _clear(service: Service, asked: dict[str, Any]) -> object:
    """Take one rule away, or all of them; the log stays."""
    faults = service.part(Faults)
    gone = [faults.rules.pop(asked["id"], None)] if "id" in asked else [*faults.rules.values()]
    if "id" not in asked:
        faults.rules.clear()
    return {"removed": sum(rule is not None for rule in gone)}


async def _log(service: Service, _asked: dict[str, Any]) -> object:
    return [done.as_json() for done in service.part(Faults).log]


async def _clock(service: Service, asked: dict[str, Any]) -> object:
    """{"skew": seconds}: the service's clock is so far ahead of this machine's."""
    if "skew" in asked:
        service.clock.skew = timedelta(seconds=float(asked["skew"]))
    return {"now": stamp(service.clock.now()), "skew": service.clock.skew.total_seconds()}


async def _network(service: Service, asked: dict[str, Any]) -> object:
    """{"away": true | false | "expression of hosts", "seconds": until it comes back by itself, "mute": true}.

    True refuses all connections, as a cable pulled out; an expression makes a region or an account go away. What is
    mute does not refuse, it never answers.
    """
    if "away" in asked:
        await _go_away(service, asked["away"], mute=bool(asked.get("mute")))
        if asked["away"] and "seconds" in asked:
            service.spawn(_come_back(service, float(asked["seconds"])))
    faults, proxy = service.part(Faults), service.part(Proxy)
    return {"away": faults.away or not proxy.listens}


async def _go_away(service: Service, away: bool | str, *, mute: bool) -> None:
    proxy, hosts = service.part(Proxy), away if isinstance(away, str) else ".*" if away and mute else ""
    service.part(Faults).go_away(hosts, mute=mute)
    if away is True and not mute:
        await proxy.pause()
    else:
        await proxy.resume()
        if not mute:
            proxy.drop_all()


async def _come_back(service: Service, seconds: float) -> None:
    await asyncio.sleep(seconds)
    service.part(Faults).go_away("")
    await service.part(Proxy).resume()


async def _links(service: Service, asked: dict[str, Any]) -> object:
    """{"expire": true}: all SAS links handed out until now are refused; {"lifetime": seconds}: of those to come."""
    if asked.get("expire"):
        service.part(Faults).links_before = await _next_second(service)
    links = service.blobs.links
    if "lifetime" in asked:
        links.lifetime = None if asked["lifetime"] is None else timedelta(seconds=float(asked["lifetime"]))
    return {"lifetime": links.lifetime.total_seconds() if links.lifetime else None}


async def _next_second(service: Service) -> datetime:
    """Wait for it: links and tokens tell whole seconds, those from before and after must not look alike."""
    now = service.clock.now()
    whole = now.replace(microsecond=0) + timedelta(seconds=1)
    await asyncio.sleep((whole - now).total_seconds())
    return whole


async def _tokens(service: Service, asked: dict[str, Any]) -> object:
    """{"expire": true}: all tokens until now are refused; {"lifetime": seconds}: of those to come."""
    sign_ins = service.part(SignIns)
    if asked.get("expire"):
        sign_ins.revoked = await _next_second(service)
    if "lifetime" in asked:
        sign_ins.lifetime = timedelta(seconds=float(asked["lifetime"]))
    return {"lifetime": sign_ins.lifetime.total_seconds()}


_STATES: dict[str, Verb] = {"clock": _clock, "network": _network, "links": _links, "tokens": _tokens}


def _answering(verb: Verb) -> Callable[[Service, Call], Awaitable[Answer]]:
    async def answer(service: Service, call: Call) -> Answer:
        asked = call.json if call.body else {}
        if asked and call.path.strip("/") in _STATES:
            _note(service, call)
        try:
            return Answer(200, await verb(service, asked))
        except (FaultError, ValueError, TypeError, AttributeError) as error:
            return Answer(400, {"error": str(error)})

    return answer


def _note(service: Service, call: Call) -> None:
    """What changes the state of things is in the log of faults too."""
    faults = service.part(Faults)
    faults.log.append(Done(faults.now(), call.path.strip("/"), "CONTROL", "", call.body.decode()))


def routes() -> Routes:
    """What is answered here; `GET` shows, `POST` changes."""
    table = Routes()
    table.add("GET", "control", "/faults", _answering(_rules))
    table.add("POST", "control", "/faults", _answering(_add_rule))
    table.add("POST", "control", "/faults/clear", _answering(_clear))
    table.add("GET", "control", "/faults/log", _answering(_log))
    for name, verb in _STATES.items():
        table.add("*", "control", f"/{name}", _answering(verb))
    return table
