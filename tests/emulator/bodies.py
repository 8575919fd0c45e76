"""Reads what clients send: members that must be objects, numbers or text, and one error for those that are not."""

from __future__ import annotations

from tests.emulator.routing import Call
from tests.emulator.state import Json


class BodyError(ValueError):
    """A body that the service refuses with 400; the text says why."""


def asked_of(call: Call) -> Json:
    """Return the body, an object; an empty one where there is none."""
    return members(call.json, "The request body")


def properties_of(call: Call) -> Json:
    """Return the body's `properties`."""
    return inside(asked_of(call), "properties")


def inside(body: Json, name: str) -> Json:
    """Return a member that is an object; an empty one where it is absent or null."""
    return members(body.get(name), name)


def members(value: object, name: str) -> Json:
    """Return an object; an empty one for null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BodyError(f"{name} must be an object, not {type(value).__name__}.")
    return value


def number(body: Json, name: str, default: int = 0) -> int:
    """Return a member that is a whole number; the default where it is absent or null."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise BodyError(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def text(body: Json, name: str, default: str = "") -> str:
    """Return a member that is text; the default where it is absent or null."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise BodyError(f"{name} must be text, not {type(value).__name__}.")
    return value


def texts(body: Json, name: str) -> dict[str, str]:
    """Return a member that holds text by name, such as tags."""
    found = inside(body, name)
    return {key: text(found, key) for key in found}
