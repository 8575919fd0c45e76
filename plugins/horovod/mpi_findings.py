"""What a script that speaks MPI by mpi4py does on all of its ranks that one should do.

Source: MPI for Python 4.1, "Tutorial" and "mpi4py.run"; the texts of failures were brought about with Open MPI 4.1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic
from desktop_app.api.kit import Script, info, warning

from .guards import is_on_chosen_ranks

_WRITERS = frozenset({
    "numpy.save", "numpy.savez", "numpy.savez_compressed", "numpy.savetxt", "pickle.dump", "joblib.dump",
    "torch.save", "json.dump",
})  # fmt: skip
EXCEPTION_WAITS = "mpi-exception-waits"


def without_module(script: Script) -> dict[str, Diagnostic]:
    """Return what is to be said where a command starts a script otherwise than by `python -m mpi4py`."""
    speaks = "mpi4py" in script.required_modules and "MPI" in script.words
    if not speaks or ends_all(script) or any(name.startswith("mpi4py.futures") for name in script.imported):
        return {}
    message = (
        "An exception on one rank leaves all others waiting for it, and the job never ends: start the script with "
        "python -m mpi4py, or call MPI.COMM_WORLD.Abort() in a sys.excepthook."
    )
    return {"mpi4py": warning(EXCEPTION_WAITS, message, line=script.import_line("mpi4py"))}


def ends_all(script: Script) -> bool:
    """Whether a script sees to it itself that a failure ends all ranks."""
    return bool(script.words & {"excepthook", "Abort"})


def find(script: Script) -> Iterator[Diagnostic]:
    """Yield what is worth saying of a script that imports mpi4py."""
    if "COMM_WORLD" not in script.words:
        return
    for call in script.calls_of(*(each.rpartition(".")[2] for each in _WRITERS)):
        if script.name_of(call.func) in _WRITERS and not is_on_chosen_ranks(call, script):
            message = "Every rank writes this: save on rank 0 only, or give each rank a file of its own name."
            yield info("mpi-saves-on-every-rank", message, line=call.lineno)
            break
    groups = script.calls_of("init_process_group")
    for call in groups:
        if any(_is_mpi_backend(each) for each in (*call.args[:1], *(word.value for word in call.keywords))):
            message = "PyTorch's wheels have no MPI in them: take the backend gloo, or nccl on GPUs."
            yield warning("torch-without-mpi", message, line=call.lineno)


def _is_mpi_backend(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "mpi"
