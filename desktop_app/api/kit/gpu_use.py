"""Whether a script takes a GPU without asking if there is one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.kit.said import warning
from desktop_app.api.kit.script_tree import Script
from desktop_app.api.kit.variable_use import is_in_branch

NEEDS_GPU = "needs-gpu"
"""The code of the finding; the program shows it only where there are fewer GPUs than processes of a node."""
_ASKING = frozenset({"is_available", "device_count", "is_gpu_available", "is_built_with_cuda", "current_accelerator"})


def gpu_findings(script: Script) -> Iterator[Diagnostic]:
    """Say where a script takes a GPU; nothing where it asks for one anywhere, or takes it in a branch alone."""
    if script.words & _ASKING:
        return
    taken = min(_takes(script), key=lambda each: (each[0].lineno, each[0].col_offset), default=None)
    if taken is not None:
        node, words = taken
        message = (
            f"{words} takes a GPU without asking whether there is one: take the CPU where there is none, by "
            f"{'tf.config.list_physical_devices' if 'tensorflow' in script.modules else 'torch.cuda.is_available()'}."
        )
        yield warning(NEEDS_GPU, message, line=node.lineno)


def _takes(script: Script) -> Iterator[tuple[ast.expr, str]]:
    for call in script.calls_of("set_device", "cuda", "device", "to"):
        words = _taken_by(call, script)
        if words and not is_in_branch(call, script):
            yield call, words
    for each in script.subscripts:
        if _is_gpu_list(each.value, script) and not is_in_branch(each, script):
            yield each, f"{ast.unparse(each)}"


def _taken_by(call: ast.Call, script: Script) -> str:
    name = script.name_of(call.func)
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
    if name.endswith("cuda.set_device"):
        return "torch.cuda.set_device"
    if last == "cuda" and isinstance(call.func, ast.Attribute) and name != "torch.cuda":
        return ".cuda()"
    if (name == "torch.device" or last == "to") and call.args and _is_cuda(call.args[0], script):
        return f'{"torch.device" if last == "device" else ".to"}("cuda")'
    return ""


def _is_cuda(node: ast.expr, script: Script) -> bool:
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    value = script.literal(node)
    return isinstance(value, str) and (value == "cuda" or value.startswith("cuda:"))


def _is_gpu_list(node: ast.expr, script: Script) -> bool:
    """Whether an expression is what TensorFlow lists as this machine's GPUs."""
    value = script.constants.get(node.id) if isinstance(node, ast.Name) else node
    if not isinstance(value, ast.Call) or not script.name_of(value.func).endswith("list_physical_devices"):
        return False
    kinds = [*value.args, *(each.value for each in value.keywords if each.arg == "device_type")]
    return any(script.literal(each) == "GPU" for each in kinds)
