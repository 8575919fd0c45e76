"""What a training script uses and takes, read from its syntax tree and never by running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.forms import Value


@dataclass(frozen=True, slots=True)
class ScriptSource:
    """A script's text, with the path it was read from (relative to the code folder) for messages."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class ScriptArgument:
    """An option or positional of the script's argparse parser.

    `flag` is the longest spelling (`--learning-rate`), or the name of a positional. `type` is one of
    int, float, str, bool; a bool is a switch that takes no value, and its `flag` is then the spelling that
    turns it away from its default (`--no-shuffle`). `many` says that several values may follow, parted by
    spaces. A default that is no literal is None.
    """

    flag: str
    name: str
    type: str = "str"
    default: Value = None
    help: str = ""
    required: bool = False
    positional: bool = False
    choices: tuple[str, ...] = ()
    line: int = 0
    many: bool = False


@dataclass(frozen=True, slots=True)
class ScriptVariable:
    """An environment variable that a script reads, or `written`: sets for itself; with the first line that does.

    `required` says that the script stops where it is not set. `guarded` says that the script minds what is there: it
    asks first whether the variable is set, reads it in a branch alone, or sets it to something that it was told.
    `apart` says that it sets what all ranks have to share to something that each rank has for itself.
    """

    name: str
    line: int
    written: bool = False
    required: bool = False
    guarded: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True)
class ScriptScan:
    """What one plugin saw in a script; the host merges the scans of all plugins.

    `imports` are the top-level names of imported modules; `frameworks` what the script trains with
    (`pytorch`); `findings` carry the line in the script; `variables` are the environment variables it names.
    `unless_started_by` are findings that a plan says where several processes run a script and the command does not
    start it by `python -m` with the module that is their key. `on_several_nodes` are findings that a plan says where
    the job has more than one node. `settles` are the codes of findings that this file makes needless in the other
    files of its project: it does what they seem to lack. `metrics` are the names of the metrics that it logs.
    """

    imports: tuple[str, ...] = ()
    arguments: tuple[ScriptArgument, ...] = ()
    frameworks: tuple[str, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    variables: tuple[ScriptVariable, ...] = ()
    unless_started_by: Mapping[str, Diagnostic] = field(default_factory=dict)
    settles: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    on_several_nodes: tuple[Diagnostic, ...] = ()
