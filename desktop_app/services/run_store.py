"""The runs as they are now, observable; lives on the event loop's thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from desktop_app.api import RunSnapshot
from desktop_app.core.observable import Signal


class RunStore:
    """Snapshots by handle. `changed` carries the handles that are new, different or gone."""

    def __init__(self) -> None:
        self._runs: dict[str, RunSnapshot] = {}
        self.changed: Signal[[frozenset[str]]] = Signal()

    @property
    def runs(self) -> Mapping[str, RunSnapshot]:
        """Every run by its handle, as a live view that can't be written to."""
        return MappingProxyType(self._runs)

    def get(self, handle: str) -> RunSnapshot | None:
        """Return the run's last snapshot, or None for a run that is not known."""
        return self._runs.get(handle)

    def update(self, snapshots: Iterable[RunSnapshot]) -> frozenset[str]:
        """Take in snapshots, tell which runs differ from before (nobody is told if none does), and return those."""
        new = {each.handle: each for each in snapshots if self._runs.get(each.handle) != each}
        self._runs.update(new)
        return self._tell(frozenset(new))

    def remove(self, handle: str) -> None:
        """Forget a run; one that is not known is none already."""
        if self._runs.pop(handle, None) is not None:
            self._tell(frozenset({handle}))

    def _tell(self, handles: frozenset[str]) -> frozenset[str]:
        if handles:
            self.changed.emit(handles)
        return handles
