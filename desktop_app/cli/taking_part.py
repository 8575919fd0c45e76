"""Says which plugins took no part in what a verb did: a check that never ran must not pass for a good one."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from desktop_app.cli import console
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_OFF = (PluginState.FAILED, PluginState.INCOMPATIBLE)


def opened(options: Namespace) -> Workbench:
    """Return the services for a verb, at whose end `say_absent` says which plugins took no part."""
    from desktop_app.compose import open_workbench  # `validate` takes part here and does without all of that

    workbench = open_workbench(options.home, options.safe_mode)
    remember(options, workbench.plugins)
    return workbench


def remember(options: Namespace, host: PluginHost) -> None:
    """Have this host's plugins looked at when the verb ends."""
    options.plugins_asked = host


def failed_shape(host: PluginHost) -> list[dict[str, Any]]:
    """Return the enabled plugins that took no part, as documents have them; none where no plugin was asked."""
    return [{"name": each.id, "reason": each.reason} for each in _absent(host)]


def say_absent(options: Namespace) -> None:
    """Say once, in a line for each, which enabled plugins took no part in what a verb asked plugins for."""
    host: PluginHost | None = getattr(options, "plugins_asked", None)
    if host is None or not host.was_asked:
        return
    said: set[str] = options.__dict__.setdefault("plugins_said", set())
    for each in _absent(host):
        if each.id not in said:
            console.warning(f"{each.name} ({each.id}) took no part: {each.reason} `rankzero plugins show {each.id}`")
    said.update(each.id for each in _absent(host))
    left = [each.id for each in host.plugins if each.left_out_by_safe_mode]
    if left and "--safe-mode" not in said:
        said.add("--safe-mode")
        console.note(f"Safe mode: {', '.join(left)} took no part.")


def _absent(host: PluginHost) -> list[PluginInfo]:
    return [each for each in host.plugins if host.was_asked and (each.state in _OFF or each.id in host.switched_off)]
