"""Counts of nodes and processes: at least one, no more than the node's GPUs, and what each distribution asks for.

Sources: command job YAML reference; distributed GPU training guide; resource limits (one parameter server a node).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Fix, Value
from desktop_app.core.commands import MODULES, OWN_STARTERS, launcher_in, own_starter
from desktop_app.core.findings import nearest_key
from desktop_app.core.job_schema import DISTRIBUTION_KEYS
from desktop_app.core.paths import join_path
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.facts import Facts
from desktop_app.core.rules.notes import Notes, Word, change
from desktop_app.core.rules.values import Path, text, whole

MOST = 1000
"""More processes of a node or more nodes than that are a slip of the finger."""

_ACCELERATE = re.compile(r"\baccelerate\s+launch\b(?=\s)")
_PER_NODE = "process_count_per_instance"


def check(body: Body, facts: Facts, notes: Notes) -> None:
    """Check a body's nodes and its distribution."""
    nodes = whole(body.resources.get("instance_count"))
    _at_least((*body.resources_path, "instance_count"), nodes, notes)
    given = body.data.get("distribution")
    if not isinstance(given, dict):
        return
    path = (*body.path, "distribution")
    kind = text(given.get("type")).lower()
    _kind(path, kind, notes)
    for key in (_PER_NODE, "worker_count"):
        _at_least((*path, key), whole(given.get(key)), notes)
    _at_least((*path, "parameter_server_count"), whole(given.get("parameter_server_count")), notes, least=0)
    if kind == "tensorflow":
        _tensorflow(path, given, 1 if nodes is None else nodes, notes)
    elif kind == "mpi" and given.get(_PER_NODE) is None and "process_count" not in given:
        message = "Add process_count_per_instance: how many processes MPI starts on each node."
        fix = change("Write 1 process for each node", (*path, _PER_NODE), 1)
        notes.warning("mpi-process-count", path, message, fix)
    _launchers(body, path, given, kind, notes)
    _gpus(body, path, given, facts, notes)


def _at_least(path: Path, count: int | None, notes: Notes, *, least: int = 1) -> None:
    if count is None:
        return
    if count < least:
        fix = change(f"Write {least}", path, least)
        notes.error("process-count", path, f"Write at least {least} at {path[-1]}, not {count}.", fix)
    elif count > MOST:
        message = f"Write at most {MOST} at {path[-1]}: {count} is more than any job has."
        notes.error("process-count", path, message)


def _kind(path: Path, kind: str, notes: Notes) -> None:
    if not kind or kind in DISTRIBUTION_KEYS:
        return
    meant = "mpi" if kind in {"horovod", "openmpi", "intelmpi"} else "pytorch" if kind.startswith("torch") else None
    meant = meant or nearest_key(kind, list(DISTRIBUTION_KEYS))
    advice = f"write {meant}" if meant else f"use one of {', '.join(DISTRIBUTION_KEYS)}"
    why = ", which starts Horovod's processes too" if kind == "horovod" else ""
    fix = change(f"Write {meant}", (*path, "type"), meant) if meant else None
    notes.error("unknown-value", (*path, "type"), f"“{kind}” is no type of distribution: {advice}{why}.", fix)


def _tensorflow(path: Path, given: Mapping[str, Value], nodes: int, notes: Notes) -> None:
    servers = whole(given.get("parameter_server_count")) or 0
    workers = whole(given.get("worker_count"))
    if nodes < 1 or servers < 0 or (workers is not None and workers < 1):
        return  # said already
    if servers > nodes:
        message = (
            f"Write at most {nodes} at parameter_server_count: a node runs one parameter server, "
            f"and the job has {_plural(nodes, 'node')}, not {servers}."
        )
        fix = change(f"Write {nodes}", (*path, "parameter_server_count"), nodes)
        notes.error("parameter-servers", (*path, "parameter_server_count"), message, fix)
    elif workers is None and servers:
        _unsaid(path, servers, nodes, notes)
    elif workers is not None and workers + servers != nodes:
        _misfit(path, workers, servers, nodes, notes)


def _unsaid(path: Path, servers: int, nodes: int, notes: Notes) -> None:
    """Say that worker_count is missing: Azure ML's default for it is every node, and leaves none to the servers."""
    message = (
        f"Write worker_count: without it Azure ML takes {_plural(nodes, 'worker')}, as many as there are nodes, and "
        f"{_plural(servers, 'parameter server')} beside them."
    )
    fits = nodes - servers
    fix = change(f"Write {_plural(fits, 'worker')}", (*path, "worker_count"), fits) if fits > 0 else None
    notes.warning("worker-count", path, message, fix)


def _misfit(path: Path, workers: int, servers: int, nodes: int, notes: Notes) -> None:
    counted = _plural(workers, "worker") + (f" and {_plural(servers, 'parameter server')}" if servers else "")
    fit = f"{counted} do not fit {_plural(nodes, 'node')}"
    message = f"{fit}: worker_count and parameter_server_count together are the nodes."
    fits = nodes - servers
    fix = change(f"Write {_plural(fits, 'worker')}", (*path, "worker_count"), fits) if fits > 0 else None
    notes.warning("worker-count", (*path, "worker_count"), message, fix)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _launchers(body: Body, path: Path, given: Mapping[str, Value], kind: str, notes: Notes) -> None:
    """Say that a launcher is itself started once for each process."""
    per_node = whole(given.get(_PER_NODE)) or 1
    if kind not in {"pytorch", "mpi"} or not body.command:
        return
    home = (*body.path, "command")
    if kind == "mpi":
        _starters(body.command, home, notes)
    other = _ACCELERATE.search(body.command) or (re.search(r"\bmpirun\b", body.command) if kind == "pytorch" else None)
    if other is not None and per_node > 1:
        message = f"Set process_count_per_instance to 1: each of the {per_node} processes would start {other[0]}."
        fix = change("Set 1 process per node", (*path, _PER_NODE), 1)
        notes.warning("double-launch", home, message, fix, Word(other[0]))
    launcher = launcher_in(body.command) if per_node > 1 else None
    if launcher is not None:
        message = (
            f"Each of the {per_node} processes per node would start {launcher.name}, which starts its own: "
            "set process_count_per_instance to 1, or call python instead of the launcher."
        )
        fix = Fix("Set 1 process per node", {join_path((*path, _PER_NODE)): 1})
        word = next((each for each in (launcher.name, *MODULES) if each in body.command), "")
        notes.error("double-launch", home, message, fix, Word(word))


def _starters(command: str, home: Path, notes: Notes) -> None:
    """Say that MPI's own starter is called once more in each process: Open MPI refuses that."""
    called = own_starter(command)
    starter = called or next((each for each in OWN_STARTERS if each in command.split()), "")
    if not starter:
        return
    message = f"Leave {starter} out: the distribution mpi calls it already, and each process would start it again."
    if not called:  # in an echo, say, or in words that a shell gets to read
        notes.warning("double-launch", home, message, at=Word(starter))
        return
    rest = _without_starter(command, starter)
    fix = Fix(f"Leave {starter} out", {join_path(home): rest}) if rest else None
    notes.error("double-launch", home, message, fix, Word(starter))


def _without_starter(command: str, starter: str) -> str:
    """Return the command with what the starter is to start alone, or "" where that is not sure."""
    begin = re.search(rf"(?:^|(?<=[\s;&|(]))(?:\S*/)?{re.escape(starter)}(?=\s)", command)
    program = re.compile(r"\s(?=(?:\S*/)?python\d?(?:\.\d+)?\s|\./\S)").search(command, begin.end()) if begin else None
    if begin is None or program is None or re.search(r"[;&|\n]", command[begin.end() : program.start()]):
        return ""
    return command[: begin.start()] + command[program.end() :]


def _gpus(body: Body, path: Path, given: Mapping[str, Value], facts: Facts, notes: Notes) -> None:
    size = facts.size(text(body.resources.get("instance_type")))
    count = whole(given.get(_PER_NODE))
    if size is not None and count is not None:
        check_gpus((*path, _PER_NODE), count, size.name, size.gpus, notes)


def check_gpus(path: Path, count: int, name: str, gpus: float, notes: Notes) -> None:
    """Say that a node has fewer GPUs than processes."""
    if count <= max(gpus, 1) or gpus < 1 or count > MOST:
        return
    most = int(gpus)
    message = f"{name} has {_plural(most, 'GPU')} and each process needs its own: start {most} per node, not {count}."
    notes.warning("more-processes-than-gpus", path, message, change(f"Set {most}", path, most))
