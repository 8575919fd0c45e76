"""Jobs by the control plane: pretend jobs in any number, preemption, jobs that get stuck, how outputs are spelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.emulator.answers import ok
from tests.emulator.clock import stamp
from tests.emulator.job_records import ARTIFACTS, JobRecord, course, find_job, run_error
from tests.emulator.mirroring import output_uris
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.run_bodies import Ways
from tests.emulator.running import Runner
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

_ENDS = ("Completed", "Completed", "Failed", "Canceled")


async def pretend(service: Service, call: Call) -> Answer:
    """{"count": 10000, "live": 1000, "seconds": 3600, "age": 86400}: add jobs that only pretend.

    The last `live` of them run for `seconds` from now on and then complete; the others are over, some of them failed.
    Also: "workspace", "prefix" of the names, "experiment", "compute", "queued" (seconds), "nodes" and "processes" on
    each of them. They have no logs but those that `/jobs/log` writes.
    """
    asked: Json = call.json or {}
    workspace = _workspace(service, asked)
    live = int(asked.get("live", 0))
    count = max(int(asked.get("count", live)), live)
    for number in range(count):
        record = _pretender(service, workspace, asked, number, is_live=number >= count - live)
        workspace.jobs[record.name] = record
    return ok({"jobs": len(workspace.jobs)})


def _pretender(service: Service, workspace: Workspace, asked: Json, number: int, *, is_live: bool) -> JobRecord:
    now, name = service.clock.now(), f"{asked.get('prefix', 'pretend')}-{number:05d}"
    seconds, queued = float(asked.get("seconds", 3600)), float(asked.get("queued", 0))
    end = "Completed" if is_live else _ENDS[number % len(_ENDS)]
    created = now if is_live else now - timedelta(seconds=float(asked.get("age", 86400)) + seconds - number)
    phases: Sequence[tuple[str, float]] = (
        ("Starting", 0), ("Preparing", 0), ("Queued", queued), ("Running", seconds), ("Finalizing", 0), (end, 0)
    )  # fmt: skip
    body: Json = {
        "jobType": "Command",
        "command": "sleep",
        "environmentId": "azureml:AzureML-pretended:1",
        "outputs": {},
    }
    if "nodes" in asked or "processes" in asked:
        body["resources"] = {"instanceCount": int(asked.get("nodes", 1))}
        processes = int(asked.get("processes", 1))
        body["distribution"] = {"distributionType": "PyTorch", "processCountPerInstance": processes}
    if asked.get("compute"):
        body["computeId"] = f"{workspace.path}/computes/{asked['compute']}"
    record = JobRecord(name, workspace, body, created, course(created, phases), planned=True, display_name=name)
    record.experiment = str(asked.get("experiment", "pretended"))
    record.outputs = output_uris(name, body)
    if end == "Failed":
        record.error = run_error("Execution failed. User process 'python' exited with status code 1.")
    return record


def _workspace(service: Service, asked: Json) -> Workspace:
    found = list(service.state.workspaces.values())
    return next((each for each in found if each.name == asked.get("workspace")), found[0])


async def preempt(service: Service, call: Call) -> Answer:
    """{"job": NAME}: take its nodes away; {"compute": NAME}: those of all that run there."""
    asked: Json = call.json or {}
    hit = [each for each in _meant(service, asked) if service.part(Runner).preempt(each)]
    return ok({"preempted": [each.name for each in hit]})


async def stick(service: Service, call: Call) -> Answer:
    """{"job": NAME, "stuck": true}: a cancel leads to CancelRequested and no further, until `stuck` is false."""
    asked: Json = call.json or {}
    found = _meant(service, asked)
    for record in found:
        record.stuck = bool(asked.get("stuck", True))
        if not record.stuck:
            service.part(Runner).unstick(record)
    return ok({"stuck": [each.name for each in found if each.stuck]})


def _meant(service: Service, asked: Json) -> list[JobRecord]:
    workspace = _workspace(service, asked)
    if "job" in asked:
        found = find_job(workspace, str(asked["job"]))
        return [] if found is None else [found]
    return [each for each in workspace.jobs.values() if each.compute == asked.get("compute")]


async def outputs(service: Service, call: Call) -> Answer:
    """{"spelling": "uri_folder" | "UriFolder"}: how run history spells the types of outputs."""
    asked: Json = call.json or {}
    ways = service.part(Ways)
    if "spelling" in asked:
        ways.pascal_outputs = asked["spelling"] == "UriFolder"
    return ok({"spelling": "UriFolder" if ways.pascal_outputs else "uri_folder"})


async def repeats(service: Service, call: Call) -> Answer:
    """{"refused": true}: a job that is sent again, as azure-core retries do, is refused though it is the same."""
    asked: Json = call.json or {}
    ways = service.part(Ways)
    ways.strict_repeats = bool(asked.get("refused", ways.strict_repeats))
    return ok({"refused": ways.strict_repeats})


async def states(service: Service, call: Call) -> Answer:
    """{"job": NAME}: the states that it has been in, each with the time at which it began."""
    now = service.clock.now()
    found = _meant(service, call.json or {})
    return ok([[each.status, stamp(each.at)] for record in found for each in record.turns if each.at <= now])


async def end(service: Service, call: Call) -> Answer:
    """{"job": NAME, "status": "Failed", "message": "..."}: let a job that pretends end now, failed for this reason."""
    asked: Json = call.json or {}
    status = str(asked.get("status", "Failed"))
    found = [each for each in _meant(service, asked) if each.planned]
    for record in found:
        if status == "Failed":
            record.error = run_error(str(asked.get("message", "Execution failed.")))
        record.turn(status, service.clock.now())
    return ok({"ended": [each.name for each in found]})


async def write_log(service: Service, call: Call) -> Answer:
    """{"job": NAME, "log": "user_logs/std_log.txt", "text": "...", "times": 1, "anew": false}: let a job's log grow.

    `anew` begins it again, shorter than it was: what a preempted job does.
    """
    asked: Json = call.json or {}
    text = str(asked.get("text", "")).encode() * int(asked.get("times", 1))
    for record in _meant(service, asked):
        blob = record.workspace.account, ARTIFACTS, record.prefix + str(asked.get("log", "user_logs/std_log.txt"))
        if asked.get("anew"):
            await service.blobs.delete(*blob)
        await service.blobs.append(*blob, text)
    return ok({"bytes": len(text)})


async def artifact(service: Service, call: Call) -> Answer:
    """{"job": NAME, "path": "../../x", "text": "..."}: put a file among a job's artifacts, whatever it is called."""
    asked: Json = call.json or {}
    found = _meant(service, asked)
    for record in found:
        name = record.prefix + str(asked["path"])
        await service.blobs.put(record.workspace.account, ARTIFACTS, name, str(asked.get("text", "")).encode())
    return ok({"put": len(found)})


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("POST", "control", "/jobs/pretend", pretend)
    table.add("POST", "control", "/jobs/preempt", preempt)
    table.add("POST", "control", "/jobs/stick", stick)
    table.add("*", "control", "/jobs/repeats", repeats)
    table.add("POST", "control", "/jobs/log", write_log)
    table.add("POST", "control", "/jobs/end", end)
    table.add("POST", "control", "/jobs/artifact", artifact)
    table.add("POST", "control", "/jobs/states", states)
    table.add("*", "control", "/outputs", outputs)
    return table
