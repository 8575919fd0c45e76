"""Sends what waits in the outbox, each job once: whoever can't be sure that the service has it asks first.

A name is a job's for good and is made before anything is sent, so the service itself tells whether it has the job. Sent
is who was answered so. A sending that ends in between, however that is, leaves `is_asked` behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from desktop_app.api import OutsideError, Progress, UserError, Value, Workspace
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking, is_missing
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.jobs.outbox import Entry, Outbox, later
from desktop_app.core.words import plural

FIRST, MOST = 5.0, 300.0
"""Seconds before a job is tried again: the first time, and at most."""
AFTER_START = 2.0
"""Seconds before anything is sent by itself: a verb that only lists runs ends before."""
STALL = 600.0
"""Seconds without any progress after which a sending is given up."""
_LEAST = 2.0
_FRESH = 15.0
_REFUSALS = frozenset({"bad-request", "not-found", "conflict", "forbidden"})


class Sender:
    """One job at a time. To be used on the event loop's thread."""

    def __init__(
        self, outbox: Outbox, asking: Asking, clock: Callable[[], float] = time.monotonic, after: float = AFTER_START
    ) -> None:
        self._outbox = outbox
        self._asking = asking
        self._clock = clock
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._ready_at: float | None = None
        self._after = after
        self._look_at = 0.0
        self._woken: set[str] = set()

    async def send_now(self, handle: str, progress: Progress) -> str:
        """Send a waiting job; return its handle once the service has it. Raises CloudFault and UserError.

        Where it can't be sent it goes on waiting, and the reason is kept with it.
        """
        entry = await asyncio.to_thread(self._outbox.find, handle)
        if entry is None:
            raise UserError(f"{routes.place_of(handle).run} does not wait to be sent.")
        async with self._turn:
            await self._send(entry, progress)
        return handle

    def tick(self) -> None:
        """See, every now and then, whether something is due, and send it; called as often as one likes."""
        now = self._clock()
        self._ready_at = now + self._after if self._ready_at is None else self._ready_at
        if now < max(self._ready_at, self._look_at) or (self._task and not self._task.done()):
            return
        self._look_at = now + 1.0
        self._task = asyncio.create_task(self._send_due(), name="outbox")

    def wake(self, workspace: Workspace) -> None:
        """Try at once what waits for a workspace: it has just answered something."""
        self._woken.add(workspace.key)

    async def close(self) -> None:
        """Stop sending; what was under way is asked about the next time."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _send_due(self) -> None:
        woken, self._woken = self._woken, set()
        for each in await asyncio.to_thread(self._outbox.entries):
            if self._is_due(each, woken):
                with contextlib.suppress(UserError):  # the reason is kept with the job, where a person sees it
                    async with self._turn:
                        await self._send(each, lambda _message, _part: None)

    def _is_due(self, entry: Entry, woken: set[str]) -> bool:
        if entry.is_refused and not entry.is_withdrawn:
            return False
        now = datetime.now(UTC)
        if not entry.tries and not entry.is_withdrawn and (now - entry.created).total_seconds() < _FRESH:
            return False  # whoever made it sends it, perhaps another process
        if entry.workspace.key in woken and entry.next_try is not None:
            waited = _gap(entry.tries) - (entry.next_try - now).total_seconds()
            return waited >= _LEAST
        return entry.next_try is None or entry.next_try <= now

    async def _send(self, entry: Entry, progress: Progress) -> None:
        with self._outbox.held(entry.run) as held:
            if held is None:
                if await asyncio.to_thread(self._outbox.read, entry.run) is None:
                    return  # another process has sent it, or it was withdrawn
                raise OutsideError(f"{entry.run} is being sent by another program.", hint="Look again in a moment.")
            try:
                await self._deliver(held, progress)
            except UserError as fault:
                await asyncio.to_thread(self._keep, fault, entry.run)
                raise

    async def _deliver(self, entry: Entry, progress: Progress) -> None:
        """Bring a job, which is held, to where the service has it or never will."""
        if entry.is_asked:
            progress(f"Asking whether {entry.run} arrived before", None)
            if await self._is_there(entry):
                await self._arrived(entry)
                return
        if entry.is_withdrawn:
            progress(f"Removing {entry.run} with its {plural(entry.files, 'file')}", None)
            await asyncio.to_thread(self._outbox.take_back, entry)
            return
        entry = dataclasses.replace(entry, tries=entry.tries + 1, is_asked=True)
        await asyncio.to_thread(self._outbox.change, entry)
        progress(f"Sending the job with {plural(entry.files, 'file')}", None)
        file = self._outbox.folder_of(entry.run) / "job.yml"
        try:
            await self._submit(entry, file, progress)
        except CloudFault as fault:
            # The client repeats what got no answer, and may be told that there is a job of this name: its own.
            if not is_refusal(fault) or not await self._is_there(entry):
                _advise(fault)
                raise
        await self._arrived(entry)

    async def _submit(self, entry: Entry, file: Path, progress: Progress) -> None:
        """Have the SDK send a job; one that gets nowhere for long is given up, and asked about the next time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(STALL) as limit:

                def tell(message: str, part: float | None) -> None:
                    limit.reschedule(loop.time() + STALL)
                    progress(message, part)

                arguments: dict[str, Value] = {"file": str(file), "name": entry.run, "git": dict(entry.git)}
                await self._asking.wire.call(entry.workspace, "submit_job", arguments, tell)
        except TimeoutError:
            message = f"Sending {entry.run} got nowhere for {STALL / 60:g} minutes."
            raise CloudFault(message, kind="timeout") from None

    async def _arrived(self, entry: Entry) -> None:
        if entry.is_withdrawn:
            path = f"jobs/{quote(entry.run)}/cancel"
            await self._asking.arm(entry.workspace, "POST", path, version=routes.CANCEL)
        await asyncio.to_thread(self._outbox.settle, entry)

    async def _is_there(self, entry: Entry) -> bool:
        """Ask the service whether it has a job of this name. Raises CloudFault where it does not say."""
        try:
            await self._asking.arm(entry.workspace, "GET", f"jobs/{quote(entry.run)}", version=routes.JOBS)
        except CloudFault as fault:
            if is_missing(fault):
                return False
            raise
        return True

    def _keep(self, fault: UserError, run: str) -> None:
        """Keep the reason with the job, and when it is tried again."""
        entry = self._outbox.read(run)
        if entry is None:
            return
        is_refused = is_refusal(fault)
        wait = max(_gap(entry.tries), getattr(fault, "retry_after", None) or 0.0)
        at = None if is_refused else datetime.now(UTC) + timedelta(seconds=wait)
        is_asked = entry.is_asked and not is_refused
        with contextlib.suppress(OutsideError):  # a full disk: the job is as it was before
            self._outbox.change(
                dataclasses.replace(later(entry, str(fault), at, is_refused=is_refused), is_asked=is_asked)
            )


def is_refusal(fault: UserError) -> bool:
    """Whether the service took a look at the job and said no: asking again gives the same answer."""
    return fault.kind in _REFUSALS if isinstance(fault, CloudFault) else not isinstance(fault, OutsideError)


def _advise(fault: CloudFault) -> None:
    """Say of a refusal what to do next, where the service says nothing of that."""
    if not fault.hint and is_refusal(fault) and "compute" in fault.message.lower():
        fault.hint = (
            "`rankzero compute list` shows what there is and how it is; name another compute target in the job."
        )


def _gap(tries: int) -> float:
    return min(MOST, FIRST * 2.0 ** max(0, tries - 1))
