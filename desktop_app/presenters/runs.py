"""The table of all runs: which are shown, in what order, and what changed; without Qt."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol, TypeAlias

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.core.rank_words import count_of_ranks, ranks
from desktop_app.presenters.run_words import duration_of, framework_title
from desktop_app.presenters.trials import progress

AT_ONCE = 200
"""More changes than this are told as one."""


class Column(IntEnum):
    """The table's columns, in their order."""

    STATE = 0
    RUN = 1
    SIZE = 2
    WHERE = 3
    FRAMEWORK = 4
    STARTED = 5
    DURATION = 6


LIVE = frozenset({RunStatus.RUNNING, RunStatus.PREPARING, RunStatus.FINALIZING, RunStatus.CANCEL_REQUESTED})
WAITING = frozenset({RunStatus.NOT_STARTED, RunStatus.QUEUED})

STATE_GROUPS: Mapping[str, frozenset[RunStatus]] = {
    "live": LIVE | WAITING,
    "completed": frozenset({RunStatus.COMPLETED}),
    "failed": frozenset({RunStatus.FAILED}),
    "canceled": frozenset({RunStatus.CANCELED}),
    "unknown": frozenset({RunStatus.UNKNOWN}),
}
"""What the state filter offers, by name."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown: every word of `text` occurs somewhere, the state is of the group, the backend is the one."""

    text: str = ""
    group: str = ""
    backend: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every run is shown."""
        return not (self.text.strip() or self.group or self.backend)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the table. `searched` is all that typing may find, in lower case."""

    run: RunSnapshot
    searched: str

    @property
    def handle(self) -> str:
        """The run's handle."""
        return self.run.handle

    @property
    def began(self) -> datetime:
        """When it started, or was made if it did not start yet."""
        return self.run.started or self.run.created

    @property
    def size(self) -> str:
        """Nodes × processes on each, and the ranks they make; or its launchers; of a sweep how far it is."""
        return _size(self.run)

    @property
    def framework(self) -> str:
        """What it trains with."""
        return framework_title(self.run.framework)

    def shows(self, run: RunSnapshot) -> bool:
        """Whether nothing that the table shows, sorts or searches by differs in `run`."""
        return _shown(self.run) == _shown(run)

    @property
    def is_live(self) -> bool:
        """Whether its duration grows."""
        return self.run.status in LIVE and self.run.ended is None


def _size(run: RunSnapshot) -> str:
    return ranks(run) if run.sweep is None else progress(run.sweep)


def _shown(run: RunSnapshot) -> tuple[object, ...]:
    names = (run.display_name, run.experiment, run.framework, run.backend, run.tags)
    return run.status, run.created, run.started, run.ended, _size(run), run.reason, names


def row_of(run: RunSnapshot) -> RunRow:
    """Return the row of a run."""
    tags = (part for pair in run.tags.items() for part in pair)
    parts = (run.display_name, run.run, run.status.value, run.experiment, run.framework, *tags)
    return RunRow(run, "\n".join(parts).lower())


class Watcher(Protocol):
    """Who shows the table, told before and after each change, as Qt's models want it."""

    def begin_insert(self, index: int, count: int = 1) -> None:
        """Rows are about to be inserted at `index`."""

    def begin_remove(self, index: int) -> None:
        """The row at `index` is about to be removed."""

    def end_insert(self) -> None:
        """The rows are there."""

    def end_remove(self) -> None:
        """The row is gone."""

    def changed(self, index: int) -> None:
        """The row at `index` says something else."""

    def begin_reset(self) -> None:
        """Everything is about to change."""

    def end_reset(self) -> None:
        """Everything changed."""


_Key: TypeAlias = tuple[Any, str]


def _key_of(pair: tuple[_Key, RunRow]) -> _Key:
    return pair[0]


class RunsTable:
    """The rows that are shown, sorted (newest first unless asked otherwise) and filtered.

    Trials are none of them: they stand on the page of their sweep, whose row tells how far it is.
    """

    def __init__(self, watcher: Watcher, where: Callable[[RunSnapshot], str]) -> None:
        self._watcher = watcher
        self._where = where
        self._all: dict[str, RunRow] = {}
        self._order: list[_Key] = []  # sort keys of the rows that are shown
        self._keys: dict[str, _Key] = {}  # the same by handle, of shown rows
        self.rows: list[RunRow] = []
        self.filter = Filter()
        self.column, self.descending = Column.STARTED, True

    @property
    def total(self) -> int:
        """How many runs there are, shown or not."""
        return len(self._all)

    def load(self, runs: Iterable[RunSnapshot]) -> None:
        """Take these runs for all there are."""
        self._all = {each.handle: row_of(each) for each in runs if each.trial is None}
        self._rebuild()

    def show(self, wanted: Filter) -> None:
        """Show what the filter lets through."""
        if wanted != self.filter:
            self.filter = wanted
            self._rebuild()

    def sort(self, column: Column, *, descending: bool) -> None:
        """Sort by a column."""
        self.column, self.descending = column, descending
        self._rebuild()

    def update(self, handles: Iterable[str], get: Callable[[str], RunSnapshot | None]) -> None:
        """Take in what became of some runs; only their rows change."""
        handles = [each for each in handles if (run := get(each)) is None or run.trial is None]
        new = {each: run for each in handles if each not in self._all and (run := get(each)) is not None}
        if len(new) > 1:
            self._add([row_of(each) for each in new.values()])
            handles = [each for each in handles if each not in new]
        for each in handles:
            self._update(each, get(each))

    def index_of(self, handle: str) -> int | None:
        """Return the row of a run, None if it is not shown."""
        key = self._keys.get(handle)
        return None if key is None else bisect.bisect_left(self._order, key)

    def _add(self, rows: Sequence[RunRow]) -> None:
        """Take in many runs: those that come after all others, as older ones do at the start, in one go."""
        self._all |= {each.handle: each for each in rows}
        pairs = sorted(((self._key(each), each) for each in rows if self._passes(each)), key=_key_of)
        first = bisect.bisect_right(pairs, self._order[-1], key=_key_of) if self._order else 0
        if first > AT_ONCE:
            self._rebuild()
            return
        for key, row in pairs[:first]:
            self._insert(key, row)
        if after := pairs[first:]:
            self._watcher.begin_insert(len(self.rows), len(after))
            self._order += [key for key, _ in after]
            self._keys |= {row.handle: key for key, row in after}
            self.rows += [row for _, row in after]
            self._watcher.end_insert()

    def _insert(self, key: _Key, row: RunRow) -> None:
        index = bisect.bisect_left(self._order, key)
        self._watcher.begin_insert(index)
        self.rows.insert(index, row)
        self._order.insert(index, key)
        self._keys[row.handle] = key
        self._watcher.end_insert()

    def _update(self, handle: str, run: RunSnapshot | None) -> None:
        old = self.index_of(handle)
        if old is not None and run is not None and self.rows[old].shows(run):
            self._all[handle] = self.rows[old] = dataclasses.replace(self.rows[old], run=run)
            return
        row = self._store(handle, run)
        shown = row is not None and self._passes(row)
        if old is not None and row is not None and shown and self._order[old] == self._key(row):
            self.rows[old] = row
            self._watcher.changed(old)
            return
        if old is not None:
            self._watcher.begin_remove(old)
            del self.rows[old], self._order[old], self._keys[handle]
            self._watcher.end_remove()
        if row is not None and shown:
            self._insert(self._key(row), row)

    def _store(self, handle: str, run: RunSnapshot | None) -> RunRow | None:
        if run is None:
            self._all.pop(handle, None)
            return None
        self._all[handle] = row = row_of(run)
        return row

    def _rebuild(self) -> None:
        self._watcher.begin_reset()
        pairs = sorted(((self._key(each), each) for each in self._all.values() if self._passes(each)), key=_key_of)
        self._order = [key for key, _ in pairs]
        self._keys = {key[1]: key for key in self._order}
        self.rows = [row for _, row in pairs]
        self._watcher.end_reset()

    def _passes(self, row: RunRow) -> bool:
        wanted = self.filter
        if not (wanted.text or wanted.group or wanted.backend):
            return True
        if wanted.group and row.run.status not in STATE_GROUPS[wanted.group]:
            return False
        if wanted.backend and row.run.backend != wanted.backend:
            return False
        return all(word in row.searched for word in wanted.text.lower().split())

    def _key(self, row: RunRow) -> _Key:
        began = row.began.timestamp()
        if self.column is Column.STARTED:  # a plain number: thousands are compared many times
            return (-began if self.descending else began), row.handle
        value = self._value(row), began
        return (_Down(value) if self.descending else value), row.handle

    def _value(self, row: RunRow) -> Any:
        run = row.run
        values: dict[Column, Callable[[], Any]] = {
            Column.STATE: lambda: run.status.value,
            Column.RUN: run.display_name.lower,
            Column.SIZE: lambda: count_of_ranks(run),
            Column.WHERE: self._where(run).lower,
            Column.FRAMEWORK: row.framework.lower,
            # A live run's duration grows with every second: it is sorted by what it will not fall below.
            Column.DURATION: lambda: duration_of(run, run.ended or row.began) or 0.0,
        }
        return values[self.column]()


@dataclass(frozen=True, slots=True)
class _Down:
    """A sort key turned round."""

    value: tuple[Any, ...]

    def __lt__(self, other: _Down) -> bool:
        return other.value < self.value
