"""Finds the process launcher inside a job's command: torchrun, or the older ways of starting one process per GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from desktop_app.api import simple_commands

MODULES = {"torch.distributed.run": "torchrun", "torch.distributed.launch": "torch.distributed.launch"}
SWITCHES = frozenset({"standalone", "no-python", "run-path", "use-env", "module", "virtual-local-rank"})
SHORT = {"-m": "module", "-r": "redirects", "-t": "tee"}


@dataclass(frozen=True, slots=True)
class Launcher:
    """A launcher as a command calls it.

    `name` is torchrun or torch.distributed.launch; `options` go by their dashed names without the dashes
    (`nproc-per-node`), a switch has the value `true`; `script` is what it starts.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    script: str = ""

    @property
    def nodes(self) -> int | None:
        """What `--nnodes` says, the larger number of a range; 1 where it is absent, None where it is no number."""
        return _number(self.options.get("nnodes", "1").rpartition(":")[2])

    @property
    def processes_per_node(self) -> int | None:
        """What `--nproc-per-node` says; 1 where it is absent, None for `gpu`, `auto` and variables."""
        return _number(self.options.get("nproc-per-node", "1"))

    @property
    def has_rendezvous(self) -> bool:
        """Whether nodes find each other by a rendezvous that gives out the node ranks itself."""
        return self.options.get("rdzv-backend", "static") != "static"


def find_launcher(command: str) -> Launcher | None:
    """Return the first PyTorch launcher that a shell command calls."""
    for words in simple_commands(command):
        for index, word in enumerate(words):
            name = _launcher_at(words, index)
            if name is not None:
                start = index + 1 if _is_torchrun(word) else index + 2
                return _parsed(name, words[start:])
    return None


def _is_torchrun(word: str) -> bool:
    return PurePosixPath(word).name in {"torchrun", "torchrun.exe"}


def _launcher_at(words: list[str], index: int) -> str | None:
    if _is_torchrun(words[index]):
        return "torchrun"
    if words[index] == "-m" and index + 1 < len(words):
        return MODULES.get(words[index + 1])
    return None


def _parsed(name: str, words: list[str]) -> Launcher:
    options: dict[str, str] = {}
    position = 0
    while position < len(words) and words[position].startswith("-"):
        key, equals, value = words[position].partition("=")
        key = SHORT.get(key, key.lstrip("-").replace("_", "-"))
        position += 1
        if equals or key in SWITCHES:
            options[key] = value if equals else "true"
        elif position < len(words):
            options[key] = words[position]
            position += 1
    return Launcher(name, options, words[position] if position < len(words) else "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
