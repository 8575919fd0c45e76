"""Which plugins a person has switched off: read and changed in one place, so that two programs lose nothing."""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.services.settings import Settings

DISABLED = "plugins.disabled"


def switched_off(settings: Settings) -> frozenset[str]:
    """Return the ids of the plugins that are switched off, as far as this process knows."""
    return _ids(settings.get(DISABLED))


def switch(settings: Settings, off: Mapping[str, bool]) -> None:
    """Save of each plugin in `off` whether it is switched off; what is saved of all others stays.

    Raises OutsideError where it can't be saved; nothing is written where nothing changes.
    """
    settings.reload()
    now = switched_off(settings)
    if any(state != (plugin_id in now) for plugin_id, state in off.items()):
        settings.update(DISABLED, lambda saved: _changed(saved, off))


def _changed(saved: Value, off: Mapping[str, bool]) -> Value:
    gone = {plugin_id for plugin_id, state in off.items() if state}
    after: list[Value] = [*sorted((_ids(saved) - off.keys()) | gone)]
    return after or None


def _ids(value: Value) -> frozenset[str]:
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
