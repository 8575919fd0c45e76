"""How a worker is held: its environment, its folder, and what the system keeps from it. Not a sandbox.

A model's code runs with the rights of its user. What is here keeps accidents small, secrets out of its environment and,
where the system allows it, the network away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.words import size_text

_STARTER = Path(__file__).resolve().parents[3] / "worker" / "held.py"
_KEPT = (
    "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME", "LD_LIBRARY_PATH", "OMP_NUM_THREADS",
    "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "CUDA_HOME", "CUDA_VISIBLE_DEVICES", "SYSTEMROOT", "COMSPEC", "PATHEXT",
    "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
)  # fmt: skip
_BACKENDS = {"keras-torch": "torch", "tensorflow": "tensorflow", "horovod-tensorflow": "tensorflow"}
MARK = "RANKZERO_WORKER"
"""Environment variable of a worker and of all that it starts: the worker's folder, by which they are found."""

_SPARE = 2 * 1024**3  # bytes of the disk that no single file of a worker may take
_LEAST = 1 * 1024**3


@dataclass(frozen=True, slots=True)
class Isolation:
    """`argv_prefix` stands before the interpreter; `facts` say in words what holds, and what does not."""

    argv_prefix: tuple[str, ...]
    environment: Mapping[str, str]
    facts: tuple[tuple[str, str], ...]
    network: bool


def hold(python: str, folder: Path, toolchain: str) -> Isolation:
    """Return how to start a toolchain's Python for work in `folder`, its own. Blocks for some milliseconds."""
    environment = environment_of(folder, toolchain)
    if sys.platform == "win32":
        return Isolation((), environment, _facts(network=True, largest=0, together=False), True)
    cut = _network_can_be_cut()
    largest = _largest(folder)
    options = ["--largest", str(largest), *([] if cut else ["--network"])]
    prefix = (sys.executable, "-I", "-S", os.fspath(_STARTER), *options, str(os.getpid()))
    together = sys.platform.startswith("linux")
    return Isolation(prefix, environment, _facts(network=not cut, largest=largest, together=together), not cut)


def environment_of(folder: Path, toolchain: str) -> dict[str, str]:
    """Return a worker's environment: what Python and its threads need, and folders of its own; no token, no proxy."""
    home = os.fspath(folder)
    own = {
        MARK: home,
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": home,
        "TEMP": home,
        "TMP": home,
        "XDG_CACHE_HOME": os.fspath(folder / "cache"),
        "XDG_CONFIG_HOME": os.fspath(folder / "config"),
        "XDG_DATA_HOME": os.fspath(folder / "data"),
        "PYTHONNOUSERSITE": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }
    if toolchain in _BACKENDS:
        own["KERAS_BACKEND"] = _BACKENDS[toolchain]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **own, **_caches()}


def _caches() -> dict[str, str]:
    """Return where the person keeps models that were fetched before; the tokens beside them stay out of sight."""
    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    hub = os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or cache / "huggingface") / "hub"
    places = {
        "HF_HUB_CACHE": Path(hub),
        "TORCH_HOME": Path(os.environ.get("TORCH_HOME") or cache / "torch"),
        "KERAS_HOME": Path(os.environ.get("KERAS_HOME") or home / ".keras"),
    }
    return {name: os.fspath(path) for name, path in places.items() if path.is_dir()}


def _network_can_be_cut() -> bool:
    asked = (sys.executable, "-I", "-S", os.fspath(_STARTER), "--probe")
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.stdout.strip() == "none"


def _largest(folder: Path) -> int:
    try:
        return max(shutil.disk_usage(folder).free - _SPARE, _LEAST)
    except OSError:
        return 0


def _facts(*, network: bool, largest: int, together: bool) -> tuple[tuple[str, str], ...]:
    limits = ["no core dump"]
    if largest:
        limits.append(f"no file larger than {size_text(largest)}")
    if together:
        limits.append("ends with this program, and is the first to go when memory runs out")
    cut = "none: cut off by the system"
    return (
        ("Environment", "none of your tokens, proxies and settings; a home and a temporary folder of its own"),
        ("Network", "not cut off: this system doesn't allow it" if network else cut),
        ("Limits", "; ".join(limits)),
        ("Files", "it may read and change what you may: this is not a sandbox, so export only what you trust"),
    )
