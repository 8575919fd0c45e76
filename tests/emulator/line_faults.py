"""Faults of the line itself, below the requests: uploads that are slow or break off, hosts that are away or mute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from tests.emulator.faults import Done, Faults, Rule


class Line(Protocol):
    """What a proxy asks for each connection and each piece that a client sends."""

    async def opens(self, host: str) -> bool:
        """Whether a connection to a host may be made; may take its time to say so."""

    async def carries(self, host: str, size: int, carried: dict[int, int]) -> bool:
        """Whether a piece gets through; `carried` is the connection's own, kept from piece to piece."""


class ClearLine:
    """A line without faults."""

    async def opens(self, host: str) -> bool:
        """Every connection may be made."""
        return bool(host)

    async def carries(self, host: str, size: int, carried: dict[int, int]) -> bool:
        """Every piece gets through."""
        return True


class FaultyLine:
    """The line as the rules in force make it."""

    def __init__(self, find: Callable[[], Faults]) -> None:
        self._find = find

    async def opens(self, host: str) -> bool:
        """A mute host keeps its clients waiting until it is back, one that is away drops them."""
        faults = self._find()
        await faults.back(host)
        if faults.is_away(host):
            faults.log.append(Done(faults.now(), "away", "CONNECT", host, ""))
            return False
        return True

    async def carries(self, host: str, size: int, carried: dict[int, int]) -> bool:
        """Slow a piece down, or break the connection off once it has carried what the rule lets through."""
        faults = self._find()
        for rule in faults.of_the_line(host):
            if rule.kind == "slow-upload":
                await asyncio.sleep(size / rule.rate)
                continue
            carried[rule.id] = carried.get(rule.id, 0) + size
            if carried[rule.id] > rule.bytes:
                _strike(faults, rule, host)
                return False
        await faults.back(host)
        return True


def _strike(faults: Faults, rule: Rule, host: str) -> None:
    rule.done += 1
    faults.log.append(Done(faults.now(), rule.kind, "CONNECT", host, "", rule.id))
