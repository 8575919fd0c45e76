"""Start-up: from process start to first paint, as a ratio to an empty QMainWindow.

Run `python tests/bench/bench_startup.py`.
Needs a display (or QT_QPA_PLATFORM=offscreen). Both programs are started in turn; the medians are compared.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1.5
FORBIDDEN = ("torch", "tensorflow", "onnx", "azure", "numpy", "pyqtgraph", "mlflow", "horovod")

EMPTY = """
import sys, time
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow
class Painted(QObject):
    done = False
    def eventFilter(self, watched, event):
        self.done = self.done or event.type() == QEvent.Type.Paint
        return False
app = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
painted = Painted()
window.installEventFilter(painted)
window.show()
while not painted.done:
    app.processEvents()
print(time.time(), "[]")
sys.stdout.flush()
import os; os._exit(0)
"""

OURS = """
import json, os, sys, time
from desktop_app.app import first_paint
app, window = first_paint(sys.argv[1], print)
print(time.time(), json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
sys.stdout.flush()
os._exit(0)
"""


def first_paint(program: str, home: str) -> tuple[float, float, list[str]]:
    """Return seconds from starting a process to its first paint, its CPU seconds, and the packages it then holds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", program, home], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "RANKZERO_CACHE": f"{home}/cache"},
    )  # fmt: skip
    at, _, modules = done.stdout.strip().partition(" ")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(at) - started, cpu, json.loads(modules)


def measure(rounds: int = 15) -> dict[str, object]:
    """Return the medians in milliseconds, their ratio, and what was imported that should not be."""
    with tempfile.TemporaryDirectory() as home:
        first_paint(EMPTY, home)
        *_, modules = first_paint(OURS, home)  # draws arrows and icons, which every start but the very first finds
        rows = [(*first_paint(EMPTY, home)[:2], *first_paint(OURS, home)[:2]) for _ in range(rounds)]
    empty, empty_cpu, ours, ours_cpu = (statistics.median(each) * 1000 for each in zip(*rows, strict=True))
    return {
        "empty_ms": round(empty, 1),
        "window_ms": round(ours, 1),
        "ratio": round(ours / empty, 3),
        "cpu_ratio": round(ours_cpu / empty_cpu, 3),
        "limit": LIMIT,
        "forbidden": [name for name in FORBIDDEN if name in modules],
    }


if __name__ == "__main__":
    result = measure()
    print(json.dumps(result, indent=2))
    sys.exit(0 if float(str(result["ratio"])) <= LIMIT and not result["forbidden"] else 1)
