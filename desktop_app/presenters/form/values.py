"""Values as the texts that a person reads and writes in a form's controls, and back."""

from __future__ import annotations

import math

from desktop_app.api import UserError, Value
from desktop_app.documents.yaml_scalars import plain_value
from desktop_app.documents.yaml_text import parse
from desktop_app.documents.yaml_writer import scalar
from desktop_app.presenters.form.model import Cell, Control

_OFTEN_TEXT = ("${{", "$[[", "${")


def text_of(value: Value) -> str:
    """Return a value as a text in one control; a list as its items with commas, a mapping not at all."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(scalar(each) if not isinstance(each, dict | list) else "…" for each in value)
    return "" if isinstance(value, dict) else scalar(value)


def value_of(cell: Cell, text: str) -> Value:
    """Return what a text in a control means. Raises UserError where it can't stand there."""
    if cell.control is Control.FLOW:
        return _list_in(text)
    if cell.control is Control.INTEGER:
        return text if _is_expression(text) else _whole(cell, text.strip())
    if cell.control is Control.NUMBER:
        return text if _is_expression(text) else _number(cell, text.strip())
    if cell.control is Control.BOOLEAN:
        return text == "true" if text in ("true", "false") else text
    if cell.control in (Control.COMMAND, Control.PROSE):
        return _with_last_break(cell.value, text)
    return _plain(cell, text)


def is_empty(cell: Cell, text: str) -> bool:
    """Whether a text takes the value away: nothing is written in a control that is not a list's item."""
    return not text.strip() and cell.control is not Control.NAME


def _plain(cell: Cell, text: str) -> Value:
    """Read as YAML would, but keep what was a text a text, and write one where only texts may stand."""
    meant = plain_value(text) if text.strip() == text else text
    if isinstance(meant, str):
        return meant
    if cell.choices and any(each.value == text for each in cell.choices):
        return next((each for each in (cell.value,) if text_of(each) == text), text)
    if isinstance(cell.value, str) and cell.value and not isinstance(plain_value(cell.value), str):
        return text
    if cell.types and not _fits(meant, cell.types):
        return meant if type(meant) is type(cell.value) else text
    return meant


def _fits(value: Value, types: tuple[str, ...]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int):
        return "integer" in types or "number" in types
    if isinstance(value, float):
        return "number" in types
    return "null" in types


def _is_expression(text: str) -> bool:
    return any(each in text for each in _OFTEN_TEXT)


def _whole(cell: Cell, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        message = f"“{text}” is no whole number."
        raise UserError(message, hint="Write digits only, such as 4.") from None
    _within(cell, value)
    return value


def _number(cell: Cell, text: str) -> int | float:
    value = plain_value(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise UserError(f"“{text}” is no number.", hint="Write it like 0.001 or 1e-3.")
    _within(cell, value)
    return value


def _within(cell: Cell, value: float) -> None:
    if cell.minimum is not None and value < cell.minimum:
        raise UserError(f"{text_of(value)} is too small: it is {text_of(_short(cell.minimum))} at least.")
    if cell.maximum is not None and value > cell.maximum:
        raise UserError(f"{text_of(value)} is too large: it is {text_of(_short(cell.maximum))} at most.")


def _short(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _with_last_break(present: Value, text: str) -> str:
    """A text that ended in a line break goes on to, although a control shows none."""
    had = isinstance(present, str) and present.endswith("\n")
    return f"{text}\n" if had and text and not text.endswith("\n") else text


def _list_in(text: str) -> Value:
    parsed = parse(f"[{text}]")
    if parsed.problems or not isinstance(parsed.data, list):
        raise UserError(f"“{text}” is no list of values.", hint="Part them by commas: 16, 32, 64.")
    return parsed.data


def shown(value: str) -> str:
    """Return a text of several lines without the last break."""
    return value.removesuffix("\n")
