"""Netron is started as a child on loopback and ends with who started it; here a stand-in serves in its place."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from desktop_app.api import OutsideError, Progress
from desktop_app.services.exports import netron
from desktop_app.services.exports.netron import Netron
from desktop_app.services.toolchains import Toolchain, Toolchains

STAND_IN = """
import http.server, json, os, pathlib, sys, threading
content = pathlib.Path(sys.argv[1]).read_bytes()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("Serving", sys.argv[1])
print(json.dumps({"netron": list(server.server_address)}), flush=True)
sys.stdin.read()
os._exit(0)
"""


class Made:
    """Toolchains of which all are there, with this very Python."""

    def __init__(self, state: str = "ready") -> None:
        self.state = state

    async def create(self, name: str, _progress: Progress) -> Toolchain:
        """Return what is there."""
        state = cast("Any", self.state)
        return Toolchain(name, "ONNX", Path(sys.executable), "made", state, "It could not be made.")


@pytest.fixture
async def viewers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Netron]:
    monkeypatch.setattr(netron, "_SERVE", STAND_IN)
    made = Netron(cast("Toolchains", Made()))
    yield made
    await made.close()


def content(address: str) -> bytes:
    """Return what a browser would get."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        found: bytes = answer.read()
        return found


def quiet(_message: str, _part: float | None) -> None:
    """Take no notice of progress."""


async def test_a_file_is_served_on_loopback_once_and_no_longer_than_wanted(viewers: Netron, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"a model")
    address = await viewers.open(path, quiet)
    assert address.startswith("http://127.0.0.1:")
    assert await asyncio.to_thread(content, address) == b"a model"
    assert await viewers.open(path, quiet) == address
    (pid,) = viewers.pids
    await viewers.close()
    assert viewers.pids == ()
    assert not psutil.pid_exists(pid)


async def test_who_asks_twice_at_once_gets_one_viewer(viewers: Netron, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"a model")
    first, second = await asyncio.gather(viewers.open(path, quiet), viewers.open(path, quiet))
    assert first == second


async def test_what_can_not_be_shown_is_said(viewers: Netron, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"could not show gone\.onnx") as failed:
        await viewers.open(tmp_path / "gone.onnx", quiet)
    assert "FileNotFoundError" in failed.value.details
    with pytest.raises(OutsideError, match="could not be made"):
        await Netron(cast("Toolchains", Made("missing"))).open(tmp_path / "gone.onnx", quiet)
