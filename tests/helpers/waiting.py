"""Waiting for what another process does, without sleeping for a guessed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout: float = 60.0, what: str = "") -> T:
    """Return the first true value of `condition`. Fails the test after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain for {what or condition}")
        time.sleep(0.01)


async def wait_until_async(condition: Callable[[], Awaitable[T]], timeout: float = 60.0, what: str = "") -> T:
    """Await `condition` until it returns something true and return that; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := await condition()):
        assert time.monotonic() < deadline, f"still waiting for {what or condition}"
        await asyncio.sleep(0.02)
    return found
