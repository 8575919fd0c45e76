"""Asks the verb `doctor` what this machine has, in a process of its own: the window can't know the verbs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from desktop_app.processes import end_group, group_options

PATIENCE = 60.0  # seconds: it starts Qt, and looks at every toolchain
_PIPE = asyncio.subprocess.PIPE


async def doctor_report(home: Path) -> str:
    """Return what `rankzero doctor` prints, or why it did not."""
    command = (sys.executable, "-m", "desktop_app", "--home", str(home), "doctor")
    folder = Path(__file__).parents[2]  # where -m finds the package, installed or not
    try:
        child = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=_PIPE, stderr=_PIPE, **group_options()
        )
    except OSError as error:
        return f"`rankzero doctor` does not start: {error.strerror or error}.\n"
    try:
        out, err = await asyncio.wait_for(child.communicate(), PATIENCE)
    except TimeoutError:
        return f"`rankzero doctor` gave no answer within {PATIENCE:g} s.\n"
    finally:
        if child.returncode is None:
            await end_group(child)
    return (out or err).decode("utf-8", "replace")
