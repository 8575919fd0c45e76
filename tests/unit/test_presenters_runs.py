"""The table of runs: order, filter, and changes told row by row."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.api import RankState, RunSnapshot, RunStatus
from desktop_app.presenters.runs import STATE_GROUPS, Column, Filter, RunsTable
from tests.helpers.snapshots import NOW, snapshot


class Mirror:
    """Does what Qt's views do: keeps its own rows, by what it is told alone."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.told: list[tuple[str, int]] = []
        self.table: RunsTable
        self._index = self._count = -1

    def begin_insert(self, index: int, count: int = 1) -> None:
        assert [each.handle for each in self.table.rows] == self.rows, "asked before the rows are there"
        self._index, self._count = index, count
        self.told.append(("insert", index))

    def end_insert(self) -> None:
        new = self.table.rows[self._index : self._index + self._count]
        self.rows[self._index : self._index] = [each.handle for each in new]

    def begin_remove(self, index: int) -> None:
        assert self.table.rows[index].handle == self.rows[index], "asked before the row is gone"
        self._index = index
        self.told.append(("remove", index))

    def end_remove(self) -> None:
        del self.rows[self._index]

    def changed(self, index: int) -> None:
        self.told.append(("changed", index))

    def begin_reset(self) -> None:
        self.told.append(("reset", -1))

    def end_reset(self) -> None:
        self.rows = [each.handle for each in self.table.rows]


def table_of(*runs: RunSnapshot) -> tuple[RunsTable, Mirror]:
    mirror = Mirror()
    mirror.table = RunsTable(mirror, lambda run: "This machine")
    mirror.table.load(runs)
    mirror.told.clear()
    return mirror.table, mirror


def named(table: RunsTable) -> list[str]:
    return [each.run.run for each in table.rows]


def update(table: RunsTable, *runs: RunSnapshot) -> None:
    found = {each.handle: each for each in runs}
    table.update(found, found.get)


def test_the_newest_run_comes_first() -> None:
    table, _ = table_of(snapshot("a", minute=1), snapshot("c", minute=3), snapshot("b", minute=2))
    assert named(table) == ["c", "b", "a"]


def test_a_new_run_is_inserted_where_it_belongs() -> None:
    table, mirror = table_of(snapshot("a", minute=1), snapshot("c", minute=3))
    update(table, snapshot("b", minute=2))
    assert named(table) == ["c", "b", "a"]
    assert mirror.told == [("insert", 1)]


def test_only_the_row_that_changed_is_told() -> None:
    table, mirror = table_of(*(snapshot(f"{index:05}", minute=index) for index in range(2000)))
    update(table, snapshot("00500", RunStatus.COMPLETED, minute=500))
    assert mirror.told == [("changed", 1499)]
    assert table.rows[1499].run.status is RunStatus.COMPLETED


def test_a_change_that_no_column_shows_is_not_told() -> None:
    run = snapshot("a")
    table, mirror = table_of(run)
    update(table, dataclasses.replace(run, metrics={"loss": (0.5, 1)}))
    assert mirror.told == []
    assert table.rows[0].run.metrics == {"loss": (0.5, 1)}


def test_a_run_that_begins_moves() -> None:
    waiting = snapshot("a", RunStatus.QUEUED, minute=0)
    table, mirror = table_of(waiting, snapshot("b", minute=5))
    update(table, dataclasses.replace(waiting, status=RunStatus.RUNNING, started=NOW + timedelta(minutes=9)))
    assert named(table) == ["a", "b"]
    assert mirror.told == [("remove", 1), ("insert", 0)]


def test_a_run_that_is_gone_is_removed() -> None:
    table, mirror = table_of(snapshot("a"), snapshot("b", minute=1))
    table.update(["local://b"], lambda _handle: None)
    assert named(table) == ["a"]
    assert mirror.told == [("remove", 0)]
    table.update(["local://never-was"], lambda _handle: None)
    assert table.total == 1


def test_every_word_typed_must_be_found_somewhere() -> None:
    one = dataclasses.replace(snapshot("a"), display_name="Digits DDP", experiment="mnist", tags={"stage": "final"})
    table, _ = table_of(one, snapshot("b"))
    for text in ("digits", "ddp DIGITS", "mnist", "final", "stage", "running digits", "  "):
        table.show(Filter(text))
        assert "a" in named(table), text
    for text in ("digits nowhere", "failed digits"):
        table.show(Filter(text))
        assert named(table) == [], text


def test_states_and_backends_are_filtered() -> None:
    runs = [snapshot(status.value, status) for status in RunStatus]
    table, _ = table_of(*runs, snapshot("cloud", backend="azureml"))
    for group, states in STATE_GROUPS.items():
        table.show(Filter(group=group))
        assert {each.run.status for each in table.rows} == states
    table.show(Filter(backend="azureml"))
    assert named(table) == ["cloud"]
    assert set().union(*STATE_GROUPS.values()) == set(RunStatus), "every state can be asked for"


def test_a_run_that_no_longer_passes_the_filter_leaves() -> None:
    table, mirror = table_of(snapshot("a"), snapshot("b", minute=1))
    table.show(Filter(group="live"))
    mirror.told.clear()
    update(table, snapshot("a", RunStatus.FAILED))
    assert named(table) == ["b"]
    update(table, snapshot("a", RunStatus.RUNNING))
    assert named(table) == ["b", "a"]
    assert mirror.told == [("remove", 1), ("insert", 1)]


def test_every_column_sorts_both_ways() -> None:
    table, _ = table_of(*(snapshot(f"{index}", minute=index) for index in range(5)))
    for column in Column:
        table.sort(column, descending=False)
        rising = named(table)
        table.sort(column, descending=True)
        assert sorted(named(table)) == sorted(rising)
    table.sort(Column.STARTED, descending=False)
    assert named(table) == ["0", "1", "2", "3", "4"]


def test_many_changes_at_once_are_told_as_one() -> None:
    table, mirror = table_of()
    update(table, *(snapshot(f"{index:05}", minute=index) for index in range(1000, 2000)))
    assert mirror.told == [("insert", 0)]
    update(table, *(snapshot(f"{index:05}", minute=index) for index in range(10_000)))
    assert mirror.told[1:] == [("reset", -1)], "some belong between"
    assert mirror.rows == [f"local://{index:05}" for index in range(9999, -1, -1)]


def test_older_runs_are_put_after_all_others_at_once() -> None:
    table, mirror = table_of(*(snapshot(f"{index:05}", minute=index) for index in range(900, 1000)))
    older = [snapshot(f"{index:05}", minute=index) for index in range(899)]
    begun = dataclasses.replace(snapshot("00899", minute=899), started=NOW + timedelta(minutes=950, seconds=30))
    update(table, *older, begun)
    assert mirror.told == [("insert", 49), ("insert", 101)], "one that waited for long stands where it began"
    assert mirror.rows == [each.handle for each in table.rows]
    assert len(table.rows) == table.total == 1000


_STATES = st.sampled_from([RunStatus.RUNNING, RunStatus.FAILED, RunStatus.QUEUED, RunStatus.COMPLETED])
_STEP = st.one_of(
    st.tuples(st.just("update"), st.integers(0, 9), _STATES, st.integers(0, 5)),
    st.tuples(st.just("several"), st.sets(st.integers(0, 9)), _STATES, st.integers(0, 5)),
    st.tuples(st.just("remove"), st.integers(0, 9)),
    st.tuples(st.just("filter"), st.sampled_from(["", "live", "failed"]), st.sampled_from(["", "1", "run"])),
    st.tuples(st.just("sort"), st.sampled_from(list(Column)), st.booleans()),
)


@given(st.lists(_STEP, max_size=40))
@settings(max_examples=200, deadline=None)
def test_whatever_happens_rows_are_the_sorted_filtered_runs(steps: list[tuple[Any, ...]]) -> None:
    table, mirror = table_of()
    known: dict[str, RunSnapshot] = {}
    for kind, *rest in steps:
        if kind == "update":
            run = snapshot(str(rest[0]), rest[1], minute=rest[2])
            known[run.handle] = run
            table.update([run.handle], known.get)
        elif kind == "several":
            runs = [snapshot(str(each), rest[1], minute=rest[2] + each) for each in rest[0]]
            known |= {each.handle: each for each in runs}
            table.update([each.handle for each in runs], known.get)
        elif kind == "remove":
            known.pop(f"local://{rest[0]}", None)
            table.update([f"local://{rest[0]}"], known.get)
        elif kind == "filter":
            table.show(Filter(rest[1], rest[0]))
        else:
            table.sort(rest[0], descending=rest[1])
        fresh = RunsTable(Mirror_(), lambda run: "This machine")
        fresh.filter, fresh.column, fresh.descending = table.filter, table.column, table.descending
        fresh.load(known.values())
        assert named(table) == named(fresh)
        assert mirror.rows == [each.handle for each in table.rows]


class Mirror_(Mirror):  # noqa: N801 - one that looks at nothing
    def end_reset(self) -> None:
        pass


def test_a_run_of_launchers_says_how_many_ranks_they_start_and_is_sorted_by_them() -> None:
    agents = tuple(RankState(rank, 0, rank, RunStatus.RUNNING, role="agent") for rank in range(2))
    launched = dataclasses.replace(snapshot("a"), nodes=2, ranks=agents)
    table, mirror = table_of(launched, dataclasses.replace(snapshot("b"), processes_per_node=3))
    table.sort(Column.SIZE, descending=True)
    assert named(table) == ["b", "a"]
    mirror.told.clear()
    table.update([launched.handle], {launched.handle: dataclasses.replace(launched, launched=8)}.get)
    assert named(table) == ["a", "b"]
    assert [each.size for each in table.rows] == ["2 launchers (8 ranks)", "3 ranks"]
    assert mirror.told, "the view has to be told"
