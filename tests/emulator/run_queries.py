"""Run history's filters and orders: `status eq 'Running' and StartTimeUtc gt 2026-01-01`, over runs in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tests.emulator.clock import stamp
from tests.emulator.job_records import JobRecord
from tests.emulator.run_bodies import experiment_id
from tests.emulator.service import Service


class Known(Protocol):
    """What a filter may ask for by name."""

    def get(self, name: str, /) -> Any:
        """Return the value; None where there is none."""


Test = Callable[[Known], bool]
_WORD = re.compile(r"\s*(\(|\)|'(?:[^']|'')*'|[^\s()']+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: bool(one == other),
    "ne": lambda one, other: bool(one != other),
    "gt": lambda one, other: bool(one > other),
    "ge": lambda one, other: bool(one >= other),
    "lt": lambda one, other: bool(one < other),
    "le": lambda one, other: bool(one <= other),
    "in": lambda one, other: one in other,
}


class FilterError(ValueError):
    """A filter that can't be read."""


_FIELDS: Mapping[str, Callable[[JobRecord, datetime], Any]] = {
    "runid": lambda record, _now: record.name,
    "name": lambda record, _now: record.name,
    "displayname": lambda record, _now: record.display_name,
    "status": lambda record, now: record.status(now),
    "experimentname": lambda record, _now: record.experiment,
    "experimentid": lambda record, _now: experiment_id(record.workspace, record.experiment),
    "createdutc": lambda record, _now: stamp(record.created),
    "starttimeutc": lambda record, now: _stamp(record.began(now)),
    "endtimeutc": lambda record, now: _stamp(record.ended(now)),
    "parentrunid": lambda record, _now: record.parent,
    "rootrunid": lambda record, _now: record.parent or record.name,
    "target": lambda record, _now: record.compute,
    "hidden": lambda record, _now: record.archived,
    "lastmodifiedutc": lambda record, now: stamp(record.changed(now)),
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What a run can be found by, each worked out when a filter asks for it; names in lower case."""

    record: JobRecord
    now: datetime

    def get(self, name: str) -> Any:
        """Return a member, a tag (`tags/NAME`) or a property; None where there is none."""
        if name in _FIELDS:
            return _FIELDS[name](self.record, self.now)
        kind, _, key = name.partition("/")
        shelf: Mapping[str, str | None] = self.record.tags if kind == "tags" else self.record.properties
        if kind not in ("tags", "properties"):
            return None
        return next((value for known, value in shelf.items() if known.lower() == key), None)


def _stamp(when: datetime | None) -> str:
    return stamp(when) if when else ""


def chosen(service: Service, records: Sequence[JobRecord], query: Mapping[str, Any]) -> Sequence[JobRecord]:
    """Return the runs that a query means, in its order. Raises FilterError."""
    text = str(query.get("filter") or "").strip()
    test, now = parse(text) if text else None, service.clock.now()
    found = [each for each in records if test is None or test(Fields(each, now))]
    order = str(query.get("orderBy") or "").split()
    if not order:
        return found
    down = len(order) > 1 and order[1].lower() == "desc"
    return sorted(found, key=lambda each: str(Fields(each, now).get(order[0].lower()) or ""), reverse=down)


def parse(text: str) -> Test:
    """Return a filter as a function. Raises FilterError."""
    words = _words(text)
    test, rest = _any(words)
    if rest:
        raise FilterError(f"“{rest[0]}” is not expected in the filter {text}.")
    return test


def _words(text: str) -> list[str]:
    words, at = [], 0
    while at < len(text.rstrip()):
        found = _WORD.match(text, at)
        if found is None:
            raise FilterError(f"The filter {text} can't be read.")
        words.append(found[1])
        at = found.end()
    return words


def _any(words: list[str]) -> tuple[Test, list[str]]:
    test, rest = _all(words)
    while rest and rest[0].lower() in ("or", "||"):
        other, rest = _all(rest[1:])
        test = _either(test, other)
    return test, rest


def _all(words: list[str]) -> tuple[Test, list[str]]:
    test, rest = _one(words)
    while rest and rest[0].lower() in ("and", "&&"):
        other, rest = _one(rest[1:])
        test = _both(test, other)
    return test, rest


def _one(words: list[str]) -> tuple[Test, list[str]]:
    if words and words[0].lower() in ("not", "!"):
        inner, rest = _one(words[1:])
        return (lambda run: not inner(run)), rest
    if words and words[0] == "(":
        test, rest = _any(words[1:])
        if not rest or rest[0] != ")":
            raise FilterError("A bracket of the filter is not closed.")
        return test, rest[1:]
    if len(words) < 3 or words[1].lower() not in _COMPARE:
        raise FilterError("A comparison of the filter is not of the form NAME eq VALUE.")
    return _comparison(words)


def _comparison(words: list[str]) -> tuple[Test, list[str]]:
    name, compare = words[0].lower().replace(".", "/"), _COMPARE[words[1].lower()]
    if words[1].lower() != "in":
        value = _value(words[2])
        return (lambda run: _compared(compare, run.get(name), value)), words[3:]
    end = words.index(")") if ")" in words else 0
    if words[2] != "(" or not end:
        raise FilterError("After “in” come values in brackets.")
    values = [_value(each) for word in words[3:end] for each in word.split(",") if each]
    return (lambda run: run.get(name) in values), words[end + 1 :]


def _value(word: str) -> Any:
    if word.startswith("'"):
        return word[1:-1].replace("''", "'")
    return {"null": None, "true": True, "false": False}.get(word.lower(), word.strip('"'))


def _compared(compare: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    try:
        return compare(one, other)
    except TypeError:
        return False


def _either(one: Test, other: Test) -> Test:
    return lambda run: one(run) or other(run)


def _both(one: Test, other: Test) -> Test:
    return lambda run: one(run) and other(run)
