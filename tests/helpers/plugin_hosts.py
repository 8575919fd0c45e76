"""Plugin hosts for tests, which know the plugins of the person's own folder alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings

MakeHost: TypeAlias = Callable[[], PluginHost]


@contextlib.contextmanager
def plugin_hosts(places: Places) -> Iterator[MakeHost]:
    """Yield what makes a host; their plugins' processes are ended at the end."""
    made: list[PluginHost] = []

    def make() -> PluginHost:
        one = PluginHost(places, Settings(places.settings), bundled=places.home / "no such folder", installed=tuple)
        one.discover()
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()
