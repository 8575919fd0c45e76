"""Runs in Azure ML workspaces, behind the JobBackend protocol."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from desktop_app.api import (
    Job,
    JobSource,
    MetricPoint,
    OutsideError,
    Progress,
    ResourcePoint,
    RunSnapshot,
    RunStatus,
    Severity,
    SignInMethod,
    SignInPrompt,
    SignInReport,
    SubmissionPlan,
    UserError,
    Workspace,
)
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking, is_missing
from desktop_app.backends.azureml.client.links import Links
from desktop_app.backends.azureml.client.wire import CloudFault, Wire
from desktop_app.backends.azureml.files.fetching import Fetching
from desktop_app.backends.azureml.jobs.outbox import Entry, Outbox, snapshot_of
from desktop_app.backends.azureml.jobs.planning import ADD, Planner, Ranks, texts_of
from desktop_app.backends.azureml.jobs.sending import Sender, is_refusal
from desktop_app.backends.azureml.runs import metrics, snapshots
from desktop_app.backends.azureml.runs.logs import RunLogs
from desktop_app.backends.azureml.runs.monitoring import Monitoring
from desktop_app.backends.azureml.runs.records import Records, placed
from desktop_app.backends.azureml.workspaces import Workspaces
from desktop_app.core.rules.facts import NO_FACTS, Facts
from desktop_app.places import Places

_MOST_DRAFTS = 50
_LAST_WORDS = 20.0
"""Seconds that the rest of a run's logs may take before its end is told to who reads them to the end."""
_LAST_GLANCE = 1.5
"""The same for who only looks at the run: what takes longer comes while its end is shown already."""


class AzureBackend:
    """Jobs of one person in their workspaces; what waits to be sent and what was sent lies below the home."""

    name = "azureml"
    title = "Azure ML"

    def __init__(self, places: Places, wire: Wire, ranks: Ranks, facts: Facts = NO_FACTS) -> None:
        home = places.home
        self.asking = Asking(wire, Links(wire, home / "cloud" / ".links.json"), facts)
        self.workspaces = Workspaces(home / "workspaces.json")
        self.outbox = Outbox(home / "outbox", home / "cloud")
        self.sender = Sender(self.outbox, self.asking)
        self._records = Records(home / "cloud")
        self._planner = Planner(ranks)
        self._drafts: dict[str, tuple[Path, Workspace | None]] = {}  # of plans: where they are from, and lead to
        self._logs: dict[str, RunLogs] = {}
        self._finishing: dict[str, asyncio.Task[None]] = {}
        self._curves = metrics.Curves(self.asking)
        self._monitoring = Monitoring(
            self.asking, self._records, self.workspaces.by_key, answered=self.sender.wake
        )  # fmt: skip
        self.fetching = Fetching(self.asking, self.workspaces.by_key, self._is_live)

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Work out what submitting would do, changing nothing and asking nobody."""
        named = source.workspace
        workspace = self.workspaces.find(named) if named else self.workspaces.current()
        plan = await self._planner.plan(job, source, workspace)
        self._drafts[plan.run] = source.folder, workspace
        while len(self._drafts) > _MOST_DRAFTS:
            del self._drafts[next(iter(self._drafts))]
        return plan

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        """Keep the job with its files, then send it. Returns also where it has to wait in the outbox.

        Raises UserError where the service refuses it: then nothing of it is left here. Who cancels the wait takes
        the job back.
        """
        errors = [each for each in plan.diagnostics if each.severity is Severity.ERROR]
        if errors:
            raise UserError(errors[0].message, hint="Mend the job and plan it again.")
        here = Path(plan.source).parent if plan.source else Path.cwd()
        folder, workspace = self._drafts.get(plan.run, (here, self.workspaces.current()))
        if workspace is None:
            raise UserError("No Azure ML workspace is in use.", hint=ADD)
        entry = await self._put(plan, folder, workspace, progress)
        try:
            await self.sender.send_now(entry.handle, progress)
        except asyncio.CancelledError:
            self._take_back(entry)
            raise
        except UserError as fault:
            if is_refusal(fault):
                await asyncio.to_thread(self._drop, entry.run)
                raise
            progress(f"The job waits in the outbox and is sent later: {fault}", None)
        return entry.handle

    async def _put(self, plan: SubmissionPlan, folder: Path, workspace: Workspace, progress: Progress) -> Entry:
        """Keep a job in the outbox. Who cancels meanwhile has nothing kept: the copying is stopped and waited for."""
        is_given_up = threading.Event()

        def tell(message: str, part: float | None) -> None:
            if is_given_up.is_set():
                raise UserError(f"{plan.run} was given up.")
            progress(message, part)

        def keep() -> Entry:
            return self.outbox.put(plan, texts_of(plan, folder), workspace, tell)

        keeping = asyncio.create_task(asyncio.to_thread(keep))
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:
            is_given_up.set()
            await asyncio.wait({keeping})
            if keeping.exception() is None:
                self._take_back(keeping.result())
            raise

    async def discover(self) -> Sequence[str]:
        """Return the handles of all runs that were sent from here or wait to be."""
        self.sender.tick()
        sent = await asyncio.to_thread(self._records.handles)
        waiting = await asyncio.to_thread(self.outbox.entries)
        return [*sent, *(each.handle for each in waiting)]

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the state of each run; the service is asked where it is time, at most ten requests for a thousand."""
        asked = list(handles)
        self.sender.tick()
        waiting = await asyncio.to_thread(self._waiting, asked)
        found = dict(await self._monitoring.snapshots(each for each in asked if each not in waiting))
        over = [each for each, run in found.items() if run.is_over and each in self._logs]
        await asyncio.gather(*(self._finish_logs(each) for each in over))
        return waiting | found

    async def cancel(self, handle: str) -> None:
        """Ask the service to end a run; a job that waits is taken back. Raises UserError if the run is over."""
        if await asyncio.to_thread(self.outbox.find, handle):
            await asyncio.to_thread(self.withdraw, handle)
            return
        run = await self._known(handle)
        if run.is_over:
            raise UserError(f"{run.run} is over: {run.status.value}.")
        workspace = self.workspaces.by_key(routes.place_of(handle).workspace)
        await self.asking.arm(workspace, "POST", f"jobs/{quote(run.run)}/cancel", version=routes.CANCEL)
        self._monitoring.take(dataclasses.replace(run, status=RunStatus.CANCEL_REQUESTED))
        self._monitoring.hurry(handle)

    async def log_files(self, handle: str) -> Mapping[str, Path]:
        """Return the logs as files here, up to date; they go on growing while the run lives.

        Where the service can't be asked, what is here already is returned; without that, CloudFault is raised.
        """
        if await asyncio.to_thread(self.outbox.find, handle):
            return {}
        run = await self._known(handle)
        logs = self._logs_of(run)
        try:
            if not logs.is_followed or not logs.files():
                await logs.catch_up()
        except CloudFault:
            files = await asyncio.to_thread(_files_here, Path(run.folder))
            if not files:
                raise
            return files
        if not run.is_over:
            logs.look(forever=True)
            logs.follow(lambda: not self._is_live(handle))
        return {**await asyncio.to_thread(_files_here, Path(run.folder)), **logs.files()}

    async def look(self, handle: str) -> None:
        """Have the logs grow for somebody who looks at the run; for a while, unless it is called again."""
        if await asyncio.to_thread(self.outbox.find, handle):
            return
        run = await self._known(handle)
        logs = self._logs_of(run)
        logs.look()
        self._monitoring.attend(handle)
        if not run.is_over:
            logs.follow(lambda: not self._is_live(handle))
        elif not logs.is_whole:
            try:
                await logs.catch_up()
            except CloudFault:
                if not await asyncio.to_thread(_files_here, Path(run.folder)):
                    raise

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return the points that the workspace keeps for the run; they are asked for every few seconds at most."""
        if await asyncio.to_thread(self.outbox.find, handle):
            return ()
        run = await self._known(handle)
        workspace = self.workspaces.by_key(routes.place_of(handle).workspace)
        found, is_new = await self._curves.points(workspace, run)
        if found and is_new:
            known = self._monitoring.known(handle) or run
            self._monitoring.take(dataclasses.replace(known, metrics=metrics.last_of(found)))
        return found

    async def resources(self, handle: str) -> Sequence[ResourcePoint]:
        """Return nothing: the service's own samples of CPU and memory are not read."""
        routes.place_of(handle)
        return ()

    async def remove(self, handle: str) -> None:
        """Forget a run here (a sweep: its trials too); in the workspace it stays. Raises UserError where it goes on."""
        if await asyncio.to_thread(self.outbox.find, handle):
            raise UserError("The job waits to be sent.", hint="Withdraw it first: rankzero outbox withdraw")
        run = await self._known(handle)
        if not run.is_over and run.status is not RunStatus.UNKNOWN:
            raise UserError(f"{run.run} is not over.", hint="Cancel it first.")
        for each in [*await asyncio.to_thread(self._records.children_of, run), handle]:
            if task := self._finishing.get(each):
                task.cancel()
                await asyncio.wait({task})
            if logs := self._logs.pop(each, None):
                await logs.close()
            await asyncio.to_thread(self._records.remove, routes.place_of(each).run)
            self._curves.forget(each)
            self._monitoring.forget(each)

    def withdraw(self, handle: str) -> None:
        """Take a job back that waits; one that may have arrived is cancelled as soon as the service can be asked."""
        entry = self.outbox.find(handle)
        if entry is None:
            raise UserError(f"{routes.place_of(handle).run} does not wait to be sent.")
        with self.outbox.held(entry.run) as held:
            if held is None:
                hint = "Cancel the run once it is there."
                raise UserError(f"{entry.run} is being sent at this moment.", hint=hint)
            self._withdraw(held)

    async def open(self, handle: str) -> RunSnapshot:
        """Return a run, whoever sent it; it is remembered from now on. Raises UserError where there is none."""
        return await self._known(handle)

    async def check(self, workspace: Workspace) -> Workspace:
        """Ask the service for a workspace and remember what it says. Raises CloudFault."""
        link = await self.asking.links.renew(workspace)
        location, tenant = link.location or workspace.location, workspace.tenant or link.tenant
        found = dataclasses.replace(workspace, location=location, tenant=tenant)
        await asyncio.to_thread(self.workspaces.renew, workspace.key, location=location, tenant=tenant)
        self.sender.wake(workspace)
        return found

    async def sign_in(
        self,
        workspace: Workspace,
        method: SignInMethod,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        """Sign in; the way that succeeded is the workspace's from then on.

        The token's tenant is not: variables may have led to another one than the workspace's.
        """
        report = await self.asking.wire.sign_in(workspace, method.value, tell, given)
        if report.account:
            client = (given or {}).get("client_id") or workspace.client
            found = await asyncio.to_thread(self.workspaces.renew, workspace.key, sign_in=method, client=client)
            self.sender.wake(found or workspace)
        return report

    async def close(self) -> None:
        """End what goes on by itself, and the children."""
        try:
            for each in list(self._finishing.values()):
                each.cancel()
            await asyncio.gather(*self._finishing.values(), return_exceptions=True)
            await asyncio.gather(self.sender.close(), *(each.close() for each in self._logs.values()))
        finally:
            await self.asking.wire.close()

    def _is_live(self, handle: str) -> bool:
        run = self._monitoring.known(handle)
        return run is not None and not run.is_over

    async def _known(self, handle: str) -> RunSnapshot:
        """Return what is known of a run; one that was never seen here is asked for. Raises UserError."""
        run = self._monitoring.known(handle)
        if run is None:
            run = (await self._monitoring.snapshots([handle])).get(handle) or await self._adopt(handle)
        return self._monitoring.known(handle) or run

    async def _adopt(self, handle: str) -> RunSnapshot:
        """Take in a run that was sent from elsewhere. Raises UserError where there is none."""
        place = routes.place_of(handle)
        workspace = self.workspaces.by_key(place.workspace)
        try:
            reply = await self.asking.arm(workspace, "GET", f"jobs/{quote(place.run)}", version=routes.JOBS)
        except CloudFault as fault:
            if not is_missing(fault):
                raise
            hint = "`rankzero runs list --everyone` says which there are."
            raise UserError(f"{workspace.name} has no job “{place.run}”.", hint=hint) from fault
        job: Any = reply.json if isinstance(reply.json, dict) else {}
        found = placed(snapshots.of_job(handle, job), self._records.folder_of(place.run))
        await asyncio.to_thread(self._records.write, [found])
        await self._monitoring.greet(found)
        return found

    def _waiting(self, handles: Sequence[str]) -> dict[str, RunSnapshot]:
        """Return those of the runs that wait, as runs that have not started, with the reason."""
        found: dict[str, RunSnapshot] = {}
        wanted = set(handles)
        for entry in self.outbox.entries():
            if entry.handle in wanted and (run := snapshot_of(self.outbox.folder_of(entry.run))) is not None:
                found[entry.handle] = dataclasses.replace(
                    run, reason=_why_waiting(entry), folder=str(self.outbox.folder_of(entry.run))
                )  # fmt: skip
        return found

    def _logs_of(self, run: RunSnapshot) -> RunLogs:
        if run.handle not in self._logs:
            workspace = self.workspaces.by_key(routes.place_of(run.handle).workspace)
            folder = self._records.folder_of(run.run)
            self._logs[run.handle] = RunLogs(
                self.asking, workspace, run.run, folder, lambda details: self._seen(run.handle, details),
                marks_of=lambda name: self._marks_of(run.handle, name), expected=lambda: self._count(run.handle),
                reason=lambda: self._reason(run.handle),
            )  # fmt: skip
        logs = self._logs.pop(run.handle)
        self._logs[run.handle] = logs  # the last one that was looked at comes last
        return logs

    def _count(self, handle: str) -> int:
        run = self._monitoring.known(handle)
        return 0 if run is None else len(run.ranks)

    def _reason(self, handle: str) -> str:
        run = self._monitoring.known(handle)
        return run.reason if run is not None and run.is_over else ""

    def _marks_of(self, handle: str, name: str) -> Path | None:
        """Return where it is noted when the log of a rank grew; None for a log of no rank."""
        run = self._monitoring.known(handle)
        rank = next((each.rank for each in run.ranks if each.log == name), None) if run else None
        return None if run is None or rank is None else Path(run.folder) / "clock" / f"{rank}.bin"

    def _seen(self, handle: str, details: Mapping[str, Any]) -> None:
        """Take in what a run's details say: its ranks by its logs."""
        run = self._monitoring.known(handle)
        names: Any = details.get("logFiles")
        if run is not None and isinstance(names, dict):
            self._monitoring.take(snapshots.with_logs(run, [str(each) for each in names]))

    async def _finish_logs(self, handle: str) -> None:
        """Fetch the rest of the logs of a run that is over, before that is told."""
        logs = self._logs.get(handle)
        if logs is None or logs.is_whole or handle in self._finishing:
            return
        await logs.close()
        task = self._finishing[handle] = asyncio.create_task(self._fetch_rest(handle, logs), name=f"rest of {handle}")
        await asyncio.wait({task}, timeout=_LAST_WORDS if logs.is_kept_whole else _LAST_GLANCE)

    async def _fetch_rest(self, handle: str, logs: RunLogs) -> None:
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await logs.catch_up()
        except (OutsideError, TimeoutError):
            self._logs.pop(handle, None)  # what is missing is fetched when somebody looks again
        finally:
            self._finishing.pop(handle, None)

    def _take_back(self, entry: Entry) -> None:
        with self.outbox.held(entry.run) as held:
            if held is not None:
                self._withdraw(held)

    def _withdraw(self, held: Entry) -> None:
        if held.is_asked:
            self.outbox.change(dataclasses.replace(held, is_withdrawn=True, next_try=None))
        else:
            self.outbox.take_back(held)

    def _drop(self, run: str) -> None:
        with self.outbox.held(run) as held:
            if held is not None:
                self.outbox.drop(held)


def _why_waiting(entry: Entry) -> str:
    if entry.is_withdrawn:
        return "It was withdrawn while it was being sent; the service is asked whether it has it."
    if entry.is_refused:
        return f"It was refused and waits in the outbox: {entry.reason}"
    return f"It waits in the outbox to be sent. {entry.reason}".rstrip()


def _files_here(folder: Path) -> Mapping[str, Path]:
    """Return the logs that were fetched before."""
    found = (each for name in ("user_logs", "logs", "azureml-logs") for each in sorted((folder / name).rglob("*")))
    return {
        each.relative_to(folder).as_posix(): each for each in found if each.is_file() and ".anew" not in each.parts
    }  # fmt: skip
