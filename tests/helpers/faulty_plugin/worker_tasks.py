"""Exports y = 2 x. The options `prepare` and `route` name what goes wrong on the way; `mark` is a file it may write."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from rankzero_kit.cases import write_case
from rankzero_kit.errors import TaskError

Report = Callable[..., None]
SPEC: dict[str, Any] = {"name": "x", "dtype": "float32", "shape": ["batch", 3]}


def prepare(*, request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Write three cases."""
    report("Loading", 0.5)
    go_wrong(request, "prepare")
    folder = Path(request["folder"])
    cases = [_case(folder, number, batch) for number, batch in enumerate((2, 3, 2))]
    routes = [{"name": "double", "title": "Double", "function": "export_route"}]
    return {
        "inputs": [{**SPEC, "origin": "given"}], "outputs": [{**SPEC, "name": "y"}], "cases": cases, "routes": routes,
        "trace": None, "bench": None, "parameters": 0, "notes": [],
    }  # fmt: skip


def export_route(*, request: dict[str, Any], route: str, prepared: dict[str, Any], report: Report) -> dict[str, Any]:
    """Write the model."""
    report("Exporting", None)
    go_wrong(request, "route")
    helper = onnx.helper
    ends = [helper.make_tensor_value_info(name, 1, ["batch", 3]) for name in ("x", "y")]
    node = helper.make_node("Add", ["x", "x"], ["y"], "double")
    graph = helper.make_graph([node], "double", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path = Path(request["folder"]) / "double.onnx"
    onnx.save(model, path)
    if request["options"].get("pad"):
        with path.open("ab") as file:  # an unknown field of a protobuf is skipped by whoever reads it
            data = bytes(int(request["options"]["pad"]))
            file.write(b"\xa2\x06" + _varint(len(data)) + data)
    return {"path": path.name, "cures": [], "notes": [], "opset": 18}


def go_wrong(request: dict[str, Any], stage: str) -> None:
    """Do what the options say of a stage."""
    fault = request["options"].get(stage)
    if fault:
        FAULTS[str(fault)](request)


def _case(folder: Path, number: int, batch: int) -> dict[str, Any]:
    x = np.random.default_rng(number).standard_normal((batch, 3)).astype("float32")
    write_case(folder / f"cases/{number}.npz", {"x": x}, {"y": 2 * x}, {"y": 2 * x.astype("float64")})
    return {"file": f"cases/{number}.npz", "sizes": {"batch": batch}, "origin": "drawn"}


def _varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def _raise(_: dict[str, Any]) -> None:
    raise ValueError("the layers don't fit")


def _say(_: dict[str, Any]) -> None:
    raise TaskError("The class Net isn't in m.py.", "Did you mean Network?")


def _leave(_: dict[str, Any]) -> None:
    sys.exit(3)


def _leave_hard(_: dict[str, Any]) -> None:
    os._exit(0)


def _kill(_: dict[str, Any]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _crash(_: dict[str, Any]) -> None:
    os.abort()


def _loop(request: dict[str, Any]) -> None:
    Path(request["options"].get("mark", os.devnull)).write_text("looping")
    while True:
        pass


def _memory(_: dict[str, Any]) -> None:
    held = []
    while True:
        held.append(bytearray(8 << 20))


def _print(_: dict[str, Any]) -> None:
    print('{"result": "printed"}', flush=True)
    os.write(1, b'{"error": {"message": "written"}}\n')
    subprocess.run(["echo", '{"result": "echoed"}'], check=True)
    print("x" * 1_000_000)


def _ask(_: dict[str, Any]) -> None:
    input("Which one? ")


def _fork(request: dict[str, Any]) -> None:
    """Leave a child that stays: in a session of its own, with the streams of this one."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    Path(request["options"]["mark"]).write_text(str(child.pid))


def _move(_: dict[str, Any]) -> None:
    os.chdir("/")
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def _delete(request: dict[str, Any]) -> None:
    shutil.rmtree(request["folder"])


def _fill(request: dict[str, Any]) -> None:
    with (Path(request["folder"]) / "large").open("wb") as file:
        while True:
            file.write(bytes(1 << 20))


def _thread(_: dict[str, Any]) -> None:
    import threading

    threading.Thread(target=_loop, args=({"options": {}},), daemon=False).start()


def _deep(request: dict[str, Any]) -> None:
    _deep(request)


FAULTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "raise": _raise, "say": _say, "exit": _leave, "exit-hard": _leave_hard, "kill": _kill, "crash": _crash,
    "loop": _loop, "memory": _memory, "print": _print, "ask": _ask, "fork": _fork, "move": _move, "delete": _delete,
    "fill": _fill, "thread": _thread, "deep": _deep,
}  # fmt: skip
