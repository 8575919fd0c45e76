"""What a run writes on this machine, as blobs: logs while they grow, `./outputs` and named outputs at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from pathlib import Path, PurePosixPath

from desktop_app.api import RunSnapshot
from tests.emulator.blobs import Blobs
from tests.emulator.job_places import LostError, Place, locate
from tests.emulator.job_records import ARTIFACTS, JobRecord

PIECE = 4 * 1024 * 1024
"""Bytes that one append carries, the most that the storage service took for years."""


LIFECYCLER = "system_logs/lifecycler/lifecycler.log"
"""A log of the service's own, of the sort that people rarely look at."""
HYPERDRIVE = "azureml-logs/hyperdrive.txt"


async def say(blobs: Blobs, record: JobRecord, log: str, text: str, now: datetime) -> None:
    """Add a line to a log of the service's own, in its form."""
    line = f"[{now:%Y-%m-%d %H:%M:%SZ}] {text}\n"
    await blobs.append(record.workspace.account, ARTIFACTS, record.prefix + log, line.encode())


class Mirror:
    """Copies one attempt's files; of a log only what is new."""

    def __init__(self, blobs: Blobs, record: JobRecord, ranks: int) -> None:
        self._blobs = blobs
        self._record = record
        self._ranks = ranks
        self._copied: dict[str, int] = {}

    async def copy_logs(self, snapshot: RunSnapshot) -> None:
        """Append what the ranks, the launcher and `./logs` have got since the last call."""
        for name, path in (await asyncio.to_thread(_logs, Path(snapshot.folder))).items():
            await self._copy_log(log_name(name, self._record, self._ranks, snapshot.launcher_logs), path)

    async def drop_logs(self) -> None:
        """Remove the logs of an attempt that is to be repeated."""
        for name in self._copied:
            await self._blobs.delete(*self._blob(name))
        self._copied.clear()

    async def copy_outputs(self, snapshot: RunSnapshot) -> None:
        """Upload `./outputs` and the named outputs."""
        folder = Path(snapshot.folder)
        await self._upload(folder / "code" / "outputs", Place(*self._blob("outputs")))
        for name, uri in self._record.outputs.items():
            source = folder / "named_outputs" / name
            file = source / name
            if _is_file(self._record, name) and file.is_file():
                place = _place(self._record, uri)
                await self._blobs.put(place.account, place.container, place.path.rstrip("/"), file)
            else:
                await self._upload(source, _place(self._record, uri))

    async def _copy_log(self, name: str, path: Path) -> None:
        done = self._copied.get(name)
        size = path.stat().st_size if path.exists() else 0
        if done is not None and size < done:
            await self._blobs.delete(*self._blob(name))
            done = 0
        if done is None:
            await self._blobs.append(*self._blob(name), b"")
        self._copied[name] = done or 0
        while self._copied[name] < size:
            piece = await asyncio.to_thread(_read, path, self._copied[name])
            if not piece:
                return
            await self._blobs.append(*self._blob(name), piece)
            self._copied[name] += len(piece)

    async def _upload(self, folder: Path, place: Place) -> None:
        files = await asyncio.to_thread(_files, folder)
        for path in files:
            target = place.below(path.relative_to(folder).as_posix())
            await self._blobs.put(target.account, target.container, target.path, path)

    def _blob(self, name: str) -> tuple[str, str, str]:
        return self._record.workspace.account, ARTIFACTS, self._record.prefix + name


def log_name(name: str, record: JobRecord, ranks: int, launchers: Collection[str] = ()) -> str:
    """Return what the service calls a log: `std_log.txt` for a job of one process, else padded to the same width."""
    stem = PurePosixPath(name).stem
    if not name.startswith("user_logs/"):
        return name
    if name in launchers:
        return "user_logs/mpi_log.txt" if stem == "mpirun" else name
    number = stem.rpartition("_")[2]
    if not number.isdigit():
        return name
    if ranks <= 1 and not record.asked.get("distribution"):
        return "user_logs/std_log.txt"
    return f"user_logs/std_log_process_{int(number):0{len(str(max(0, ranks - 1)))}}.txt"


def output_uris(name: str, asked: dict[str, object]) -> dict[str, str]:
    """Return where a job's named outputs will lie."""
    outputs = asked.get("outputs")
    given = outputs if isinstance(outputs, dict) else {}
    return {each: _output_uri(name, each, spec or {}) for each, spec in given.items() if each != "default"}


def _output_uri(name: str, output: str, spec: dict[str, object]) -> str:
    usual = f"azureml://datastores/workspaceblobstore/paths/azureml/{name}/{output}/"
    uri = str(spec.get("uri") or usual)
    for hole, value in (("name", name), ("output_name", output), ("default_datastore", "workspaceblobstore")):
        uri = uri.replace("${{" + hole + "}}", value)
    return uri


def _place(record: JobRecord, uri: str) -> Place:
    try:
        return locate(record.workspace, uri)
    except LostError:
        return Place(record.workspace.account, record.workspace.blob_container, f"azureml/{record.name}/")


def _is_file(record: JobRecord, output: str) -> bool:
    spec = (record.asked.get("outputs") or {}).get(output) or {}
    return bool(spec.get("jobOutputType") == "uri_file")


def _logs(folder: Path) -> dict[str, Path]:
    own = folder / "code" / "logs"
    found = {f"user_logs/{each.name}": each for each in sorted((folder / "user_logs").glob("*.txt"))}
    return found | {f"logs/{each.relative_to(own).as_posix()}": each for each in _files(own)}


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file()) if folder.is_dir() else []


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PIECE)
