"""Submits one job, or sends what waits, to a cloud in a folder; run as a process that is killed at any instant.

The cloud takes a job by making the file `jobs/RUN`, and `again/RUN` where it is sent one that it has.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from desktop_app.api import UserError, Value
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply
from tests.helpers.azure_backends import desk, quiet
from tests.helpers.cloud_jobs import CloudJobs
from tests.helpers.told_wire import not_found, told


class FolderJobs(CloudJobs):
    """A cloud in a folder, which outlives whoever asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__()

    def _submit(self, arguments: Mapping[str, Value]) -> Value:
        name = str(arguments["name"])
        time.sleep(0.01)
        try:
            (self.folder / "jobs" / name).touch(exist_ok=False)
        except FileExistsError:
            (self.folder / "again" / name).touch()
        time.sleep(0.01)
        return {"name": name}

    def _job(self, ask: Ask) -> Reply | CloudFault:
        name = ask.url.partition("/jobs/")[2].partition("?")[0]
        there = (self.folder / "jobs" / name).exists()
        return told({"name": name, "properties": {"status": "Running"}}) if there else not_found()


async def main(folder: Path, what: str) -> None:
    """Do one thing; `ready` in the standard output says that it begins."""
    for each in ("jobs", "again"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    async with desk(folder, FolderJobs(folder)) as made:
        if what == "submit":
            plan = await made.plan()
            print("ready", flush=True)
            await made.backend.submit(plan, quiet)
        else:
            print("ready", flush=True)
            for waiting in made.backend.outbox.waiting():
                try:
                    await made.backend.sender.send_now(waiting.handle, quiet)
                except UserError as error:
                    print(error, flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
    os._exit(0)
