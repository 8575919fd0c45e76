"""Names the wizard that a script is for, where it is sure that it is another than the one a person is in."""

from __future__ import annotations

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.kit.kinds import JobKind
from desktop_app.api.kit.said import warning
from desktop_app.api.scripts import ScriptScan

_TENSORFLOW = {"tensorflow", "keras"}
_STARTERS = {"ray", "horovod", "deepspeed", "mpi4py"}
"""What decides by itself who starts the ranks, whatever else a script imports."""
_ALONE = "else every process trains alone"


def other_wizard(scan: ScriptScan, kind: JobKind) -> Diagnostic | None:
    """Return a warning for a script that imports, unasked, what only another wizard starts; None where it fits."""
    mine, imports, has = set(kind.frameworks), set(scan.imports), set(scan.frameworks)
    if not mine or mine & imports & _STARTERS:
        return None
    if "ray" in imports:
        return _said("ray", "Ray", "Ray cluster", "else no cluster is there for it")
    if "horovod" in imports:
        of = "TensorFlow" if _uses_tensorflow(has) else "PyTorch"
        outcome = "which brings Horovod along" if kind.distribution == "mpi" else _ALONE
        return _said("horovod", "Horovod", f"Horovod with {of}", outcome)
    if "deepspeed" in imports:
        return _said("deepspeed", "DeepSpeed", "PyTorch with DeepSpeed", "which checks its configuration and its ranks")
    return _other_framework(mine, imports, has)


def _other_framework(mine: set[str], imports: set[str], has: set[str]) -> Diagnostic | None:
    if "pytorch" in mine and "tensorflow" in has and "pytorch" not in has and _TENSORFLOW & imports:
        return _said("tensorflow", "TensorFlow", "TensorFlow, a worker per node (MultiWorkerMirrored)", _ALONE)
    if "tensorflow" in mine and "pytorch" in has and "tensorflow" not in has and "torch" in imports:
        return _said("pytorch", "PyTorch", "PyTorch, a process per GPU", _ALONE)
    return None


def _uses_tensorflow(has: set[str]) -> bool:
    bound = {each for each in has if each.startswith("horovod-")}
    return "horovod-tensorflow" in bound if bound else "tensorflow" in has and "pytorch" not in has


def _said(name: str, title: str, wizard: str, outcome: str) -> Diagnostic:
    return warning(f"{name}-script", f"This script uses {title}: take the wizard “{wizard}”, {outcome}.", "script")
