"""Children of a maker: they hold its locks as long as they live, and end with all their own where it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from desktop_app.processes import end_group, group_options

_LONGEST = 8 << 20  # bytes of a line; a linker's command names thousands of files
_UNWANTED = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON")


_LEASH = Path(__file__).resolve().parents[2] / "worker" / "leash.py"


def leashed(command: Sequence[str], python: Path) -> list[str]:
    """Return a command that is killed with all its own where this process is killed; `python` runs what sees to that.

    Its standard input must be a pipe.
    """
    return list(command) if os.name == "nt" else [str(python), "-I", str(_LEASH), *command]


@contextlib.asynccontextmanager
async def started(
    command: Sequence[str], environment: Mapping[str, str], locks: Sequence[int] = (), folder: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a child whose output comes as one stream; whatever goes wrong, and a cancel, ends it with its group.

    A child holds the file descriptors `locks` as well: if this process is killed, nobody else starts before the child
    has ended. It runs in `folder`, else where this process does.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=without_environments(environment),
        cwd=folder,
        pass_fds=() if os.name == "nt" else tuple(locks),
        limit=_LONGEST,
        **group_options(),
    )
    try:
        yield process
    except BaseException:
        await end_group(process)
        raise


async def follow(process: asyncio.subprocess.Process, take: Callable[[str], None]) -> int:
    """Hand every line of a child's output to `take`, and return its exit code."""
    assert process.stdout is not None
    async for line in process.stdout:
        take(line.decode("utf-8", "replace").rstrip())
    return await process.wait()


def without_environments(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what would make a tool or a Python work on another one than the named one."""
    return {key: value for key, value in environment.items() if key not in _UNWANTED}
