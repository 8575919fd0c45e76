"""Which processes of plugins there are below this one."""

from __future__ import annotations

import contextlib

import psutil


def nurseries() -> list[psutil.Process]:
    """Return the processes that fork plugins' processes."""
    return [each for each in psutil.Process().children() if _is(each, "nursery")]


def plugin_processes() -> list[psutil.Process]:
    """Return the processes of plugins with all that they started, wherever it went, but no zombies."""
    below = [each for nursery in nurseries() for each in nursery.children(recursive=True)]
    alone = [each for each in psutil.Process().children() if _is(each, "alone")]
    return [each for each in (*below, *alone) if _lives(each)]


def _is(process: psutil.Process, kind: str) -> bool:
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        return any(each.endswith("_plugins/process.py") for each in words) and kind in words
    return False


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
