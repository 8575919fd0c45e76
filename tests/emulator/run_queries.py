"""Run history's filters and orders: `status eq 'Running' and StartTimeUtc gt 2026-01-01`, over runs in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.emulator.clock import stamp
from tests.emulator.job_records import JobRecord
from tests.emulator.run_bodies import experiment_id
from tests.emulator.service import Service

Test = Callable[[Mapping[str, Any]], bool]
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


def fields(service: Service, record: JobRecord) -> dict[str, Any]:
    """Return what a run can be found by; names in lower case."""
    now = service.clock.now()
    began, ended = record.began(now), record.ended(now)
    found = {
        "runid": record.name,
        "name": record.name,
        "displayname": record.display_name,
        "status": record.status(now),
        "experimentname": record.experiment,
        "experimentid": experiment_id(record.workspace, record.experiment),
        "createdutc": stamp(record.created),
        "starttimeutc": stamp(began) if began else "",
        "endtimeutc": stamp(ended) if ended else "",
        "parentrunid": record.parent,
        "rootrunid": record.parent or record.name,
        "target": record.compute,
        "hidden": record.archived,
        "lastmodifiedutc": stamp(record.changed(now)),
    }
    tags = {f"tags/{key.lower()}": value for key, value in record.tags.items()}
    return found | tags | {f"properties/{key.lower()}": value for key, value in record.properties.items()}


def chosen(service: Service, records: Sequence[JobRecord], query: Mapping[str, Any]) -> Sequence[JobRecord]:
    """Return the runs that a query means, in its order. Raises FilterError."""
    text = str(query.get("filter") or "").strip()
    test = parse(text) if text else None
    found = [each for each in records if test is None or test(fields(service, each))]
    order = str(query.get("orderBy") or "").split()
    if not order:
        return found
    down = len(order) > 1 and order[1].lower() == "desc"
    return sorted(found, key=lambda each: str(fields(service, each).get(order[0].lower()) or ""), reverse=down)


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
