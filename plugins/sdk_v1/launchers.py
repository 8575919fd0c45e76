"""The command that starts the script: v1's launchers as torchrun, other commands as they are, else python."""

from __future__ import annotations

import re
import shlex

from .counts import counts_of
from .shell import words_of
from .words import V1

_TAKES_VALUE = re.compile(
    r"^--(nproc[_-]per[_-]node|nnodes|node[_-]rank|master[_-]addr|master[_-]port|rdzv[_-]\w+|max[_-]restarts"
    r"|monitor[_-]interval|start[_-]method|role|log[_-]dir|tee|redirects|nproc)(=.*)?$"
)
_SWITCH = re.compile(r"^--(use[_-]env|standalone|no[_-]python|run[_-]path|module)$|^-m$")
PER_NODE = "--node-rank=$NODE_RANK --master-addr=$MASTER_ADDR --master-port=$MASTER_PORT"
_MODULES = frozenset({"torch.distributed.launch", "torch.distributed.run"})


def launched_by_torch(v1: V1) -> bool:
    """Whether the command starts a launcher of PyTorch on each node."""
    return _after_launcher(words_of(v1.text("launch_command"))) is not None


def command_of(v1: V1, script: str) -> str:
    """Return the job's command; `script` is the entry script as the code folder knows it."""
    said = words_of(v1.text("launch_command"))
    rest = _after_launcher(said)
    if rest is None:
        start = [quoted(each) for each in said] or ["python", script or "train.py"]
        return " ".join([*start, *arguments_of(v1)])
    words, _ = _without_options(rest)
    start = ["torchrun", f"--nnodes={counts_of(v1).nodes}", f"--nproc-per-node={per_node_of_launcher(v1)}", PER_NODE]
    if "-m" in rest[: len(rest) - len(words)] or "--module" in rest[: len(rest) - len(words)]:
        start.append("-m")
    return " ".join([*start, *(quoted(each) for each in words or [script or "train.py"]), *arguments_of(v1)])


def per_node_of_launcher(v1: V1) -> str:
    """Return how many processes the launcher starts on a node: as its command says, else as the counts do."""
    _, processes = _without_options(_after_launcher(words_of(v1.text("launch_command"))) or [])
    return processes or str(counts_of(v1).per_node)


def arguments_of(v1: V1) -> list[str]:
    """Return the script's arguments as words of a command: pairs, of which one with '' is a switch."""
    words = [quoted(each) for each in words_of(v1.text("more_arguments"))]
    for name, value in v1.pairs("script_params").items():
        words.append(quoted(name))
        if value:
            words.append(quoted(value))
    return words


def quoted(word: str) -> str:
    """Return a word for a shell; placeholders and variables stay what they are."""
    if re.fullmatch(r"\$\{\{\s*\w+\.\w+\s*\}\}|\$\w+|[\w.-]+=\$\w+", word):
        return word
    if "${{" in word or "$" in word:
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`") + '"'
    return shlex.quote(word)


def _after_launcher(words: list[str]) -> list[str] | None:
    """Return the words behind a launcher of PyTorch, None where there is none."""
    for index, word in enumerate(words):
        if word in {"torchrun"} or (word in _MODULES and index and words[index - 1] == "-m"):
            return words[index + 1 :]
        if word.endswith("torch/distributed/launch.py"):
            return words[index + 1 :]
        if index > 3:
            break
    return None


def _without_options(words: list[str]) -> tuple[list[str], str]:
    """Return what comes after the launcher's own options, and how many processes per node these asked for."""
    processes, index = "", 0
    while index < len(words):
        option = _TAKES_VALUE.match(words[index])
        if option is None and not _SWITCH.match(words[index]):
            break
        value = ""
        if option is not None:
            value = option[2][1:] if option[2] else words[index + 1] if index + 1 < len(words) else ""
            index += 0 if option[2] else 1
            if option[1].replace("-", "_") == "nproc_per_node":
                processes = value
        index += 1
    return words[index:], processes if processes.isdigit() else ""
