"""The client's Python is made once for all who wait, and not for nobody."""

from __future__ import annotations

import asyncio

import pytest

from desktop_app.api import OutsideError, Progress
from desktop_app.backends.azureml.client.interpreter import Interpreter


class Maker:
    """Makes a Python when told to."""

    def __init__(self) -> None:
        self.count = 0
        self.ended = 0
        self.done = asyncio.Event()
        self.tell: Progress | None = None
        self.error: Exception | None = None

    async def make(self, progress: Progress) -> str:
        self.count += 1
        self.tell = progress
        try:
            await self.done.wait()
        finally:
            self.ended += 1
        if self.error:
            raise self.error
        return f"python{self.count}"


async def test_it_is_made_once_for_all_and_each_sees_how_far_it_is() -> None:
    maker, told = Maker(), list[str]()
    interpreter = Interpreter(maker.make)
    first = asyncio.create_task(interpreter.path(lambda message, _part: told.append(f"1 {message}")))
    second = asyncio.create_task(interpreter.path(lambda message, _part: told.append(f"2 {message}")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert maker.tell is not None
    maker.tell("Installing", 0.5)
    maker.done.set()
    assert [await first, await second] == ["python1", "python1"]
    assert told == ["1 Installing", "2 Installing"]
    assert await interpreter.path(lambda *_: None) == "python2"  # asked anew: it may have been removed


async def test_one_who_leaves_takes_it_from_nobody_else() -> None:
    maker = Maker()
    interpreter = Interpreter(maker.make)
    first = asyncio.create_task(interpreter.path(lambda *_: None))
    second = asyncio.create_task(interpreter.path(lambda *_: None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    maker.done.set()
    assert (await second, maker.count) == ("python1", 1)


async def test_it_is_not_made_for_nobody() -> None:
    maker = Maker()
    only = asyncio.create_task(Interpreter(maker.make).path(lambda *_: None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    assert maker.ended == 1


async def test_a_failure_is_told_to_all_and_tried_again() -> None:
    maker = Maker()
    interpreter = Interpreter(maker.make)
    maker.error = OutsideError("No network.")
    maker.done.set()
    for _ in range(2):
        with pytest.raises(OutsideError, match="No network"):
            await interpreter.path(lambda *_: None)
    assert maker.count == 2


async def test_who_comes_while_it_is_given_up_waits_and_has_it_made() -> None:
    leaving, may_leave = asyncio.Event(), asyncio.Event()
    made = 0

    async def make(_progress: Progress) -> str:
        nonlocal made
        made += 1
        if made > 1:
            return "python"
        try:
            await asyncio.Event().wait()
        finally:
            leaving.set()
            await may_leave.wait()
        return ""

    interpreter = Interpreter(make)
    first = asyncio.create_task(interpreter.path(lambda *_: None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await leaving.wait()
    second = asyncio.create_task(interpreter.path(lambda *_: None))
    await asyncio.sleep(0)
    assert made == 1, "never twice at once"
    may_leave.set()
    assert await second == "python"
    assert (await asyncio.gather(first, return_exceptions=True))[0].__class__ is asyncio.CancelledError
