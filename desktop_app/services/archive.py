"""The run archive: remembers every run in SQLite, also those whose folder or service is out of reach.

Several processes use the file at once. Nothing here ends the program: a damaged file is kept aside and what can
be read of it is taken over; where the file can't be written, runs are held in memory until it can. `notices`
says so.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from desktop_app.api import OutsideError, RunSnapshot, UserError
from desktop_app.api._records import from_json, to_lean_json
from desktop_app.services.file_systems import is_networked
from desktop_app.services.files import locked, set_aside

SCHEMA_VERSION = 1
_PATIENCE = 10.0  # seconds to wait for another process that writes
_TOGETHER = 500  # rows that are read as one; while that lasts no other thread does anything
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    handle TEXT PRIMARY KEY, run TEXT NOT NULL, created TEXT NOT NULL, over INTEGER NOT NULL, snapshot TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_by_run ON runs (run);
"""
_RECORD = """
INSERT INTO runs (handle, run, created, over, snapshot) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (handle) DO UPDATE SET
    run = excluded.run, created = excluded.created, over = excluded.over, snapshot = excluded.snapshot
WHERE excluded.over >= runs.over AND excluded.snapshot <> runs.snapshot
"""  # a run that is over stays over, whichever process comes last with older news


T = TypeVar("T")


class _NewerError(Exception):
    """The file was written by a newer program."""


_FAULTS = (OSError, sqlite3.Error, _NewerError)


class RunArchive:
    """Snapshots by handle. May be used from any thread; a call may wait for other processes, so not on a loop's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notices: tuple[UserError, ...] = ()
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._unsaved: dict[str, RunSnapshot] = {}

    def record(self, *snapshots: RunSnapshot) -> None:
        """Remember runs as they are now, all in one transaction; unchanged ones cost no write."""
        with self._mutex:
            self._unsaved.update({each.handle: each for each in snapshots})
            rows = [_row(each) for each in self._unsaved.values()]
            if rows and self._survives("saved", lambda connection: connection.executemany(_RECORD, rows)) is not None:
                self._unsaved.clear()

    def all(self) -> list[RunSnapshot]:
        """Return every run, newest first."""
        with self._mutex:
            return self._select("")

    def newest(self, count: int) -> list[RunSnapshot]:
        """Return the runs that were made last, so many at most, newest first; quick, however many there are."""
        with self._mutex:
            return self._select(f"ORDER BY created DESC, handle LIMIT {count:d}")[:count]

    def get(self, run_or_handle: str) -> RunSnapshot | None:
        """Return a run by its handle or short name, or by the end of its name where only one ends so."""
        with self._mutex:
            exact = self._select("WHERE handle = ?1 OR run = ?1", run_or_handle)
            if exact or not run_or_handle:
                return exact[0] if exact else None
            ending = self._select("WHERE substr(run, -length(?1)) = ?1", run_or_handle)
            return ending[0] if len(ending) == 1 else None

    def remove(self, handle: str) -> None:
        """Forget a run. Raises OutsideError where that can't be saved."""
        with self._mutex:
            self._unsaved.pop(handle, None)
            try:
                self._attempt(lambda connection: connection.execute("DELETE FROM runs WHERE handle = ?", (handle,)))
            except _FAULTS as error:
                raise self._fault("changed", error) from error

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._mutex:
            self._close()

    def _select(self, where: str, *arguments: str) -> list[RunSnapshot]:
        query = f"SELECT snapshot FROM runs {where}"  # noqa: S608 - `where` is one of the texts above
        rows = self._survives("read", lambda connection: connection.execute(query, arguments).fetchall())
        found = {each.handle: each for each in _restored(text for (text,) in rows or ())}
        for each in self._unsaved.values():
            if not arguments or arguments[0] in (each.handle, each.run):
                found[each.handle] = each
        by_handle = sorted(found.values(), key=lambda each: each.handle)
        return sorted(by_handle, key=lambda each: each.created, reverse=True)

    def _survives(self, what: str, operation: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what the operation returns; None, and a notice, where the file lets nobody at it."""
        try:
            return self._attempt(operation)
        except _FAULTS as error:
            self._notice(self._fault(what, error))
            return None

    def _attempt(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run the operation in a transaction; a damaged file is replaced first, and the operation tried again."""
        try:
            return self._transact(operation)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._rebuild(error)
        return self._transact(operation)

    def _transact(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connect()
        with connection:
            return operation(connection)

    def _connect(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity == _identity(self.path):
            return self._connection
        self._close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _connect(self.path)
        self._identity = _identity(self.path)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _rebuild(self, error: sqlite3.DatabaseError) -> None:
        """Keep the damaged file aside and start a new one with what could still be read of it."""
        self._close()
        with locked(_lock_of(self.path, "rebuild")):
            if not _is_damaged(self.path):
                return  # another process was faster
            saved = _salvaged(self.path)
            for leftover in ("-wal", "-shm"):
                self.path.with_name(self.path.name + leftover).unlink(missing_ok=True)
            kept = set_aside(self.path)
            with contextlib.closing(_connect(self.path)) as connection, connection:
                connection.executemany(_RECORD, [_row(each) for each in saved])
        message = f"The run archive was damaged and begins anew with {len(saved)} runs that could be read."
        self._notice(UserError(message, hint=f"The old file is kept as {kept.name}.", details=str(error)))

    def _fault(self, what: str, error: Exception) -> OutsideError:
        self._close()
        if isinstance(error, _NewerError):
            hint = "Runs are remembered until the program ends; update Rank Zero to keep them."
            return OutsideError(f"The run archive {self.path.name} was written by a newer program.", hint=hint)
        message = f"The run archive can't be {what}: {getattr(error, 'strerror', None) or error}."
        hint = "Free disk space, or check who may write there."
        return OutsideError(message, hint=hint, details=str(self.path))

    def _notice(self, notice: UserError) -> None:
        if notice.message not in {each.message for each in self.notices}:
            self.notices = (*self.notices, notice)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
    try:
        if _version(connection) > SCHEMA_VERSION:
            raise _NewerError
        journal = "DELETE" if is_networked(path) else "WAL"  # WAL is memory that only one computer's programs share
        if _version(connection) < SCHEMA_VERSION:
            with locked(_lock_of(path, "schema")):  # SQLite does not wait where two processes switch to WAL at once
                _migrate(connection, journal)
        if journal == "WAL":
            connection.execute("PRAGMA synchronous = NORMAL")  # a power cut costs news, never the file
        else:
            connection.execute("PRAGMA journal_mode = DELETE")  # the home may have been a local one
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, journal: str) -> None:
    if _version(connection) < SCHEMA_VERSION:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _lock_of(path: Path, what: str) -> Path:
    return path.with_name(f".{path.name}.{what}.lock")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return not isinstance(error, sqlite3.OperationalError) or "no such" in str(error)


def _is_damaged(path: Path) -> bool:
    try:
        connection = _connect(path)
    except sqlite3.DatabaseError as error:
        return _is_damage(error)
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.DatabaseError:
        return True
    finally:
        connection.close()


def _salvaged(path: Path) -> list[RunSnapshot]:
    found: list[RunSnapshot] = []
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE)) as connection:
        for (text,) in connection.execute("SELECT snapshot FROM runs"):
            found += _restored([text])
    return found


def _restored(texts: Iterable[str]) -> Iterator[RunSnapshot]:
    for each in _parsed(list(texts)):
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            yield from_json(RunSnapshot, each)


def _parsed(texts: Sequence[str]) -> Iterator[Any]:
    """Yield the JSON of texts, many read as one: that is twice as fast; without those that are none."""
    for start in range(0, len(texts), _TOGETHER):
        some = texts[start : start + _TOGETHER]
        try:
            yield from json.loads(f"[{','.join(some)}]")
        except ValueError:
            for text in some:
                with contextlib.suppress(ValueError):
                    yield json.loads(text)


def _row(snapshot: RunSnapshot) -> tuple[str, str, str, bool, str]:
    text = json.dumps(to_lean_json(snapshot), ensure_ascii=False)
    return snapshot.handle, snapshot.run, snapshot.created.isoformat(), snapshot.is_over, text


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
