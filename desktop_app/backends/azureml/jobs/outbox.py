"""The outbox: jobs held on disk with their files as they were, until the service has them.

A folder for each, written beside and renamed in one step, so that what is there is whole; `state.json` in it is
replaced in one step too. Who sends, changes or withdraws one holds the lock in its folder, which the kernel opens when
its holder ends, however that is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import (
    OutsideError,
    Progress,
    RankState,
    RunSnapshot,
    RunStatus,
    SubmissionPlan,
    Sweep,
    SweepState,
    UserError,
    Waiting,
    Workspace,
)
from desktop_app.api._records import from_json, to_json
from desktop_app.backends.azureml.client.routes import handle_of, place_of
from desktop_app.backends.azureml.jobs.git_facts import code_folder, git_variables
from desktop_app.core.sweeps.plan_facts import most_trials
from desktop_app.core.words import size_text
from desktop_app.worker.supervisor import holding
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.state import replace

STATE = "state.json"
RUN = "run.json"
_PRIVATE = 0o700  # what a job holds (variables, code) may be secret
_RESERVE = 64 << 20
"""Bytes that stay free beside the copies."""
_SAY_EVERY = 200
_YOUNG = 60.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A job that waits. `tries` counts sendings begun; `is_asked` says that one may have reached the service.

    `is_refused` says that the service took a look and said no, so that sending it again by itself is of no use;
    `is_withdrawn` that the person took it back while nobody knew whether it had arrived. `git` is what the code's
    repository was when the job was kept, as the SDK's variables.
    """

    run: str
    workspace: Workspace
    created: datetime
    display_name: str = ""
    files: int = 0
    size: int = 0
    tries: int = 0
    is_asked: bool = False
    is_refused: bool = False
    is_withdrawn: bool = False
    reason: str = ""
    next_try: datetime | None = None
    git: Mapping[str, str] = field(default_factory=dict)

    @property
    def handle(self) -> str:
        """The handle that the run has and will have."""
        return handle_of(self.workspace, self.run)


class Outbox:
    """Waiting jobs below `folder`, those that were sent below `sent`. Its methods touch the disk, so call them beside
    the event loop; each process may have one of its own."""

    def __init__(self, folder: Path, sent: Path) -> None:
        self._folder = folder
        self._sent = sent

    def folder_of(self, run: str) -> Path:
        """Return where a waiting job lies."""
        return self._folder / run

    def put(self, plan: SubmissionPlan, texts: Mapping[str, str], workspace: Workspace, progress: Progress) -> Entry:
        """Keep a job with all its files. Raises UserError and OutsideError; then nothing is left of it."""
        target = self._folder / plan.run
        if target.exists() or (self._sent / plan.run).exists():
            hint = "A plan can be submitted once: plan the job again."
            raise UserError(f"{plan.run} was submitted already.", hint=hint)
        draft = self._folder / f".{plan.run}.{os.getpid()}"
        entry = Entry(
            plan.run, workspace, datetime.now(UTC), _title(plan), len(plan.files), plan.bytes,
            git=git_variables(code_folder(plan.files)),
        )  # fmt: skip
        try:
            for each in (self._folder.parent, self._folder):
                each.mkdir(_PRIVATE, parents=True, exist_ok=True)
            self.collect()
            if shutil.disk_usage(self._folder).free < plan.bytes + _RESERVE:
                raise OSError(errno.ENOSPC, f"the copies take {size_text(plan.bytes)}, more than is free")
            _fill(draft, target, plan, texts, entry, progress)
            _settle(self._folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise _no_room(self._folder, error) from error
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return entry

    def entries(self) -> Sequence[Entry]:
        """Return what waits, oldest first; what can't be read is left where it is."""
        found = [entry for each in self._names() if (entry := self.read(each)) is not None]
        return sorted(found, key=lambda each: (each.created, each.run))

    def read(self, run: str) -> Entry | None:
        """Return a waiting job as it is on disk now, None where there is none."""
        try:
            return from_json(Entry, json.loads((self._folder / run / STATE).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def waiting(self) -> Sequence[Waiting]:
        """Return what waits, as a person sees it."""
        return [
            Waiting(
                each.handle, each.run, each.workspace.name, each.display_name or each.run, each.created, each.reason,
                each.files, each.size, each.tries, each.next_try, each.is_withdrawn,
            )
            for each in self.entries()
        ]  # fmt: skip

    def find(self, handle: str) -> Entry | None:
        """Return the waiting job of a handle."""
        place = place_of(handle)
        found = self.read(place.run)
        return found if found and found.workspace.key.lower() == place.workspace.lower() else None

    @contextlib.contextmanager
    def held(self, run: str) -> Iterator[Entry | None]:
        """Hold a waiting job for a while and give it as it is then; None where it is gone or somebody else has it."""
        folder = self._folder / run
        if not folder.is_dir():
            yield None
            return
        with holding.held(folder) as mine:
            yield self.read(run) if mine else None

    def change(self, entry: Entry) -> Entry:
        """Write what became of a waiting job, which must be held. Raises OutsideError."""
        path = self._folder / entry.run / STATE
        try:
            replace(path, to_json(entry))
        except OSError as error:
            raise _no_room(path, error) from error
        return entry

    def settle(self, entry: Entry) -> Path:
        """Put a job that the service has to those that were sent; it must be held. Raises OutsideError."""
        target = self._sent / entry.run
        try:
            self._sent.mkdir(_PRIVATE, parents=True, exist_ok=True)
            (self._folder / entry.run).rename(target)
        except OSError as error:
            raise _no_room(target, error) from error
        for name in ("data", "build"):  # the service has them; the code stays to be compared
            shutil.rmtree(target / name, ignore_errors=True)
        return target

    def drop(self, entry: Entry) -> None:
        """Remove a waiting job, which must be held: in one step, whenever this ends."""
        away = self._folder / f".{entry.run}.gone"
        with contextlib.suppress(OSError):
            (self._folder / entry.run).rename(away)
            shutil.rmtree(away, ignore_errors=True)

    def take_back(self, entry: Entry) -> None:
        """Remove a waiting job, which must be held, and leave word of a run that was cancelled before it began."""
        with contextlib.suppress(OutsideError):  # whoever finds it after this was killed sends it no more
            self.change(dataclasses.replace(entry, is_withdrawn=True, next_try=None))
        run = snapshot_of(self._folder / entry.run)
        if run is not None:
            folder = self._sent / entry.run
            reason = "It was withdrawn before it was sent."
            ended = dataclasses.replace(run, status=RunStatus.CANCELED, reason=reason, ended=run.created)
            with contextlib.suppress(OSError):  # on a full disk it is forgotten
                folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
                replace(folder / RUN, to_json(ended))
        self.drop(entry)

    def collect(self) -> None:
        """Remove what programs left that ended while writing or removing."""
        with contextlib.suppress(OSError):
            for each in list(self._folder.iterdir()):
                if each.name.startswith(".") and each.is_dir() and _is_left(each):
                    shutil.rmtree(each, ignore_errors=True)

    def _names(self) -> list[str]:
        try:
            return [each.name for each in os.scandir(self._folder) if not each.name.startswith(".")]
        except OSError:
            return []


def later(entry: Entry, reason: str, at: datetime | None, *, is_refused: bool = False) -> Entry:
    """Return a waiting job that could not be sent, why, and when it is tried again."""
    return dataclasses.replace(entry, reason=reason, next_try=at, is_refused=is_refused)


def first_snapshot(plan: SubmissionPlan, entry: Entry, folder: Path) -> RunSnapshot:
    """Return the run as it is before anything was sent; `folder` is where it will lie once that is done."""
    job = plan.job
    return RunSnapshot(
        handle=entry.handle,
        run=plan.run,
        backend="azureml",
        status=RunStatus.NOT_STARTED,
        display_name=entry.display_name,
        experiment=job.experiment_name or "Default",
        created=entry.created,
        nodes=plan.topology.nodes,
        processes_per_node=plan.topology.processes_per_node,
        framework=plan.framework,
        ranks=tuple(
            RankState(each.rank, each.local_rank, each.node, RunStatus.NOT_STARTED, log=each.log, role=each.role)
            for each in plan.processes
        )
        if job.sweep is None
        else (),
        outputs=str(folder / "outputs"),
        folder=str(folder),
        source=plan.source,
        tags=job.tags,
        sweep=_first_state(job.sweep),
    )


def _first_state(sweep: Sweep | None) -> SweepState | None:
    if sweep is None:
        return None
    return SweepState(
        sweep.primary_metric, "maximize" if sweep.is_maximized else "minimize", sweep.sampling.lower(),
        total=most_trials(sweep),
    )  # fmt: skip


def snapshot_of(folder: Path) -> RunSnapshot | None:
    """Return what was last written of a run that lies in a folder."""
    data = read_object(folder / RUN)
    try:
        return from_json(RunSnapshot, data) if data else None
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _title(plan: SubmissionPlan) -> str:
    return plan.job.display_name or plan.job.name or (Path(plan.source).stem if plan.source else plan.run)


def _fill(  # noqa: PLR0913, PLR0917 - all that a waiting job is made of
    draft: Path, target: Path, plan: SubmissionPlan, texts: Mapping[str, str], entry: Entry, progress: Progress
) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(_PRIVATE)
    with holding.held(draft):  # so that nobody takes it for left behind
        done, total = 0, max(1, plan.bytes)
        for number, each in enumerate(plan.files):
            if number % _SAY_EVERY == 0:
                progress(f"Keeping the files ({number:,} of {len(plan.files):,})", done / total)
            _copy(Path(each.source), draft / each.target)
            done += each.size
        for name, text in texts.items():
            _write(draft / name, text.encode("utf-8", "surrogateescape"))
        _write(draft / "plan.json", json.dumps(to_json(plan)).encode())
        snapshot = first_snapshot(plan, entry, draft.parent.parent / "cloud" / plan.run)
        _write(draft / RUN, json.dumps(to_json(snapshot)).encode())
        _write(draft / STATE, json.dumps(to_json(entry)).encode())
        _settle(draft)
        draft.rename(target)


def _copy(source: Path, target: Path) -> None:
    """Copy a file's bytes and times. Raises UserError where it went away since the plan was made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = source.open("rb")
    except OSError as error:
        message = f"{source} can't be read any more: {error.strerror or error}."
        raise UserError(message, hint="Plan the job again.") from error
    with stream, target.open("xb") as copy:
        shutil.copyfileobj(stream, copy, 1 << 20)
    shutil.copystat(source, target)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)


def _settle(folder: Path) -> None:
    """Have a folder's names survive a power cut."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_left(folder: Path) -> bool:
    if time.time() - folder.stat().st_mtime < _YOUNG:
        return False  # its lock may not be taken yet
    with holding.held(folder) as mine:
        return mine


def _no_room(folder: Path, error: OSError) -> OutsideError:
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    mend = "Free some space" if full else "Make it writable"
    hint = f"{mend}, or choose another place with --home or RANKZERO_HOME."
    return OutsideError(f"The job can't be kept in {folder}: {error.strerror or error}.", hint=hint)
