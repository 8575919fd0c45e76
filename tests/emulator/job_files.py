"""A job's body as a job of this machine: its file, its uploaded code and its data, below the emulator's home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from desktop_app.api import Distribution, Job, JobInput, JobOutput, Resources, Value
from desktop_app.documents.job_document import write_job
from tests.emulator.blobs import Blobs
from tests.emulator.job_places import LostError, Place, code_place, locate
from tests.emulator.job_records import JobRecord
from tests.emulator.state import Json, Workspace

_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
_SNAKE = re.compile(r"(?<!^)(?=[A-Z])")
PIECE = 4 * 1024 * 1024
"""Bytes that are fetched at once."""
_FOLDERS = ("uri_folder", "mltable", "mlflow_model", "triton_model")
_COUNTS = ("processCountPerInstance", "workerCount", "parameterServerCount")


async def write_files(blobs: Blobs, record: JobRecord, folder: Path) -> Job:
    """Fetch code and data into `folder`, write `job.yml` there and return the job. Raises LostError."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = record.asked
    if asked.get("codeId"):
        await fetch(blobs, code_place(record.workspace, str(asked["codeId"])), folder / "code")
    data = {
        name: await _input(blobs, record.workspace, name, each, folder)
        for name, each in (asked.get("inputs") or {}).items()
    }
    job = job_of(record, data)
    (folder / "job.yml").write_text(write_job(job), encoding="utf-8")
    return job


def job_of(record: JobRecord, data: Mapping[str, JobInput]) -> Job:
    """Return the job that a body describes."""
    asked = record.asked
    given = asked.get("resources") or {}
    return Job(
        command=str(asked.get("command") or ""),
        code="./code" if asked.get("codeId") else None,
        environment=str(asked.get("environmentId") or ""),
        compute=record.compute,
        inputs=data,
        outputs={name: JobOutput(type=_output_type(each)) for name, each in (asked.get("outputs") or {}).items()},
        distribution=distribution_of(asked.get("distribution")),
        resources=Resources(instance_count=record.nodes, shm_size=given.get("shmSize")),
        environment_variables={name: str(each) for name, each in (asked.get("environmentVariables") or {}).items()},
        display_name=record.display_name,
        experiment_name=record.experiment,
        timeout=seconds_of((asked.get("limits") or {}).get("timeout")),
    )


def _output_type(given: Json | None) -> str:
    return str((given or {}).get("jobOutputType") or "uri_folder")


def distribution_of(given: Json | None) -> Distribution | None:
    """Return the distribution in the words of a job file."""
    if not given:
        return None
    extra: dict[str, Value] = {
        _SNAKE.sub("_", key).lower(): value
        for key, value in given.items()
        if key not in ("distributionType", *_COUNTS) and value is not None
    }
    return Distribution(
        str(given.get("distributionType") or "").lower(),
        process_count_per_instance=given.get("processCountPerInstance"),
        worker_count=given.get("workerCount"),
        parameter_server_count=given.get("parameterServerCount"),
        extra=extra,
    )


def seconds_of(duration: str | None) -> int | None:
    """Return an ISO 8601 duration (`PT2M`) in whole seconds, None for none."""
    found = _DURATION.match(duration or "")
    if not found or duration in ("P", "PT"):
        return None
    days, hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return int(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


async def _input(blobs: Blobs, workspace: Workspace, name: str, given: Json, folder: Path) -> JobInput:
    kind = str(given.get("jobInputType") or "literal")
    if kind == "literal":
        return JobInput(value=given.get("value"))
    place = locate(workspace, str(given.get("uri")))
    target = folder / "inputs" / name
    if await fetch(blobs, place, target) or kind in _FOLDERS:
        return JobInput(type=kind, path=f"./inputs/{name}")
    file = PurePosixPath(place.path).name
    return JobInput(type=kind, path=f"./inputs/{name}/{file}")


async def fetch(blobs: Blobs, place: Place, target: Path) -> bool:
    """Copy a blob, or all below a path, into the folder `target`; whether it was more than one. Raises LostError."""
    prefix = place.path.rstrip("/") + "/" if place.path.strip("/") else ""
    names = await blobs.list(place.account, place.container, prefix)
    for name in names:
        await _copy(blobs, place, name, target, name.removeprefix(prefix))
    if not names:
        await _copy(blobs, place, place.path, target, PurePosixPath(place.path).name)
    return bool(names)


async def _copy(blobs: Blobs, place: Place, name: str, target: Path, relative: str) -> None:
    data = await blobs.get(place.account, place.container, name, 0, PIECE) if name else None
    if data is None:
        raise LostError(f"Nothing lies at {place.container}/{place.path} in the storage account {place.account}.")
    path = (target / relative).resolve()
    if not path.is_relative_to(target.resolve()) or path == target.resolve():
        return  # a name such as ../../x, or a folder's mark
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while data:
            file.write(data)
            more = len(data) == PIECE
            data = await blobs.get(place.account, place.container, name, file.tell(), PIECE) if more else None
