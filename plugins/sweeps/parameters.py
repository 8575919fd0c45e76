"""What of a command job can be tuned: arguments of its command, literal inputs, and what its script takes besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from desktop_app.api import Job, ScriptArgument, ScriptScan, Value
from desktop_app.api.kit import answers as read

_OPTION = re.compile(
    r"""(?<!\S)(?P<flag>--?[A-Za-z][\w.-]*)(?P<between>=|\s+)(?P<value>"[^"$`]*"|'[^']*'|(?!-[A-Za-z-])[^\s"'`$|;&<>()]+)"""
    r"(?=\s|$)"
)
_PROGRAM = re.compile(r"""\S+\.py\b["']?|(?<!\S)-m\s+[\w.]+""")
_FIRST_WORD = re.compile(r"\s*\S+")
_ALSO_FIXED = frozenset(
    {"output", "output_dir", "data", "data_dir", "logdir", "log_dir", "model_dir", "device", "backend"}
)
SEED_WORDS = frozenset({"seed", "epochs", "num_epochs", "max_epochs", "steps", "max_steps", "workers", "num_workers",
                        "log_interval", "save_every", "port"})  # fmt: skip
"""What is rarely worth a search: it says how long or how evenly, not how well."""
RATE = re.compile(r"(^|_)(lr|learning_?rate|eta)($|_)|^lr", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that can be tuned. `span` is where it stands in the command, None for an input or what is added."""

    name: str
    title: str
    value: Value
    note: str = ""
    span: tuple[int, int] | None = None
    flag: str = ""
    choices: tuple[str, ...] = ()
    input: str = ""

    @property
    def number(self) -> float | None:
        """Its present value where that is a number."""
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return float(self.value) if is_number else None  # type: ignore[arg-type]

    @property
    def is_whole(self) -> bool:
        """Whether it takes whole numbers."""
        return isinstance(self.value, int) and not isinstance(self.value, bool)


def find(job: Job, scan: ScriptScan | None) -> tuple[Parameter, ...]:
    """Return what can be tuned: what the command says first, then inputs, then what its script would take besides."""
    known = {each.name: each for each in scan.arguments} if scan is not None else {}
    found: dict[str, Parameter] = {}
    for each in (*_in_command(job.command, known), *_inputs(job), *_not_said(job.command, known)):
        found.setdefault(each.name, each)
    return tuple(found.values())


def tuned(job: Job, chosen: Mapping[str, Parameter]) -> Job:
    """Return the job with `${{search_space.NAME}}` in place of the chosen values."""
    command, inputs = job.command, dict(job.inputs)
    begin = _program_end(command)
    added = "".join(f" {each.flag} {_placeholder(each.name)}" for each in chosen.values() if _is_added(each))
    edits = [(each.span[0], each.span[1], _placeholder(each.name)) for each in chosen.values() if each.span]
    for start, end, text in sorted([*edits, (begin, begin, added)], reverse=True):
        command = command[:start] + text + command[end:]
    for each in (each for each in chosen.values() if each.input):
        command = _input_pattern(each.input).sub(_placeholder(each.name), command)
        inputs.pop(each.input, None)
    return replace(job, command=command, inputs=inputs)


def value_of(text: str) -> Value:
    """Return what a word of a command means: a whole number, a number, yes or no, or a text."""
    plain = text.strip().strip("\"'")
    if re.fullmatch(r"[+-]?\d+", plain):
        return int(plain)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain):
        return float(plain)
    return {"true": True, "false": False}.get(plain.lower(), plain)


def _in_command(command: str, known: Mapping[str, ScriptArgument]) -> Iterator[Parameter]:
    for each in _OPTION.finditer(command, _program_end(command)):
        name, value = _name(each["flag"]), value_of(each["value"])
        argument = known.get(name)
        if _is_fixed(name, value):
            continue
        if argument is not None and argument.type == "float" and isinstance(value, int):
            value = float(value)
        choices = argument.choices if argument is not None else ()
        yield Parameter(name, each["flag"], value, f"{each['value']} now", each.span("value"), choices=choices)


def _inputs(job: Job) -> Iterator[Parameter]:
    for name, each in job.inputs.items():
        is_used = _input_pattern(name).search(job.command) is not None
        if is_used and each.is_literal and isinstance(each.value, int | float | str) and not _is_path(each.value):
            value = value_of(each.value) if isinstance(each.value, str) else each.value
            yield Parameter(_name(name), f"inputs.{name}", value, f"{each.value} now", input=name)


def _not_said(command: str, known: Mapping[str, ScriptArgument]) -> Iterator[Parameter]:
    if not _PROGRAM.search(command):
        return
    for name, each in known.items():
        is_plain = not (each.positional or each.many or each.type == "bool" or each.required)
        if is_plain and each.default is not None and not _is_fixed(name, each.default) and each.flag not in command:
            note = f"{each.default} unless said"
            yield Parameter(_name(name), each.flag, each.default, note, flag=each.flag, choices=each.choices)


def _is_added(parameter: Parameter) -> bool:
    return bool(parameter.flag) and parameter.span is None


def _is_fixed(name: str, value: Value) -> bool:
    return name in read.LAUNCHER_ARGUMENTS or name in _ALSO_FIXED or _is_path(value)


def _is_path(value: Value) -> bool:
    return isinstance(value, str) and bool(re.search(r"[/\\]|\.(csv|json|ya?ml|txt|pt|npz)$", value))


def _name(flag: str) -> str:
    plain = re.sub(r"\W", "_", flag.lstrip("-"))
    return plain if not plain[:1].isdigit() else f"p_{plain}"


def _placeholder(name: str) -> str:
    return "${{search_space." + name + "}}"


def _input_pattern(name: str) -> re.Pattern[str]:
    return re.compile(r"\$\{\{\s*inputs\." + re.escape(name) + r"\s*\}\}")


def _program_end(command: str) -> int:
    """Return where the arguments of the script begin: what stands before is its launcher's."""
    found = _PROGRAM.search(command) or _FIRST_WORD.match(command)
    return found.end() if found is not None else 0
