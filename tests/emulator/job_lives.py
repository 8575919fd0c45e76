"""One command job from its submission to its end, through the states that the service shows."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import shutil
import time

from desktop_app.api import Job, JobSource, OutsideError, RunSnapshot, RunStatus, Severity, SubmissionPlan, UserError
from tests.emulator.job_environments import build
from tests.emulator.job_files import write_files
from tests.emulator.job_outputs import register_outputs
from tests.emulator.job_places import LostError
from tests.emulator.job_records import JobRecord, run_error
from tests.emulator.mirroring import LIFECYCLER, Mirror, log_name, say
from tests.emulator.running import Runner
from tests.emulator.state import Json

GLANCE = 0.1
"""Seconds between looks at a run."""
YOUNG = 10.0
"""Seconds for which a run is looked at that often; an older one is looked at less often."""
_LOG = logging.getLogger(__name__)


class _Canceled(Exception):  # noqa: N818 - no error
    """The job was asked to end before it ran."""


class CommandLife:
    """A command job that really runs."""

    def __init__(self, runner: Runner, record: JobRecord) -> None:
        self.record = record
        self.holds = self.waits = False
        self._runner = runner
        self._service = runner.service
        self._folder = runner.service.options.home / "jobs" / record.workspace.name / record.name
        self._canceled = asyncio.Event()
        self._preempted = self._bereft = False

    def cancel(self) -> None:
        """Come to an end soon."""
        self._canceled.set()

    def preempt(self) -> None:
        """Lose the nodes, and queue again."""
        self._preempted = True

    async def go(self) -> None:
        """Live; whatever goes wrong is told as the service tells it."""
        try:
            await self._live()
        except _Canceled:
            await self._runner.released(self.record)
            self._turn("Canceled")
        except (LostError, UserError, OutsideError) as problem:
            self._fail(str(problem))
        except Exception as problem:  # noqa: BLE001 - a defect of the emulator, which must not leave a job hanging
            _LOG.exception("job %s", self.record.name)
            self._fail(f"The emulator failed: {problem!r}", code="ServiceError")
        finally:
            self.holds = self.waits = False

    async def _live(self) -> None:
        await self._pause(self._delay("starting"))
        if self.record.compute is None or self._delay("provisioning"):
            await self._phase("Provisioning")
        self._turn("Preparing")
        job, plan = await self._prepare()
        await self._pause(self._delay("preparing"))
        while not await self._attempt(plan):
            plan = await self._plan(job)

    async def _prepare(self) -> tuple[Job, SubmissionPlan]:
        await build(self._service.blobs, self.record)
        if self._folder.exists():
            await asyncio.to_thread(shutil.rmtree, self._folder)
        job = await write_files(self._service.blobs, self.record, self._folder)
        return job, await self._plan(job)

    async def _plan(self, job: Job) -> SubmissionPlan:
        path = self._folder / "job.yml"
        source = JobSource(path, self._folder, path.read_text(encoding="utf-8"))
        plan = await self._runner.backend.plan(job, source)
        errors = [each.message for each in plan.diagnostics if each.severity is Severity.ERROR]
        if errors:
            raise LostError(f"The emulator can't run this job here: {' '.join(errors)}")
        name = self.record.name
        own = {"AZUREML_RUN_ID": name, "AZUREML_ROOT_RUN_ID": self.record.parent or name}
        return dataclasses.replace(plan, environment={**plan.environment, **own})

    async def _attempt(self, plan: SubmissionPlan) -> bool:
        """Run once; False where the nodes were taken away before the end."""
        self._note_nodes(preparing=self.record.nodes)
        await self._phase("Queued")
        await self._nodes()
        handle = await self._runner.backend.submit(plan, lambda _message, _part: None)
        self._runner.handles.setdefault(self.record.name, []).append(handle)
        self._note_nodes(running=self.record.nodes)
        self._turn("Running")
        await self._say(LIFECYCLER, f"The job runs on {self.record.nodes} node(s).")
        mirror = Mirror(self._service.blobs, self.record, len(plan.processes))
        snapshot = await self._follow(handle, mirror)
        self.holds = False
        if self._preempted and not self._canceled.is_set() and not self._bereft:
            await self._requeue(mirror)
            return False
        await self._finish(snapshot, mirror, len(plan.processes))
        return True

    async def _follow(self, handle: str, mirror: Mirror) -> RunSnapshot:
        asked, began = False, time.monotonic()
        while True:
            found = await self._runner.backend.snapshots([handle])
            snapshot = found[handle]
            await mirror.copy_logs(snapshot)
            if snapshot.is_over or snapshot.status is RunStatus.UNKNOWN:
                return snapshot
            ends = self._canceled.is_set() and not self.record.stuck
            self._bereft = self._bereft or (not ends and not self._has_compute())
            if not asked and (self._preempted or self._bereft or ends):
                asked = True
                await self._runner.backend.cancel(handle)
            await asyncio.sleep(GLANCE if time.monotonic() - began < YOUNG else 4 * GLANCE)

    async def _requeue(self, mirror: Mirror) -> None:
        self._preempted = False
        self.record.attempt += 1
        self.record.warnings.append(
            {"source": "AmlCompute", "message": "The job's nodes were preempted; it runs again."}
        )
        self._note_preempted(self.record.nodes)
        await mirror.drop_logs()
        await self._say(LIFECYCLER, "The nodes were preempted.")

    async def _finish(self, snapshot: RunSnapshot, mirror: Mirror, ranks: int) -> None:
        canceled = self._canceled.is_set()
        if canceled:
            await self._runner.released(self.record)
        else:
            self._turn("Finalizing")
            await asyncio.sleep(self._delay("finalizing"))
        await mirror.copy_outputs(snapshot)
        await self._say(LIFECYCLER, "The job's processes have ended; what they made is uploaded.")
        if self._bereft and not canceled and snapshot.status is RunStatus.CANCELED:
            self._fail(f"Compute target {self.record.compute} was deleted while the job ran on it.")
        elif canceled or snapshot.status is RunStatus.CANCELED:
            self._turn("Canceled")
        elif snapshot.status is RunStatus.COMPLETED:
            await register_outputs(self._service, self.record)
            self._turn("Completed")
        else:
            self._fail(_reason(snapshot, self.record, ranks), warning=_WARNING)

    async def _nodes(self) -> None:
        """Wait until the compute has enough nodes that are free; a cluster scales up for jobs that hold a claim."""
        self.waits = True
        while not self._fits():
            self.record.queueing = "The job waits for nodes of its compute."
            await self._pause(GLANCE)
        self.record.queueing, self.holds, self.waits = "", True, False
        self._note_preempted(0)

    async def _say(self, log: str, text: str) -> None:
        await say(self._service.blobs, self.record, log, text, self._service.clock.now())

    def _note_nodes(self, *, preparing: int = 0, running: int = 0) -> None:
        """Say in the job's tags and properties what the service says once a job has come to its compute."""
        said: Json = {"AllocationState": "steady", "PreparingNodeCount": preparing, "RunningNodeCount": running}
        said["CurrentNodeCount"] = running
        self.record.tags["_aml_system_ComputeTargetStatus"] = json.dumps(said, separators=(",", ":"))
        self.record.properties |= _PROCESSES

    def _note_preempted(self, count: int) -> None:
        """Let the cluster count the nodes that it lost, until the job has others."""
        compute = self.record.workspace.computes.get(self.record.compute or "")
        if compute is not None and "nodes" in compute.more:
            compute.more["nodes"].preempted = count

    def _has_compute(self) -> bool:
        """Whether the compute target that it names is there; serverless compute always is."""
        record, name = self.record, self.record.compute
        return (
            not name
            or name in record.workspace.computes
            or "/virtualclusters/" in str(record.asked["computeId"]).lower()
        )

    def _fits(self) -> bool:
        record = self.record
        compute = record.workspace.computes.get(record.compute or "")
        if not self._has_compute():
            raise LostError(f"Compute target {record.compute} was deleted while the job waited for its nodes.")
        scale = (compute.properties.get("properties") or {}).get("scaleSettings") if compute else None
        if compute is None or not scale:
            return True
        if not self.holds:
            most, busy = int(scale["maxNodeCount"]), self._runner.busy(record.workspace, compute.name)
            self.holds = busy + record.nodes <= most and self._runner.is_first(record, most)
        nodes = compute.more["nodes"]
        nodes.settle(self._service, record.workspace, compute)
        return bool(self.holds and nodes.current >= self._runner.busy(record.workspace, compute.name))

    async def _phase(self, status: str) -> None:
        self._turn(status)
        await self._pause(self._delay(status.lower()))

    async def _pause(self, seconds: float) -> None:
        """Wait; a job that was asked to end goes no further."""
        try:
            await asyncio.wait_for(self._canceled.wait(), max(seconds, 0.001))
        except TimeoutError:
            return
        raise _Canceled

    def _delay(self, name: str) -> float:
        return self._service.options.delay(name)

    def _turn(self, status: str) -> None:
        self.record.turn(status, self._service.clock.now())

    def _fail(self, message: str, *, code: str = "UserError", warning: str = "") -> None:
        self.record.error = run_error(message, code=code)
        if warning:
            self.record.warnings.append({"source": "AmlCompute", "message": warning})
        self._turn("Failed")


_PROCESSES = {
    "ProcessInfoFile": "azureml-logs/process_info.json",
    "ProcessStatusFile": "azureml-logs/process_status.json",
}
_WARNING = (
    "AzureMLCompute job failed\nExecutionFailed: Execution failed with non-zero exit code\n"
    "\tReason: Job failed with non-zero exit Code"
)


def _reason(snapshot: RunSnapshot, record: JobRecord, ranks: int) -> str:
    """Say which process fell first, as the service's common runtime does."""
    first = snapshot.first_failure
    if first is None:
        return f"Execution failed. {snapshot.reason}".strip()
    log = log_name(f"user_logs/std_log_process_{first.rank}.txt", record, ranks)
    return (
        f"Execution failed. User process 'python' exited with status code {first.exit_code}. "
        f"Please check log file '{log}' for error details. Error: {first.text or snapshot.reason}"
    )
