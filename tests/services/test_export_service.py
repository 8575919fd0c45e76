"""What an export does at its very end."""

from __future__ import annotations

import asyncio
import threading

from desktop_app.services.exports.service import _to_its_end


async def test_a_file_that_is_being_written_is_written_to_its_end_whoever_cancels() -> None:
    begun, go, written = threading.Event(), threading.Event(), threading.Event()

    def write() -> str:
        begun.set()
        go.wait(60)
        written.set()
        return "whole"

    export = asyncio.create_task(_to_its_end(asyncio.to_thread(write)))
    await asyncio.to_thread(begun.wait, 60)
    for _ in range(2):
        export.cancel()
        await asyncio.sleep(0)
    assert not export.done()
    go.set()
    assert await export == "whole"
    assert written.is_set()
