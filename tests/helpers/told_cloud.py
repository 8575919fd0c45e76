"""An Asking over a told wire, with facts and no waits, for tests of what a workspace holds."""

from __future__ import annotations

from pathlib import Path

from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.links import Links
from desktop_app.backends.azureml.client.operations import Pace
from desktop_app.services.catalogues import facts
from tests.helpers.told_wire import ToldWire

AT_ONCE = Pace(first=0.001, factor=1.0, most=0.001, patience=120.0)
"""Polls one right after the other."""


def asking_of(wire: ToldWire, folder: Path, pace: Pace = AT_ONCE) -> Asking:
    """Return what the parts of the backend ask with."""
    return Asking(wire, Links(wire, folder / "links.json"), facts(), pace)


class Said(list[tuple[str, float | None]]):
    """Progress that is kept."""

    def __call__(self, message: str, part: float | None) -> None:
        """Called by what makes progress."""
        self.append((message, part))

    @property
    def last(self) -> str:
        """The last message."""
        return self[-1][0]
