"""What the verbs of plugins work with: the host, the installer, what was asked, and progress."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.api import UserError
from desktop_app.cli import console
from desktop_app.core.nearest import nearest
from desktop_app.services.plugins import PluginHost, PluginInfo
from desktop_app.services.plugins.installing.changing.accepting import Accepted, accepted_edits
from desktop_app.services.workbench import Workbench

if TYPE_CHECKING:
    from desktop_app.services.plugins.installing.manager import PluginManager

Act = Callable[["Desk"], Awaitable[int]]


class Desk:
    """A verb's place to work."""

    def __init__(self, workbench: Workbench, options: Namespace) -> None:
        self.workbench = workbench
        self.options = options
        self.host: PluginHost = workbench.plugins
        self.progress = console.ProgressLines()

    @property
    def manager(self) -> PluginManager:
        """The installer; what it needs is imported when this is first asked for."""
        return self.workbench.plugin_manager

    @property
    def wheelhouse(self) -> Path | None:
        """The folder of wheels that was given, as it is known from then on: whole, without `..`."""
        given: Path | None = self.options.wheelhouse
        return None if given is None else Path(os.path.abspath(given.expanduser()))  # noqa: PTH100 - links stay

    def warn(self) -> list[str]:
        """Say what is wrong with the lists that plugins are kept in, and return it for a document."""
        wrong = self.manager.complaints()
        said = [str(each) for each in (*self.manager.notices, *wrong)]
        for each in said:
            console.warning(each)
        return said

    def edits(self, plugin_id: str) -> Accepted | None:
        """Return what was accepted of an installed plugin that was edited by hand; None where nothing was."""
        found = next((each for each in self.manager.installed() if each.id == plugin_id), None)
        return accepted_edits(found.lib.parent) if found and found.lib else None

    def found(self, name: str) -> PluginInfo:
        """Return a plugin by its name, or by that of its distribution. Raises UserError where there is none."""
        known = {each.id: each for each in self.host.plugins}
        own = {each.distribution: each.id for each in self.manager.installed()} if name not in known else {}
        plugin = known.get(own.get(name, name))
        if plugin is None:
            raise UserError(f"There is no plugin “{name}”.", hint=nearest(name, list(known)))
        return plugin

    def knows(self, name: str) -> bool:
        """Return whether there is a plugin of this name."""
        try:
            self.found(name)
        except UserError:
            return False
        return True
