"""Which state a plugin is in, and why: switched off by hand, by three starts in a row that failed, or by safe mode."""

from __future__ import annotations

import contextlib
import dataclasses

from desktop_app.api import UserError
from desktop_app.services.plugins.discovery import Found
from desktop_app.services.plugins.health import STARTS, Health
from desktop_app.services.plugins.info import Failure, PluginInfo, PluginState
from desktop_app.services.plugins.processes import FaultError
from desktop_app.services.plugins.switched_off import switch, switched_off
from desktop_app.services.plugins.tracebacks import authors_part
from desktop_app.services.settings import Settings


class States:
    """What the settings and the failures of earlier starts mean for plugins."""

    def __init__(self, settings: Settings, health: Health, *, safe_mode: bool) -> None:
        self.switched_off: set[str] = set()
        """The plugins that this program switched off for their failures."""
        self._settings, self._health, self._safe_mode = settings, health, safe_mode

    def at_first(self, found: Found) -> PluginInfo:
        """Return a plugin's info before anything of it is imported."""
        key = (found.info.id, found.info.version)
        last = self._health.last(*key)
        info = dataclasses.replace(found.info, failures=self._health.failures(*key), last_failure=last)
        if info.state is not PluginState.OK:
            return info
        if info.id in switched_off(self._settings):
            if info.failures < STARTS:
                return info.off(PluginState.DISABLED, "It is switched off.")
            reason = "It failed in three starts in a row and was switched off; enabling it tries again."
            return info.off(PluginState.DISABLED, reason, last.details if last else "", "three-starts")
        if self._safe_mode and info.source != "bundled":
            info = dataclasses.replace(info, left_out_by_safe_mode=True)
            return info.off(PluginState.DISABLED, "Safe mode: only plugins that ship with the program take part.")
        return info

    def stays(self, info: PluginInfo | None) -> bool:
        """Whether what is known of a plugin still holds: it was not switched on or off meanwhile."""
        return info is not None and (info.state is PluginState.DISABLED) == (info.id in switched_off(self._settings))

    def failed(self, info: PluginInfo, fault: FaultError, hook: str) -> PluginInfo:
        """Return a plugin's info after a fault; the third start in a row that has one switches it off."""
        details = authors_part(fault.details)
        failure = Failure(fault.reason, "import" if fault.problem == "import" else hook, details)
        count = self._health.fails(info.id, info.version, failure) if fault.counts else info.failures
        info = dataclasses.replace(info, failures=count, last_failure=None)
        if count < STARTS or not fault.counts or info.source == "bundled":
            return info.off(PluginState.FAILED, fault.reason, details, fault.problem)
        with contextlib.suppress(UserError):  # a full disk
            switch(self._settings, {info.id: True})
        self.switched_off.add(info.id)
        reason = f"It failed in three starts in a row and was switched off. {fault.reason}"
        return info.off(PluginState.DISABLED, reason, details, "three-starts")
