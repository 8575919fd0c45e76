"""What every handler is given: the state, the clock, the blobs, the runner, the faults, and a log of all requests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from tests.emulator.clock import Clock
from tests.emulator.options import Options
from tests.emulator.routing import Answer, Call
from tests.emulator.state import State, Workspace

if TYPE_CHECKING:
    from tests.emulator.blobs import Blobs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered."""

    time: datetime
    method: str
    host: str
    path: str
    api_version: str
    status: int
    seconds: float = 0.0
    sent: int = 0
    received: int = 0
    query: str = ""
    agent: str = ""


class RequestLog:
    """The last requests, numbered from the first one on; the oldest are forgotten."""

    def __init__(self, most: int = 100_000) -> None:
        self._seen: deque[Seen] = deque(maxlen=most)
        self._count = 0

    def append(self, seen: Seen) -> None:
        """Note a request."""
        self._seen.append(seen)
        self._count += 1

    def after(self, number: int) -> list[Seen]:
        """Return those that came after the first `number`."""
        return list(islice(self._seen, max(0, number - self._count + len(self._seen)), None))

    def clear(self) -> None:
        """Begin anew."""
        self._seen.clear()
        self._count = 0


Go = Callable[[], Awaitable[Answer]]
Gate = Callable[[Call, Go], Awaitable[Answer]]
"""Stands before all handlers: may answer itself, wait, change the answer, or let it pass by `await go()`."""


@dataclass
class Service:
    """The emulated cloud, as its handlers see it. `gates` are passed by every request, first to last."""

    state: State
    options: Options
    blobs: Blobs
    clock: Clock = field(default_factory=Clock)
    gates: list[Gate] = field(default_factory=list)
    log: RequestLog = field(default_factory=RequestLog)
    at_start: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    at_end: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    node_users: list[Callable[[Workspace, str], int]] = field(default_factory=list)
    more: dict[type[Any], Any] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def part(self, kind: type[T]) -> T:
        """Return what an area keeps in the service beside the state, by its class (`service.part(Runner)`)."""
        found = self.more[kind]
        assert isinstance(found, kind)
        return found

    def add_part(self, part: object) -> None:
        """Keep something of an area's own: a runner, the faults."""
        self.more[type(part)] = part

    def nodes_in_use(self, workspace: Workspace, compute: str) -> int:
        """Return how many nodes of a compute work; whoever runs something there is asked (`node_users`)."""
        return sum(count(workspace, compute) for count in self.node_users)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start what goes on after the answer; it is cancelled when the emulator ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what was spawned, then what the areas hold."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in reversed(self.at_end):
            await end()
