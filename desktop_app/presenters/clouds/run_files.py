"""What a run in a workspace made, as a tree; which workspace it is in; and registering a model of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from desktop_app.api import Artifact, NewAsset, RunSnapshot, RunStatus
from desktop_app.presenters.clouds.assets import TYPES
from desktop_app.presenters.clouds.places import CLOUD

FIRST = ("outputs", "logs")
_LOGS = frozenset({"logs", "user_logs", "system_logs", "azureml-logs"})
MODEL_TYPES = TYPES["model"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


def is_cloud(run: RunSnapshot) -> bool:
    """Whether a run is in a workspace."""
    return run.backend == CLOUD


def workspace_key(handle: str) -> str:
    """Return the key of the workspace that a run is in."""
    return handle.partition("://")[2].rpartition("/")[0]


def where(run: RunSnapshot) -> str:
    """Return the name of the workspace that a run is in."""
    return workspace_key(run.handle).rpartition("/")[2]


def may_wait(run: RunSnapshot) -> bool:
    """Whether a run may wait in the outbox: its workspace has not said anything of it yet."""
    return is_cloud(run) and run.status is RunStatus.NOT_STARTED


def was_never_sent(run: RunSnapshot) -> bool:
    """Whether a run's workspace can't have any file of it: it waits, or was withdrawn before it was sent."""
    withdrawn = run.status is RunStatus.CANCELED and run.started is None and run.ended == run.created
    return is_cloud(run) and (run.status is RunStatus.NOT_STARTED or withdrawn)


def seen_again(before: RunSnapshot | None, run: RunSnapshot) -> str:
    """Return what is said where a run that could not be seen is seen again; empty elsewhere."""
    if before is None or before.handle != run.handle or not is_cloud(run):
        return ""
    if before.status is not RunStatus.UNKNOWN or run.status is RunStatus.UNKNOWN:
        return ""
    return f"{where(run)} answers again. The run is {run.status.value}."


@dataclass(slots=True)
class FileNode:
    """A file or folder; a folder's size is that of all below it, None where one of them is not known."""

    name: str
    path: str
    size: int | None = None
    children: dict[str, FileNode] = field(default_factory=dict)
    is_folder: bool = False


def tree(artifacts: Iterable[Artifact]) -> Sequence[FileNode]:
    """Return the files as a tree: outputs, then logs, then the rest, each level by name, folders first."""
    root = FileNode("", "", is_folder=True)
    for each in artifacts:
        _put(root, each)
    _sum(root)
    order = {name: place for place, name in enumerate(FIRST)}
    return sorted(_sorted(root), key=lambda node: order.get(node.name, len(order)))


def _put(root: FileNode, artifact: Artifact) -> None:
    node = root
    *folders, name = artifact.path.split("/")
    for each in folders:
        path = f"{node.path}/{each}".lstrip("/")
        node = node.children.setdefault(each, FileNode(each, path, is_folder=True))
        node.is_folder = True
    node.children[name] = FileNode(name, artifact.path, artifact.size)


def _sum(node: FileNode) -> int | None:
    if node.is_folder:
        sizes = [_sum(each) for each in node.children.values()]
        node.size = None if None in sizes else sum(each or 0 for each in sizes)
    return node.size


def _sorted(node: FileNode) -> list[FileNode]:
    return sorted(node.children.values(), key=lambda each: (not each.is_folder, each.name.lower()))


def children(node: FileNode) -> list[FileNode]:
    """Return what is in a folder, folders first."""
    return _sorted(node)


def models_in(nodes: Iterable[FileNode]) -> list[FileNode]:
    """Return what may be a model: everything but logs, unless there is nothing else."""
    known = list(nodes)
    return [each for each in known if each.path.partition("/")[0] not in _LOGS] or known


def type_for(node: FileNode) -> str:
    """Return the type of model that a file or folder most likely is."""
    return "mlflow_model" if "MLmodel" in node.children else "custom_model"


def suggested_name(run: RunSnapshot) -> str:
    """Return a name for a run's model: that of the job."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", run.display_name or run.run).strip("-._")
    return plain or "model"


def name_complaint(name: str) -> str:
    """Return what is wrong with a model's name; empty where nothing is."""
    if _NAME.fullmatch(name):
        return ""
    return "A name has up to 255 letters, digits, and . _ -, and begins with a letter or digit."


def new_model(run: RunSnapshot, name: str, path: str, kind: str, description: str = "") -> NewAsset:
    """Return what to register."""
    return NewAsset("model", name, f"{run.run}:{path}", kind, description=description)
