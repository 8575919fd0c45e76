"""Reads the options of a script's argparse parser from its `add_argument` calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from desktop_app.api.forms import Value
from desktop_app.api.kit.script_tree import Script
from desktop_app.api.scripts import ScriptArgument

SWITCHES = frozenset({"store_true", "store_false", "store_const", "BooleanOptionalAction"})
NOT_ASKED = frozenset({"help", "version", "count", "append_const"})
MANY = frozenset({"*", "+"})
_SUB = "add_parser"
_GROUPS = frozenset({"add_argument_group", "add_mutually_exclusive_group"})
_HELP_PART = re.compile(r"%(?:\((\w+)\)[#0-9.+ -]*[a-z]|%)")
_LONGEST_RANGE = 32


def find_arguments(script: Script) -> tuple[ScriptArgument, ...]:
    """Return what the script's parser takes, in its order; options of subcommands are left out."""
    subparsers = _names_of_subparsers(script)
    found: dict[str, ScriptArgument] = {}
    for call in script.calls_of("add_argument"):
        if isinstance(call.func, ast.Attribute) and not _belongs_to(call.func.value, subparsers):
            argument = _argument(call, script)
            if argument is not None:
                found.setdefault(argument.name, argument)
    return tuple(_with_set_defaults(found, script))


def types_given(script: Script) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield each `add_argument` call with its longest flag and the name of its type."""
    for call in script.calls_of("add_argument"):
        flags = _flags(call, script)
        if flags:
            yield call, max(flags, key=len), script.name_of(_keywords(call).get("type", ast.Constant(None)))


def _names_of_subparsers(script: Script) -> set[str]:
    names: set[str] = set()
    for name, value in script.constants.items():
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            of_subparser = isinstance(value.func.value, ast.Name) and value.func.value.id in names
            if value.func.attr == _SUB or (value.func.attr in _GROUPS and of_subparser):
                names.add(name)
    return names


def _belongs_to(receiver: ast.expr, subparsers: set[str]) -> bool:
    if isinstance(receiver, ast.Name):
        return receiver.id in subparsers
    return isinstance(receiver, ast.Call) and isinstance(receiver.func, ast.Attribute) and receiver.func.attr == _SUB


def _argument(call: ast.Call, script: Script) -> ScriptArgument | None:
    flags = _flags(call, script)
    keywords = _keywords(call)
    action = _action(keywords, script)
    nargs = _nargs(keywords, script)
    if not flags or action in NOT_ASKED or nargs == "...":
        return None
    positional = not flags[0].startswith("-")
    is_switch = action in SWITCHES
    kind = "bool" if is_switch else _type(keywords, script)
    default = _switch_default(action, keywords, script) if is_switch else _default(keywords, kind, script)
    many = nargs in MANY or (isinstance(nargs, int) and nargs > 1)
    flag = max(flags, key=len)
    return ScriptArgument(
        flag=f"--no-{flag[2:]}" if action == "BooleanOptionalAction" and default is True else flag,
        name=_name(flags, keywords, script),
        type=kind,
        default=_flat(default, many=many),
        help=_help(keywords, default, script),
        required=_is_required(positional, nargs, keywords, script),
        positional=positional,
        choices=_choices(keywords, script),
        line=call.lineno,
        many=many,
    )


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {each.arg: each.value for each in call.keywords if each.arg}


def _flags(call: ast.Call, script: Script) -> list[str]:
    values = [script.literal(each) for each in call.args]
    return [each for each in values if isinstance(each, str) and each]


def _name(flags: list[str], keywords: dict[str, ast.expr], script: Script) -> str:
    dest = script.literal(keywords.get("dest"))
    if isinstance(dest, str):
        return dest
    first_long = next((each for each in flags if each.startswith("--")), flags[0])
    return first_long.lstrip("-").replace("-", "_") if first_long.startswith("-") else first_long


def _action(keywords: dict[str, ast.expr], script: Script) -> str:
    node = keywords.get("action")
    value = script.literal(node)
    if isinstance(value, str):
        return value
    return script.name_of(node).rpartition(".")[2] if node is not None else ""


def _nargs(keywords: dict[str, ast.expr], script: Script) -> object:
    node = keywords.get("nargs")
    if node is not None and script.name_of(node).rpartition(".")[2] == "REMAINDER":
        return "..."
    return script.literal(node)


def _type(keywords: dict[str, ast.expr], script: Script) -> str:
    node = keywords.get("type")
    name = script.name_of(node) if node is not None else "str"
    if name in {"int", "float", "str"}:
        return name
    default = script.literal(keywords.get("default"))
    if name == "bool" or isinstance(default, bool) or not isinstance(default, int | float):
        return "str"
    return "int" if isinstance(default, int) else "float"


def _switch_default(action: str, keywords: dict[str, ast.expr], script: Script) -> Value:
    given = script.literal(keywords.get("default"))
    return given if isinstance(given, bool) else action == "store_false"


def _default(keywords: dict[str, ast.expr], kind: str, script: Script) -> Value:
    value = script.literal(keywords.get("default"))
    if isinstance(value, list | tuple):
        return [_typed(each, kind) for each in value]
    return _typed(value, kind)


def _typed(value: object, kind: str) -> str | int | float | None:
    """Return a default as its option's type, the way argparse reads a default that is text; None if it is none."""
    if not isinstance(value, str | int | float):
        return None
    if kind == "str":
        return str(value)
    try:
        number = float(value)
    except ValueError:
        return None
    if kind == "float":
        return number
    return int(number) if number.is_integer() else None


def _flat(default: Value, *, many: bool) -> Value:
    if not isinstance(default, list):
        return str(default) if many and default is not None else default
    return " ".join(str(each) for each in default) if many and None not in default else None


def _is_required(positional: bool, nargs: object, keywords: dict[str, ast.expr], script: Script) -> bool:
    if positional:
        return nargs not in {"?", "*"}
    return script.literal(keywords.get("required")) is True


def _choices(keywords: dict[str, ast.expr], script: Script) -> tuple[str, ...]:
    node = keywords.get("choices")
    if isinstance(node, ast.Call) and script.name_of(node.func) == "range":
        return _range(script.literal(each) for each in node.args)
    value = script.literal(node)
    if isinstance(value, set):
        value = sorted(value, key=str)
    return tuple(str(each) for each in value) if isinstance(value, list | tuple | dict) else ()


def _range(values: Iterable[object]) -> tuple[str, ...]:
    bounds = [each for each in values if isinstance(each, int)]
    if not 0 < len(bounds) <= 3 or bounds[2:] == [0]:
        return ()
    numbers = range(*bounds)
    return tuple(map(str, numbers)) if len(numbers) <= _LONGEST_RANGE else ()


def _help(keywords: dict[str, ast.expr], default: Value, script: Script) -> str:
    text = _joined(keywords.get("help"), script)
    values = {"default": str(default), "type": script.name_of(keywords.get("type", ast.Constant(None)))}
    filled = _HELP_PART.sub(lambda part: values.get(part[1], "") if part[1] else "%", text)
    return " ".join(filled.split())


def _joined(node: ast.expr | None, script: Script) -> str:
    """Return a text with its parts joined: plain, an f-string's constant parts, or a sum of texts."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) for each in node.values if isinstance(each, ast.Constant))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined(node.left, script) + _joined(node.right, script)
    value = script.literal(node)
    return value if isinstance(value, str) else ""


def _with_set_defaults(found: dict[str, ScriptArgument], script: Script) -> Iterator[ScriptArgument]:
    overrides = {
        name: script.literal(value)
        for call in script.calls_of("set_defaults")
        for name, value in _keywords(call).items()
    }
    for name, argument in found.items():
        value = overrides.get(name)
        if argument.type == "bool":
            yield replace(argument, default=value) if isinstance(value, bool) else argument
        elif isinstance(value, str | int | float):
            yield replace(argument, default=_typed(value, argument.type))
        else:
            yield argument
