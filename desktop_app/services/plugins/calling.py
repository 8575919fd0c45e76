"""Calls of plugins that run in this process: whatever they raise is an outcome, as with those that run elsewhere."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from desktop_app.api import UserError
from desktop_app.api._plugins import GarbageError, ImportedPlugin, Manifest, checked, import_plugin
from desktop_app.services.plugins.processes import FaultError, Outcome, RefusedError


def imported(manifest: Manifest) -> ImportedPlugin | FaultError:
    """Import a plugin, or return what went wrong."""
    try:
        return import_plugin(manifest)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a plugin raises at import is its own affair
        return _fault("import", "Its import failed", error)


def called(plugin: ImportedPlugin, hook: str, arguments: Mapping[str, Any]) -> Outcome:
    """Call a hook and return its checked results, or what went wrong."""
    try:
        return [checked(hook, each) for each in plugin.call(hook, **arguments)]
    except KeyboardInterrupt:
        raise
    except UserError as error:
        return RefusedError(error, _fault("hook", f"Its hook {hook} failed", error))
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a plugin must not end the program
        return _fault("hook", f"Its hook {hook} failed", error)


def _fault(problem: str, what: str, error: BaseException) -> FaultError:
    reason = str(error) if isinstance(error, GarbageError) else f"{what}: {_in_short(error)}"
    return FaultError(problem, reason, "".join(traceback.format_exception(error, limit=-30)))


def _in_short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else f"{type(error).__name__}."
