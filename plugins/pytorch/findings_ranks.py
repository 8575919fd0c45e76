"""What a script does as one rank of many: shares of the data, averaged gradients, one saved model, its own GPU.

Source: PyTorch, "Getting started with DistributedDataParallel" and torch.utils.data.distributed documentation (2.13).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic
from desktop_app.api.kit import Script

from .findings import GROUP_LIBRARIES, info, warning

AVERAGING = frozenset(
    {"DistributedDataParallel", "DDP", "FullyShardedDataParallel", "FSDP", "fully_shard", "all_reduce"}
    | {"reduce_scatter", "all_gather", "replicate", "init_device_mesh", "DTensor", "parallelize_module"}
)
SHARING = frozenset(
    {"DistributedSampler", "IterableDataset", "split_dataset_by_node", "RandomSplitter", "DistributedBatchSampler"}
    | {"DistributedWeightedSampler", "StatefulDistributedSampler", "WebDataset", "Subset"}
)
_RANK_WORDS = (
    *("rank", "main_process", "is_main", "is_master", "primary", "master", "chief", "global_zero", "is_first"),
    *("gpu_id", "device_id", "proc_id", "procid", "process_index"),
)
_DEPTH = 3


def find(script: Script) -> Iterator[Diagnostic]:
    """Findings for scripts that make a process group themselves; libraries that do it know their business."""
    if "DataParallel" in script.words:
        yield from _data_parallel(script)
    if script.modules & GROUP_LIBRARIES or "init_rpc" in script.words or not script.calls_of("init_process_group"):
        return
    yield from _averaging(script)
    yield from _shares(script)
    yield from _saves(script)
    yield from _devices(script)
    if "destroy_process_group" not in script.words:
        line = script.calls_of("init_process_group")[0].lineno
        yield info(
            "group-not-destroyed",
            "End with torch.distributed.destroy_process_group(), or PyTorch warns of leaked resources.",
            line,
        )


def _data_parallel(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of("DataParallel"):
        message = (
            "DataParallel uses all GPUs from one process: use DistributedDataParallel with a process per GPU instead."
        )
        yield warning("data-parallel", message, call.lineno)


def _averaging(script: Script) -> Iterator[Diagnostic]:
    trains_here = "backward" in script.words
    if trains_here and not script.words & AVERAGING:
        line = script.calls_of("init_process_group")[0].lineno
        message = (
            "Nothing averages the gradients, so every rank trains its own model: wrap it in DistributedDataParallel."
        )
        yield warning("gradients-not-averaged", message, line)


def _shares(script: Script) -> Iterator[Diagnostic]:
    loaders = script.calls_of("DataLoader")
    trains_here = "backward" in script.words
    if loaders and trains_here and not script.words & SHARING and not any(_has_sampler(each) for each in loaders):
        message = "Every rank reads all of the data: give the DataLoader a DistributedSampler."
        yield warning("sampler-missing", message, loaders[0].lineno)
    samplers = [each for each in script.calls_of("DistributedSampler") if not _is_for_evaluation(each, script)]
    shuffled = [each for each in samplers if not _is_unshuffled(each, script)]
    if shuffled and "set_epoch" not in script.words:
        message = "Without sampler.set_epoch(epoch) every epoch comes in the same order: call it before each epoch."
        yield warning("set-epoch-missing", message, shuffled[0].lineno)


def _is_for_evaluation(sampler: ast.Call, script: Script) -> bool:
    """Whether a sampler is, by the names of its data or its own, for evaluation, where the order does not matter."""
    names = [ast.unparse(each) for each in sampler.args[:1]]
    parent = script.parents.get(sampler)
    names += [ast.unparse(each) for each in parent.targets] if isinstance(parent, ast.Assign) else []
    return any(word in name.lower() for name in names for word in ("eval", "test", "valid", "val_"))


def _has_sampler(loader: ast.Call) -> bool:
    return any(
        each.arg in {None, "sampler", "batch_sampler"} and not (isinstance(each.value, ast.Constant))
        for each in loader.keywords
    )


def _is_unshuffled(sampler: ast.Call, script: Script) -> bool:
    return any(each.arg == "shuffle" and script.literal(each.value) is False for each in sampler.keywords)


def _saves(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of("save"):
        if script.name_of(call.func) not in {"torch.save", "torch.jit.save"}:
            continue
        names_rank = len(call.args) > 1 and _mentions_rank(call.args[1])
        if not names_rank and not _is_guarded(call, script, _DEPTH):
            message = (
                "Every rank writes this file at once and may spoil it: save on rank 0 only (if dist.get_rank() == 0)."
            )
            yield warning("saves-on-every-rank", message, call.lineno)


def _is_guarded(node: ast.AST, script: Script, depth: int) -> bool:
    """Whether a node runs on chosen ranks alone, as far as its file shows; unknown callers count as choosing."""
    child = node
    while child in script.parents:
        parent = script.parents[child]
        if isinstance(parent, ast.If | ast.IfExp | ast.BoolOp) and _mentions_rank(_test(parent)):
            return True
        if _leaves_before(parent, child):
            return True
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
            return _callers_guard(parent, script, depth)
        child = parent
    return False


def _test(node: ast.If | ast.IfExp | ast.BoolOp) -> ast.AST:
    return node.values[0] if isinstance(node, ast.BoolOp) else node.test


def _leaves_before(parent: ast.AST, child: ast.AST) -> bool:
    body = getattr(parent, "body", None)
    if not isinstance(body, list) or child not in body:
        return False
    earlier = body[: body.index(child)]
    return any(
        isinstance(each, ast.If)
        and _mentions_rank(each.test)
        and isinstance(each.body[-1], ast.Return | ast.Continue | ast.Raise)
        for each in earlier
    )


def _callers_guard(function: ast.FunctionDef | ast.AsyncFunctionDef, script: Script, depth: int) -> bool:
    if any(_mentions_rank(each) for each in function.decorator_list):
        return True
    calls = [each for each in script.calls_of(function.name) if script.name_of(each.func) in _names_of(function)]
    if not calls:
        return function.name not in {"main", "train", "run", "worker", "main_worker"}
    return depth > 0 and all(_is_guarded(each, script, depth - 1) for each in calls)


def _names_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return what a function of this file is called by: its name, or as a method."""
    return {function.name, f"self.{function.name}", f"cls.{function.name}"}


def _mentions_rank(node: ast.AST) -> bool:
    for each in ast.walk(node):
        word = each.id if isinstance(each, ast.Name) else each.attr if isinstance(each, ast.Attribute) else ""
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            word = each.value
        if any(part in word.lower() for part in _RANK_WORDS):
            return True
    return False


def _devices(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of("set_device", "DistributedDataParallel", "cuda"):
        chosen = [each for each in (_device_of(call, script)) if _is_global_rank(each, script)]
        if chosen:
            message = "This picks the GPU by the global rank, which no second node has: pick it by LOCAL_RANK."
            yield warning("device-by-global-rank", message, call.lineno)


def _device_of(call: ast.Call, script: Script) -> list[ast.expr]:
    for each in call.keywords:
        if each.arg == "device_ids" and isinstance(each.value, ast.List):
            return each.value.elts
    is_ddp = script.name_of(call.func).endswith("DistributedDataParallel")
    return [] if is_ddp else call.args[:1]


def _is_global_rank(node: ast.expr, script: Script) -> bool:
    value = script.constants.get(node.id) if isinstance(node, ast.Name) else node
    if isinstance(value, ast.Call) and script.name_of(value.func) == "int" and value.args:
        value = value.args[0]
    if isinstance(value, ast.Call):
        name = script.name_of(value.func)
        return name.endswith(".get_rank") or (name in {"os.getenv", "os.environ.get"} and _is_rank_key(value.args))
    return (
        isinstance(value, ast.Subscript) and script.name_of(value.value) == "os.environ" and _is_rank_key([value.slice])
    )


def _is_rank_key(keys: list[ast.expr]) -> bool:
    return bool(keys) and isinstance(keys[0], ast.Constant) and keys[0].value == "RANK"
