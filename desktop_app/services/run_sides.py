"""What is known of a run to compare it with another: its job, its plan and its code, in words that fit any run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import RunSnapshot
from desktop_app.core.paths import Part, join_path
from desktop_app.documents.yaml_text import parse
from desktop_app.services.redaction import Redactor, secrets_of
from desktop_app.services.run_plans import plan_json

Facts = Mapping[str, Any]
"""Values by dotted paths."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs; `job` and `plan` are None where they are gone, `code` where the working copy is."""

    run: RunSnapshot
    job: Any
    plan: Mapping[str, Any] | None
    code: Path | None

    @property
    def folder_is_gone(self) -> bool:
        """Whether only the archive knows the run."""
        return not self.run.folder or not Path(self.run.folder).is_dir()


def side_of(run: RunSnapshot) -> Side:
    """Read what is left of a run."""
    folder = Path(run.folder) if run.folder else None
    if folder is None:
        return Side(run, None, None, None)
    code, plan = folder / "code", plan_json(folder)
    return Side(run, _job(folder / "job.yml"), plan or None, code if code.is_dir() else None)


def redactor_of(*sides: Side) -> Redactor:
    """Return what covers the secrets of these runs, and the home folder where that of one of them is covered."""
    home = Path.home() if any(each.run.from_bundle for each in sides) else None
    return Redactor((value for each in sides for value in secrets_of(each.plan or {}, {})), home=home)


def flat(data: Any) -> Facts:
    """Return every scalar (and empty collection) of nested data by its path."""
    return {join_path(path): value for path, value in _leaves(data, ())}


def _leaves(data: Any, path: tuple[Part, ...]) -> Iterator[tuple[tuple[Part, ...], Any]]:
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from _leaves(value, (*path, index))
    elif path:
        yield path, data


def neutral(side: Side) -> Mapping[str, Any]:
    """Return the plan without what differs between any two runs: the run's name and folder, and the ports it got."""
    plan = side.plan or {}
    names = [(side.run.folder, "RUN_FOLDER"), (side.run.run, "RUN")]
    if plan.get("run") and plan["run"] != side.run.run:
        names.append((str(plan["run"]), "RUN"))
    names += [(port, "PORT") for port in _free_ports(plan)]
    replaced: Mapping[str, Any] = _replaced(plan, [each for each in names if each[0]])
    return replaced


def _free_ports(plan: Mapping[str, Any]) -> set[str]:
    """Return the ports that were chosen for this run alone."""
    job = plan.get("job")
    own = job.get("environment_variables") if isinstance(job, Mapping) else None
    if isinstance(own, Mapping) and "MASTER_PORT" in own:
        return set()
    tables = [plan.get("environment"), *(each.get("environment") for each in processes(plan))]
    ports = {str(each["MASTER_PORT"]) for each in tables if isinstance(each, Mapping) and "MASTER_PORT" in each}
    listed = [each.get("ports") for each in processes(plan)]
    ports |= {str(port) for each in listed if isinstance(each, list) for port in each}
    return {each for each in ports if each.isdigit() and len(each) > 3}


def processes(plan: Mapping[str, Any], kind: str = "processes") -> list[Mapping[str, Any]]:
    """Return the processes of a plan by rank, or (`kind`) its launchers."""
    found = plan.get(kind)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _replaced(data: Any, names: list[tuple[str, str]]) -> Any:
    if isinstance(data, Mapping):
        return {key: _replaced(value, names) for key, value in data.items()}
    if isinstance(data, list):
        return [_replaced(each, names) for each in data]
    if isinstance(data, str):
        for old, new in names:
            data = data.replace(old, new)
    return data


def _job(path: Path) -> Any:
    try:
        return parse(path.read_bytes().decode("utf-8", "replace")).data
    except OSError:
        return None
