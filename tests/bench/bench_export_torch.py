"""How long PyTorch models take to be prepared and exported in one warm process, and what the judge says of each.

    python tests/bench/bench_export_torch.py FILE.py [FILE.py …]

Each file has a `build()` that returns (model, inputs). All of them go through the plugin's own tasks in the toolchain
pytorch, route after route as the program does it, and before the judge in the toolchain onnx. A line for each: seconds
of the preparation and of the export, the route, what was cured, the verdict, or why it was refused.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import ROOT, TOOLS
from tests.helpers.served_tasks import Served, served

TASKS = ROOT / "plugins/pytorch/worker_tasks.py"


def main() -> None:
    """Export all files that are named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    files = parser.parse_args().files
    tasks = contextmanager(served)(toolchain_or_skip("pytorch"), TASKS)
    tools = contextmanager(served)(toolchain_or_skip("onnx"), TOOLS / "worker_tasks.py")
    with tasks as torch_tasks, tools as judge, tempfile.TemporaryDirectory() as scratch:
        for number, file in enumerate(files):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            for line in exported(file.resolve(), folder, torch_tasks, judge):
                print(f"{file.stem:20} {line}", flush=True)


def exported(file: Path, folder: Path, tasks: Served, judge: Served) -> Iterator[str]:
    """Yield what became of a file, by each route that was tried."""
    model = {"kind": "python", "path": str(file), "callable": "build", "code": ""}
    request = {"id": f"e-{folder.name}", "model": model, "folder": str(folder), "weights": "", "inputs": []}
    request |= {"options": {}, "allowed": [], "scripts": []}
    started = time.perf_counter()
    prepared = tasks.call("prepare", request=request)
    took = time.perf_counter() - started
    if "error" in prepared:
        yield f"refused: {prepared['error']['message']}"
        return
    for route in prepared["routes"]:
        started = time.perf_counter()
        done = tasks.call("export_route", request=request, route=route["name"], prepared=prepared)
        seconds = f"{took:5.1f} s + {time.perf_counter() - started:5.1f} s  {route['name']:13}"
        if "error" in done:
            yield f"{seconds} refused: {done['error']['message']}"
            if done["error"]["final"]:
                return
            continue
        verdict = judged(folder, {**prepared, **done.get("prepared", {})}, done, judge)
        yield f"{seconds} {verdict['verdict']}: {verdict['reason']} {', '.join(done['cures'])}"
        if verdict["verdict"] != "fail":
            return


def judged(folder: Path, told: dict[str, Any], done: dict[str, Any], judge: Served) -> dict[str, Any]:
    """Return the judge's verdict, or its own failure as one."""
    asked = {name: told[name] for name in ("cases", "inputs", "outputs")}
    asked |= {"model": str(folder / done["path"]), "cases_folder": str(folder), "random": told["random"] or None}
    verdict = judge.call("judge", **asked)
    return {"verdict": "fail", "reason": verdict["error"]["message"]} if "error" in verdict else dict(verdict)


if __name__ == "__main__":
    main()
