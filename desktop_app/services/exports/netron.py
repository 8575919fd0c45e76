"""Netron, another viewer of models, in the toolchain `onnx`: a child that serves one file to this computer's browser.

It listens on loopback alone, at a port that is free, and ends with its standard input: when the window closes, however
that happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, Progress
from desktop_app.processes import end_child
from desktop_app.services.exports.toolchain import NAME
from desktop_app.services.toolchains import Toolchains

_SERVE = """
import json, os, sys
sys.path = [each for each in sys.path if each]
import netron
address = netron.serve(sys.argv[1], None, address=("127.0.0.1", 0), browse=False)
print(json.dumps({"netron": list(address)}), flush=True)
nowhere = os.open(os.devnull, os.O_WRONLY)  # nobody listens any more: a full pipe would stop it
os.dup2(nowhere, 1)
os.dup2(nowhere, 2)
sys.stdin.read()
os._exit(0)
"""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE")
_PATIENCE = 60.0


@dataclass
class Netron:
    """The viewers that were opened, one for each file."""

    toolchains: Toolchains
    _children: dict[Path, tuple[asyncio.subprocess.Process, str]] = field(default_factory=dict)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that serve."""
        return tuple(child.pid for child, _address in self._children.values())

    async def open(self, path: Path, progress: Progress) -> str:
        """Return the address at which a browser shows the file; the toolchain is made if it is missing."""
        async with self._opening:  # who asks twice gets one viewer
            return await self._opened(path, progress)

    async def _opened(self, path: Path, progress: Progress) -> str:
        known = self._children.get(path)
        if known is not None and known[0].returncode is None:
            return known[1]
        made = await self.toolchains.create(NAME, progress)
        if made.state != "ready":
            raise OutsideError(f"The toolchain “{NAME}” is {made.state}. {made.reason or ''}".strip())
        child, address = await start(str(made.python), path)
        self._children[path] = child, address
        return address

    async def close(self) -> None:
        """End all of them."""
        children, self._children = list(self._children.values()), {}
        await asyncio.gather(*(_end(child) for child, _address in children))


async def start(python: str, path: Path) -> tuple[asyncio.subprocess.Process, str]:
    """Start a viewer of a file and return it with its address."""
    child = await asyncio.create_subprocess_exec(
        python, "-I", "-c", _SERVE, str(path),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={each: os.environ[each] for each in _PASSED_ON if each in os.environ}, cwd=path.parent,
    )  # fmt: skip
    said: list[str] = []
    try:
        host, port = await asyncio.wait_for(_address(child, said.append), _PATIENCE)
    except BaseException as error:
        await _end(child)
        if isinstance(error, TimeoutError | ValueError):
            raise OutsideError(f"Netron could not show {path.name}.", details="".join(said)) from error
        raise
    return child, f"http://{host}:{port}"


async def _address(child: asyncio.subprocess.Process, hear: Callable[[str], object]) -> tuple[str, int]:
    """Wait until the child says where it listens; raises ValueError where it ends without."""
    assert child.stdout is not None
    async for row in child.stdout:
        hear(row.decode("utf-8", "replace"))
        with contextlib.suppress(json.JSONDecodeError):
            told: Any = json.loads(row)
            if isinstance(told, Mapping) and "netron" in told:
                host, port = told["netron"]
                return str(host), int(port)
    raise ValueError("it ended before it listened")


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    await end_child(child)
    if child.stdout is not None:
        await child.stdout.read()
