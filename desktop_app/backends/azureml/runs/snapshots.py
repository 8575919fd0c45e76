"""A run as the service tells it (job, run history, log files) made into a RunSnapshot. Pure: asks nobody.

Source of the shapes: public recordings of the service, transcribed in tests/emulator, and the SDK's generated clients.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from desktop_app.api import TERMINAL, Phase, PhaseName, RankState, RunSnapshot, RunStatus
from desktop_app.backends.azureml.runs import sweeps
from desktop_app.core.redact import redact

PARENT = "parent"
"""The tag by which a trial of a sweep, or a step, names the run that it belongs to."""
S = RunStatus
_STATUSES = {
    "notstarted": S.NOT_STARTED, "unapproved": S.NOT_STARTED, "starting": S.PREPARING, "provisioning": S.PREPARING,
    "preparing": S.PREPARING, "queued": S.QUEUED, "paused": S.QUEUED, "pausing": S.QUEUED, "running": S.RUNNING,
    "finalizing": S.FINALIZING, "cancelrequested": S.CANCEL_REQUESTED, "completed": S.COMPLETED,
    "finished": S.COMPLETED,
    "failed": S.FAILED, "canceled": S.CANCELED, "cancelled": S.CANCELED, "notresponding": S.UNKNOWN,
}  # fmt: skip
_SAID = {
    "unapproved": "The run waits to be approved in Azure ML.",
    "provisioning": "Azure ML gets nodes for the run.",
    "paused": "The run is paused: its nodes were taken back, and it goes on when there are others.",
    "pausing": "The run is being paused: its nodes are taken back.",
    "notresponding": "Azure ML hears nothing of the run's nodes; the run may well go on.",
}
_PHASES = {
    S.PREPARING: PhaseName.PREPARING, S.QUEUED: PhaseName.QUEUED, S.RUNNING: PhaseName.RUNNING,
    S.FINALIZING: PhaseName.FINALIZING,
}  # fmt: skip
_LOG = re.compile(r"user_logs/std_log(?:_(?P<word>[a-z]+))??(?:_(?P<number>\d+))?(?:_(?P<role>[a-z]+))?\.txt", re.I)
_FRACTION = re.compile(r"\.(\d+)")
_NEVER = 1900
_LONGEST = 400


def status_of(word: str) -> RunStatus:
    """Return the state for the service's word; Unknown for one that is not known here."""
    return _STATUSES.get(word.strip().lower(), S.UNKNOWN)


def time_of(text: Any) -> datetime | None:
    """Return a time of the service: ISO 8601 with up to seven digits, the year 1 for never."""
    if not isinstance(text, str) or not text:
        return None
    shorter = _FRACTION.sub(lambda found: f".{found[1][:6]:0<6}", text.strip(), count=1)
    try:
        found = datetime.fromisoformat(shorter)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found.astimezone(UTC) if found.year > _NEVER else None


def of_job(handle: str, job: Mapping[str, Any]) -> RunSnapshot:
    """Return what the management plane says of a job that this program knows nothing of yet."""
    properties = _mapping(job.get("properties"))
    sweep = sweeps.of_job(properties)
    ran = _mapping(properties.get("trial")) if sweep is not None else properties
    resources, distribution = _mapping(ran.get("resources")), _mapping(ran.get("distribution"))
    name = str(job.get("name") or handle.rpartition("/")[2])
    created = time_of(_mapping(job.get("systemData")).get("createdAt")) or datetime.now(UTC)
    kind = str(distribution.get("distributionType") or "").lower()
    snapshot = RunSnapshot(
        handle=handle,
        run=name,
        backend="azureml",
        status=S.UNKNOWN,
        display_name=str(properties.get("displayName") or name),
        experiment=str(properties.get("experimentName") or "Default"),
        created=created,
        nodes=_count(resources.get("instanceCount")),
        processes_per_node=_count(distribution.get("processCountPerInstance")),
        framework=kind if kind in ("pytorch", "tensorflow", "ray") else "",
        tags=_own(properties.get("tags")),
        sweep=sweep,
    )
    if str(properties.get("jobType") or "command").lower() == "command" and kind in ("", "pytorch", "mpi"):
        snapshot = dataclasses.replace(snapshot, ranks=sweeps.ranks_of(snapshot))
    return with_status(snapshot, str(properties.get("status") or ""), created)


def with_status(known: RunSnapshot, word: str, seen: datetime) -> RunSnapshot:
    """Return the run with the state that the service tells, seen at `seen`; phases follow."""
    status = status_of(word)
    reason = _said(word, status)
    ended = (known.ended or seen) if status in TERMINAL else None
    return _completed(dataclasses.replace(known, status=status, reason=reason, ended=ended), seen)


def with_history(known: RunSnapshot, run: Mapping[str, Any], seen: datetime) -> RunSnapshot:
    """Return the run with what run history says of it: a record of `rundata`, of `children` or of `details`."""
    word = str(run.get("status") or "")
    status = status_of(word)
    over = status in TERMINAL
    parent = run.get("parentRunId")
    tags = _own(run.get("tags"))
    if isinstance(parent, str) and parent:
        tags[PARENT] = parent
    new = dataclasses.replace(
        known,
        status=status,
        display_name=str(run.get("displayName") or known.display_name),
        created=time_of(run.get("createdUtc") or run.get("createdTimeUtc")) or known.created,
        started=time_of(run.get("startTimeUtc")) or known.started,
        ended=(time_of(run.get("endTimeUtc")) or known.ended or seen) if over else None,
        tags={**known.tags, **tags},
    )
    return _completed(dataclasses.replace(new, reason=_reason(run, new) or _said(word, status)), seen)


def _said(word: str, status: RunStatus) -> str:
    """Return what a person is told of a state beside its name."""
    said = _SAID.get(word.strip().lower(), "")
    if status is S.UNKNOWN and not said:
        return f"Azure ML says “{word}”, which this program doesn't know." if word else "Azure ML says no state."
    return said


def _completed(run: RunSnapshot, seen: datetime) -> RunSnapshot:
    """Return the run with phases and ranks as its state has them."""
    ranks = tuple(_rank_as(each, run) for each in run.ranks)
    return dataclasses.replace(run, phases=_phases(run, seen), ranks=ranks)


def with_logs(known: RunSnapshot, names: Iterable[str]) -> RunSnapshot:
    """Return the run with the ranks that its log files tell; those without a log yet stay as they were planned."""
    found = ranks_of(names, known)
    ranks = {**{each.rank: each for each in known.ranks}, **{each.rank: each for each in found}}
    return dataclasses.replace(known, ranks=tuple(ranks[rank] for rank in sorted(ranks)))


def ranks_of(names: Iterable[str], run: RunSnapshot) -> Sequence[RankState]:
    """Return the ranks whose logs are there: `std_log_process_03.txt`, `std_log.txt`, `std_log_0_ps.txt`."""
    parsed = sorted(
        (each for name in names if (each := _parsed(name)) is not None), key=lambda each: (each[1] == "ps", each[0])
    )
    return [_rank(place if each[1] == "ps" else each[0], each, run) for place, each in enumerate(parsed)]


def _parsed(name: str) -> tuple[int, str, str] | None:
    """Return number, role and name of a rank's log; None for other files."""
    found = _LOG.fullmatch(name)
    if found is None:
        return None
    words = [(found[each] or "").lower() for each in ("word", "role")]
    role = next((each for each in words if each in ("ps", "chief", "worker", "evaluator", "head")), "worker")
    return int(found["number"] or 0), role, name


def _rank(rank: int, parsed: tuple[int, str, str], run: RunSnapshot) -> RankState:
    node, local = divmod(rank, max(1, run.processes_per_node))
    planned = next((each for each in run.ranks if each.rank == rank), None)
    state = planned or RankState(rank, local, node, S.NOT_STARTED, role=parsed[1])
    return _rank_as(dataclasses.replace(state, log=parsed[2]), run)


def _rank_as(rank: RankState, run: RunSnapshot) -> RankState:
    """Return a rank as its run is: the service says nothing of single ones."""
    if rank.status is run.status and rank.started == run.started and rank.ended == run.ended:
        return rank
    return dataclasses.replace(rank, status=run.status, started=run.started, ended=run.ended)


@dataclass(slots=True)
class _Story:
    """The phases of a run as they are told: none that was told begins at another time later."""

    phases: list[Phase]

    def enter(self, name: PhaseName, at: datetime) -> None:
        """End the phase before and begin one, no earlier than that."""
        self.close(at)
        self.phases.append(Phase(name, max(at, self.phases[-1].ended or at) if self.phases else at))

    def close(self, at: datetime) -> None:
        """End the last phase, no earlier than it began."""
        if self.phases and self.phases[-1].ended is None:
            last = self.phases[-1]
            self.phases[-1] = dataclasses.replace(last, ended=max(at, last.started))

    def has(self, name: PhaseName) -> bool:
        """Whether there was such a phase."""
        return any(each.name is name for each in self.phases)

    def catch_up(self, run: RunSnapshot) -> None:
        """Add what was not seen of a run that started: its preparation, and its running."""
        if run.started is None or self.has(PhaseName.RUNNING):
            return
        if not self.phases and run.created < run.started:
            self.enter(PhaseName.PREPARING, run.created)
        self.enter(PhaseName.RUNNING, run.started)


def _phases(run: RunSnapshot, seen: datetime) -> tuple[Phase, ...]:
    """Return the run's phases after it was seen in its state, with the service's own times where it tells them."""
    story, name = _Story(list(run.phases)), _PHASES.get(run.status)
    if run.is_over:
        story.catch_up(run)
        story.close(run.ended or seen)
    elif name is not None:
        is_first = not story.phases
        if name in (PhaseName.RUNNING, PhaseName.FINALIZING):
            story.catch_up(run)
        last = story.phases[-1] if story.phases else None
        if last is None or last.name is not name or last.ended is not None:
            story.enter(name, run.created if is_first and name is not PhaseName.FINALIZING else seen)
    return tuple(story.phases)


def _reason(run: Mapping[str, Any], snapshot: RunSnapshot) -> str:
    """Return why the run is as it is, in the service's words: its error, or why it was canceled."""
    if snapshot.status is S.FAILED:
        error = _mapping(_mapping(run.get("error")).get("error"))
        message = _first_lines(redact(str(error.get("message") or "")))  # it may quote what the script wrote
        return message or "Azure ML says no reason: see the logs."
    if snapshot.status is S.CANCELED:
        return _first_lines(str(run.get("cancelationReason") or ""))
    return ""


def _first_lines(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST].rsplit(' ', 1)[0]} …"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _own(tags: Any) -> dict[str, str]:
    """Return a run's tags without the service's own."""
    return {key: each for key, each in _texts(tags).items() if not key.startswith("_aml_system")}


def _texts(value: Any) -> dict[str, str]:
    return {str(key): str(each) for key, each in _mapping(value).items() if each is not None}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 1
