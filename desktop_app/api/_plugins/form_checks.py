"""Whether a form can be shown and answered, and whether a value is an answer to a field."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from desktop_app.api.forms import Field, FieldKind, FormSpec, Value

_TYPES: Mapping[FieldKind, tuple[type, ...]] = {
    FieldKind.TEXT: (str,),
    FieldKind.INTEGER: (int,),
    FieldKind.NUMBER: (int, float),
    FieldKind.BOOLEAN: (bool,),
    FieldKind.CHOICE: (str,),
    FieldKind.FILE: (str,),
    FieldKind.FOLDER: (str,),
    FieldKind.KEY_VALUES: (dict,),
    FieldKind.TABLE: (dict,),
}
_WORDS: Mapping[FieldKind, str] = {
    FieldKind.TEXT: "a text",
    FieldKind.INTEGER: "a whole number",
    FieldKind.NUMBER: "a number",
    FieldKind.BOOLEAN: "yes or no",
    FieldKind.CHOICE: "one of its choices",
    FieldKind.FILE: "the path of a file",
    FieldKind.FOLDER: "the path of a folder",
    FieldKind.KEY_VALUES: "names and texts",
    FieldKind.TABLE: "rows",
}
_LEAST, _MOST = -(2**31), 2**31 - 1
"""What a whole number may be: no control can count further."""


def form_problems(form: FormSpec) -> list[str]:
    """Return in words what is wrong with a form."""
    names = [each.name for each in form.fields]
    doubles = [f"the field “{each}” is there twice" for each in sorted({n for n in names if names.count(n) > 1})]
    return [*doubles, *(f"the field “{each.name}” {what}" for each in form.fields for what in _field_problems(each))]


def answer_problem(field: Field, value: Value) -> str:
    """Return in words why a value is no answer to a field, nothing if it is one."""
    if not isinstance(value, _TYPES[field.kind]) or (isinstance(value, bool) and field.kind is not FieldKind.BOOLEAN):
        return f"wants {_WORDS[field.kind]}, not {value!r}"
    if isinstance(value, int | float) and (problem := _number_problem(field, value)):
        return problem
    if field.kind is FieldKind.TABLE and isinstance(value, dict):
        return next(filter(None, (_row_problem(field, name, given) for name, given in value.items())), "")
    if isinstance(value, dict) and not all(isinstance(each, str) for each in value.values()):
        return f"wants texts as values, not {value!r}"
    if field.kind is FieldKind.CHOICE and not field.editable and value not in {each.value for each in field.choices}:
        return f"wants one of its choices, not {value!r}"
    return ""


def _number_problem(field: Field, value: float) -> str:
    if isinstance(value, bool):
        return ""
    if not _is_finite(value):
        return f"wants a number that is finite, not {value!r}"
    low, high = _limits_of(field)
    if (low is not None and value < low) or (high is not None and value > high):
        return f"wants a number {_limits(low, high)}, not {value!r}"
    return ""


def _limits_of(field: Field) -> tuple[float | None, float | None]:
    """Return a field's own limits; a whole number's are never wider than what a control can count."""
    low, high = (each if each is None or _is_finite(each) else None for each in (field.minimum, field.maximum))
    if field.kind is not FieldKind.INTEGER:
        return low, high
    return max(_LEAST, _LEAST if low is None else low), min(_MOST, _MOST if high is None else high)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that is too big for any float
        return False


def _limits(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"of at most {high}" if low is None else f"of at least {low}"
    return f"from {low} to {high}"


def _row_problem(field: Field, name: str, given: Value) -> str:
    row = next((each for each in field.rows if each.name == name), None)
    if row is None:
        return f"has no row “{name}”"
    if not isinstance(given, dict):
        return f"wants the answers of a row, not {given!r}"
    asked = {each.name: each for each in row.fields}
    wrong = (answer_problem(asked[key], each) for key, each in given.items() if key in asked)
    return next((f"of the row “{name}” {each}" for each in wrong if each), "")


def _limit_problems(field: Field) -> Iterator[str]:
    low, high = field.minimum, field.maximum
    for word, limit in (("minimum", low), ("maximum", high)):
        if limit is None:
            continue
        if not _is_finite(limit):
            yield f"has a {word} of {limit}, which is no finite number: leave it out where there is no limit"
        elif field.kind is FieldKind.INTEGER and not _LEAST <= limit <= _MOST:
            yield f"has a {word} of {limit}; whole numbers go from {_LEAST} to {_MOST}"
    if low is not None and high is not None and low > high:
        yield f"has a minimum of {low}, above its maximum of {high}"


def _field_problems(field: Field) -> Iterator[str]:
    if not field.name or not field.title:
        yield "needs a name and a title"
    yield from _limit_problems(field)
    yield from (problem for row in field.rows for problem in form_problems(FormSpec(row.fields)))
    values = [each.value for each in field.choices]
    if field.kind is FieldKind.CHOICE and not values and not field.editable:
        yield "has no choices"
    if len(set(values)) != len(values):
        yield "has one choice twice"
    if field.default is not None and (problem := answer_problem(field, field.default)):
        yield f"has a default that is no answer: it {problem}"
