"""The log of all requests, as the control plane shows it."""

from __future__ import annotations

from dataclasses import asdict

from tests.emulator.answers import ok
from tests.emulator.clock import stamp
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Seen, Service
from tests.emulator.state import Json


async def read(service: Service, call: Call) -> Answer:
    """Return what was answered, oldest first; `?after=N` leaves out the first N."""
    return ok([_shown(each) for each in service.log.after(int(call.query.get("after", 0)))])


async def clear(service: Service, _call: Call) -> Answer:
    """Begin a new log."""
    service.log.clear()
    return ok({})


def _shown(seen: Seen) -> Json:
    return {**asdict(seen), "time": stamp(seen.time)}


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "control", "/log", read)
    table.add("POST", "control", "/log/clear", clear)
    return table
