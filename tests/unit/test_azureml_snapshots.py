"""What the service says of a run, as a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import PhaseName, RankState, RunSnapshot, RunStatus
from desktop_app.backends.azureml.runs import snapshots
from desktop_app.core.run_states import merge

HANDLE = "azureml://s/g/w/digits-1"
CREATED = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
WORDS = {
    "NotStarted": "NotStarted", "Starting": "Preparing", "Provisioning": "Preparing", "Preparing": "Preparing",
    "Queued": "Queued", "Running": "Running", "Finalizing": "Finalizing", "CancelRequested": "CancelRequested",
    "Completed": "Completed", "Failed": "Failed", "Canceled": "Canceled", "NotResponding": "Unknown",
    "Paused": "Queued", "running": "Running",
}  # fmt: skip


def at(seconds: float) -> datetime:
    """Return a time after the run's creation."""
    return CREATED + timedelta(seconds=seconds)


def text(seconds: float) -> str:
    """Return a time as the service writes it."""
    return at(seconds).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")


def run(**changes: Any) -> RunSnapshot:
    """Return a run of two nodes with two ranks each, before it was sent."""
    ranks = tuple(RankState(each, each % 2, each // 2, RunStatus.NOT_STARTED) for each in range(4))
    given_: dict[str, Any] = {"nodes": 2, "processes_per_node": 2, "ranks": ranks, **changes}
    return RunSnapshot(HANDLE, "digits-1", "azureml", RunStatus.NOT_STARTED, "digits", "tries", CREATED, **given_)


@pytest.mark.parametrize(("word", "status"), WORDS.items())
def test_the_services_words_are_states(word: str, status: str) -> None:
    assert snapshots.with_status(run(), word, at(1)).status == status


@pytest.mark.parametrize("word", ["", "Dreaming"])
def test_a_word_that_nobody_knows_is_unknown_and_never_failed(word: str) -> None:
    found = snapshots.with_status(run(), word, at(1))
    assert found.status is RunStatus.UNKNOWN
    assert "Azure ML says" in found.reason


@given(st.text())
def test_any_text_is_a_time_or_none(given_: str) -> None:
    found = snapshots.time_of(given_)
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("2026-02-27T20:46:40.6658692+00:00", datetime(2026, 2, 27, 20, 46, 40, 665869, tzinfo=UTC)),
        ("2026-02-27T20:46:40.5+00:00", datetime(2026, 2, 27, 20, 46, 40, 500000, tzinfo=UTC)),
        ("2026-02-25T23:13:13.3878914Z", datetime(2026, 2, 25, 23, 13, 13, 387891, tzinfo=UTC)),
        ("2026-02-25T23:13:13", datetime(2026, 2, 25, 23, 13, 13, tzinfo=UTC)),
        ("0001-01-01T00:00:00+00:00", None), (None, None), (17, None), ("", None),
    ],
)  # fmt: skip
def test_times_are_read_as_the_service_writes_them(given_: Any, expected: datetime | None) -> None:
    assert snapshots.time_of(given_) == expected


def test_phases_are_those_that_were_seen_with_the_services_own_times() -> None:
    seen = run()
    for seconds, word in ((1, "Preparing"), (4, "Preparing"), (6, "Queued"), (12, "Running")):
        more = {"startTimeUtc": text(10)} if word == "Running" else {}
        seen = snapshots.with_history(seen, {"status": word, "createdUtc": text(0), **more}, at(seconds))
    names = [(each.name, each.started, each.ended) for each in seen.phases]
    assert names == [
        (PhaseName.PREPARING, at(0), at(6)), (PhaseName.QUEUED, at(6), at(10)), (PhaseName.RUNNING, at(10), None)
    ]  # fmt: skip
    assert [each.status for each in seen.ranks] == [RunStatus.RUNNING] * 4
    done = {"status": "Completed", "createdUtc": text(0), "startTimeUtc": text(10), "endTimeUtc": text(40)}
    finalizing = snapshots.with_history(seen, {**done, "status": "Finalizing", "endTimeUtc": None}, at(38))
    over = snapshots.with_history(finalizing, done, at(45))
    assert [(each.name, each.started, each.ended) for each in over.phases][2:] == [
        (PhaseName.RUNNING, at(10), at(38)), (PhaseName.FINALIZING, at(38), at(40))
    ]  # fmt: skip
    assert (over.status, over.started, over.ended) == (RunStatus.COMPLETED, at(10), at(40))
    assert over.ranks[0].ended == at(40)


def test_a_run_that_nobody_watched_has_phases_too() -> None:
    record = {"status": "Failed", "createdUtc": text(0), "startTimeUtc": text(60), "endTimeUtc": text(90)}
    found = snapshots.with_history(run(), record, at(900))
    assert [(each.name, each.started, each.ended) for each in found.phases] == [
        (PhaseName.PREPARING, at(0), at(60)), (PhaseName.RUNNING, at(60), at(90))
    ]  # fmt: skip


def test_the_reason_of_a_failure_is_the_services() -> None:
    error = {"error": {"code": "UserError", "message": "\nError Code: X\nExecution failed.   Process exited with 1."}}
    found = snapshots.with_history(run(), {"status": "Failed", "error": error}, at(5))
    assert found.reason == "Error Code: X Execution failed. Process exited with 1."
    assert snapshots.with_history(run(), {"status": "Failed", "error": None}, at(5)).reason.startswith(
        "Azure ML says no"
    )
    canceled = snapshots.with_history(run(), {"status": "Canceled", "cancelationReason": "Too dear."}, at(5))
    assert canceled.reason == "Too dear."


def test_a_trial_names_its_sweep_and_keeps_no_inner_tags() -> None:
    record = {"status": "Running", "parentRunId": "sweep-1", "tags": {"lr": "0.1", "_aml_system_x": "y" * 4000}}
    assert snapshots.with_history(run(tags={"team": "v"}), record, at(5)).tags == {
        "team": "v", "lr": "0.1", "parent": "sweep-1"
    }  # fmt: skip


def test_ranks_are_told_by_their_logs() -> None:
    names = ["user_logs/std_log_process_02.txt", "user_logs/std_log_process_00.txt", "system_logs/lifecycler/x.log"]
    found = snapshots.with_logs(snapshots.with_status(run(), "Running", at(3)), names)
    assert [(each.rank, each.node, each.local_rank, each.log) for each in found.ranks] == [
        (0, 0, 0, names[1]), (1, 0, 1, ""), (2, 1, 0, names[0]), (3, 1, 1, "")
    ]  # fmt: skip
    plain = snapshots.with_logs(run(ranks=(), nodes=1, processes_per_node=1), ["user_logs/std_log.txt"])
    assert [(each.rank, each.log) for each in plain.ranks] == [(0, "user_logs/std_log.txt")]


def test_a_parameter_server_has_its_role() -> None:
    names = ["user_logs/std_log_0_ps.txt", "user_logs/std_log_0.txt", "user_logs/std_log_1.txt"]
    found = snapshots.with_logs(run(ranks=(), nodes=1, processes_per_node=3), names)
    assert [(each.rank, each.role, each.log) for each in found.ranks] == [
        (0, "worker", names[1]), (1, "worker", names[2]), (2, "ps", names[0])
    ]  # fmt: skip


def test_a_job_that_was_sent_from_elsewhere_is_taken_in() -> None:
    job = {
        "name": "theirs", "systemData": {"createdAt": text(0)},
        "properties": {
            "displayName": "Theirs", "experimentName": "e", "status": "Queued", "tags": {"a": "1"},
            "resources": {"instanceCount": 4},
            "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 8},
        },
    }  # fmt: skip
    found = snapshots.of_job("azureml://s/g/w/theirs", job)
    assert (found.nodes, found.processes_per_node, found.framework) == (4, 8, "pytorch")
    assert (found.status, found.display_name, found.created) == (RunStatus.QUEUED, "Theirs", CREATED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["status", "startTimeUtc", "endTimeUtc", "createdUtc", "tags", "error", "parentRunId", "displayName"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from([*WORDS, text(1), text(50)])))
def test_no_record_is_a_surprise_and_none_fails_a_run_but_the_word(record: dict[str, Any]) -> None:
    found = snapshots.with_history(run(), record, at(5))
    assert (found.status is RunStatus.FAILED) == (str(record.get("status")).strip().lower() == "failed")
    starts = [each.started for each in found.phases]
    assert starts == sorted(starts)


RECORDS = st.lists(
    st.tuples(st.sampled_from(list(WORDS)), st.none() | st.integers(0, 20), st.none() | st.integers(0, 20)), max_size=12
)


@given(RECORDS)
def test_no_phase_begins_at_another_time_than_was_told_before(
    records: list[tuple[str, int | None, int | None]],
) -> None:
    """The monitor joins what it was told before: a beginning that moves would make a phase of its own."""
    seen, told = run(), run()
    for second, (word, started, ended) in enumerate(records):
        times = {
            key: text(each) for key, each in (("startTimeUtc", started), ("endTimeUtc", ended)) if each is not None
        }
        seen = snapshots.with_history(seen, {"status": word, "createdUtc": text(0), **times}, at(second))
        told = merge(told, seen)
        if told.status is seen.status:
            assert {(each.name, each.started) for each in told.phases} == {
                (each.name, each.started) for each in seen.phases
            }
        assert all(each.ended is None or each.ended >= each.started for each in seen.phases)


@given(st.lists(st.sampled_from(list(WORDS)), max_size=12))
def test_whatever_the_order_only_the_last_phase_is_open(words: list[str]) -> None:
    seen = run()
    for second, word in enumerate(words):
        seen = snapshots.with_history(seen, {"status": word}, at(second))
        assert all(each.ended is not None for each in seen.phases[:-1])
        assert not seen.is_over or all(each.ended is not None for each in seen.phases)
