"""Reads a job's shell command: which scripts it runs, and whether a launcher such as torchrun starts the ranks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from desktop_app.api.commands import has_open_quote, simple_commands

MODULES = {"torch.distributed.run": "torchrun", "torch.distributed.launch": "torch.distributed.launch"}
OWN_STARTERS = ("mpirun", "mpiexec", "orterun", "prterun", "horovodrun")
_SWITCHES = frozenset({"standalone", "no-python", "run-path", "use-env", "module", "virtual-local-rank"})
_SHORT = {"-m": "module", "-r": "redirects", "-t": "tee"}
_RUNNERS = frozenset({"torchrun", "deepspeed", "ipython", "pypy", "pypy3", "coverage", "debugpy"})
_BRINGERS = frozenset({
    "git", "wget", "curl", "tar", "unzip", "cp", "mv", "ln", "rsync", "azcopy", "gsutil", "aws", "az", "tee", "sed",
})  # fmt: skip
_PYTHON = re.compile(r"(python|python\d(\.\d+)?)(\.exe)?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_UNKNOWN = re.compile(r"[$*?`<>~{}\[\]]")


@dataclass(frozen=True, slots=True)
class Launcher:
    """A process launcher as a command calls it.

    `name` is torchrun or torch.distributed.launch; `options` go by their names with dashes and without the leading
    ones (`nproc-per-node`), a switch has the value `true`; `script` is what it starts. A count is an int, or the
    text where that is no number (`gpu`, `auto`, `$GPUS`, a placeholder).
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    script: str = ""

    @property
    def nproc_per_node(self) -> int | str:
        """How many ranks it starts on each node; 1 where nothing is said."""
        return _count(self.options.get("nproc-per-node", "1"))


def _count(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def launcher_in(command: str) -> Launcher | None:
    """Return the first PyTorch launcher that a shell command calls."""
    for words in simple_commands(command):
        for index, word in enumerate(words):
            name = _launcher_name(words, index)
            if name is not None:
                return _parsed(name, words[index + 1 if _base(word).startswith("torchrun") else index + 2 :])
    return None


def _launcher_name(words: Sequence[str], index: int) -> str | None:
    if _base(words[index]) in {"torchrun", "torchrun.exe"}:
        return "torchrun"
    if words[index] == "-m" and index + 1 < len(words):
        return MODULES.get(words[index + 1])
    return None


def _parsed(name: str, words: Sequence[str]) -> Launcher:
    options: dict[str, str] = {}
    rest = list(words)
    while rest and rest[0].startswith("-"):
        key, equals, value = rest.pop(0).partition("=")
        key = _SHORT.get(key, key.lstrip("-").replace("_", "-"))
        if equals or key in _SWITCHES:
            options[key] = value if equals else "true"
        elif rest:
            options[key] = rest.pop(0)
    return Launcher(name, options, rest[0] if rest else "")


def scripts_in(command: str) -> tuple[str, ...]:
    """Return the Python scripts that a command runs, as normal paths relative to the folder it starts in.

    What lies outside that folder, or depends on a variable or placeholder, is left out.
    """
    if has_open_quote(command):
        return ()
    scripts: dict[str, None] = {}
    folder: str | None = ""
    for words in simple_commands(command):
        if words[:1] == ["cd"]:
            folder = _normal(folder, words[1]) if folder is not None and len(words) == 2 else None
            continue
        script = _script_of(words)
        path = _normal(folder, script) if script and folder is not None else None
        if path:
            scripts[path] = None
    return tuple(scripts)


def own_starter(command: str) -> str:
    """Return which of MPI's starters a command calls, or an empty text."""
    for words in simple_commands(command):
        head = next((each for each in words if not _ASSIGNMENT.match(each) and each not in {"exec", "env", "time"}), "")
        if _base(head) in OWN_STARTERS:
            return _base(head)
    return ""


def modules_in(command: str) -> frozenset[str]:
    """Return the modules that a command has Python start: `-m mpi4py` before a script."""
    found = (
        words[index + 1].removesuffix(".run")
        for words in simple_commands(command)
        for index, word in enumerate(words[:-1])
        if word == "-m"
    )
    return frozenset(found)


def brings_files(command: str) -> bool:
    """Whether a command may itself make the files that it runs: it clones, downloads, unpacks, copies or redirects."""
    calls = {_base(word) for words in simple_commands(command) for word in words[:2]}
    return bool(calls & _BRINGERS) or bool(re.search(r">\s*\S+\.py\b", command))


def _script_of(words: Sequence[str]) -> str | None:
    """Return the first `*.py` after the interpreter or launcher; options of Python stand before it, its own after."""
    rest = list(words)
    while rest and not _is_runner(rest[0]):
        if rest[0].endswith(".py"):
            return rest[0] if _is_head(words, rest[0]) else None
        rest.pop(0)
    for index, word in enumerate(rest[1:], 1):
        if word == "-c":
            return None
        if word == "-m" and not _is_launching_module(rest[index + 1 : index + 2]):
            return None
        if word.endswith(".py") and not word.startswith("-"):
            return word
    return None


def _is_head(words: Sequence[str], script: str) -> bool:
    """Whether the script is itself what is called: `./train.py`, after any assignments."""
    head = next((each for each in words if not _ASSIGNMENT.match(each)), None)
    return head == script


def _is_runner(word: str) -> bool:
    base = _base(word)
    return bool(_PYTHON.fullmatch(base)) or base in _RUNNERS or base == "accelerate"


def _is_launching_module(words: Sequence[str]) -> bool:
    known = {*MODULES, "deepspeed.launcher.launch", "accelerate.commands.launch", "mpi4py", "mpi4py.run", "pdb"}
    return bool(words) and words[0] in known


def _normal(folder: str | None, path: str) -> str | None:
    """Return a relative path without `.` and `..`, or None for one that is elsewhere or not known."""
    if folder is None or _UNKNOWN.search(path) or path.startswith("/") or "\\" in path or ":" in path[:2]:
        return None
    parts: list[str] = []
    for part in PurePosixPath(folder, path).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return "/".join(parts)


def _base(word: str) -> str:
    return PurePosixPath(word).name
