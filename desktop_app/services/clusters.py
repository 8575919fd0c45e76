"""The clusters that a job can name: those of the workspace in use as they were last seen, and of the folder's files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop_app.api import Cluster, Compute, Workspace
from desktop_app.documents.declared import declared
from desktop_app.services.cloud_lists import COMPUTES, CloudLists

_COMPUTES = frozenset({"amlcompute", "computeinstance", "kubernetes"})


class InUse(Protocol):
    """The part of a `Cloud` that is asked here."""

    def current(self) -> Workspace | None:
        """Return the workspace in use."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Finds clusters by what lies on this machine; asks nobody, so it may be called on each keystroke."""

    cloud: InUse
    lists: CloudLists

    def __call__(self, folder: Path) -> tuple[Cluster, ...]:
        """Return those of the workspace in use, then those that only files of the folder describe."""
        found: dict[str, Cluster] = {}
        for each in (*self._last_seen(), *_declared(folder)):
            found.setdefault(each.name, each)
        return tuple(found.values())

    def _last_seen(self) -> Iterator[Cluster]:
        workspace = self.cloud.current()
        kept = None if workspace is None else self.lists.last(workspace, COMPUTES)
        yield from map(_cluster, kept.items if kept else ())


def _cluster(compute: Compute) -> Cluster:
    state = "" if compute.state.lower() == "succeeded" else compute.state
    return Cluster(compute.name, compute.vm_size, compute.maximum, state)


def _declared(folder: Path) -> Iterator[Cluster]:
    for each in declared(folder):
        if each.type in _COMPUTES and each.name:
            yield Cluster(each.name, each.size or "", each.most or 0)
