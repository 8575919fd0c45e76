"""What a Horovod script lacks of the four parts that every one has, and what else keeps its ranks from training as one.

Sources: Horovod 0.28.1, "Overview", "Horovod with PyTorch", "… TensorFlow", "… Keras" and "Troubleshooting";
horovod/horovod#4290 for Keras 3. Each failure was brought about with Horovod 0.28.1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic
from desktop_app.api.kit import Script, info, warning

from .guards import conditions, is_on_chosen_ranks, scope
from .horovod_init import init_findings

BROADCASTS = frozenset({
    "broadcast_parameters", "broadcast_variables", "broadcast_global_variables", "BroadcastGlobalVariablesCallback",
    "BroadcastGlobalVariablesHook", "broadcast", "broadcast_", "broadcast_object", "TorchState", "KerasState",
    "TensorFlowKerasState", "TensorFlowState", "ObjectState",
})  # fmt: skip
AVERAGING = frozenset({
    "DistributedOptimizer", "DistributedGradientTape", "PartialDistributedGradientTape", "PartialDistributedOptimizer",
    "create_distributed_optimizer", "DistributedAdasumOptimizer", "allreduce", "allreduce_", "allreduce_async",
    "allreduce_async_", "grouped_allreduce", "grouped_allreduce_", "load_model", "DistributedTrainer",
})  # fmt: skip
SHARING = frozenset({
    "DistributedSampler", "IterableDataset", "split_dataset_by_node", "Subset", "random_split", "WebDataset", "shard",
    "ElasticSampler", "make_petastorm_dataset", "make_batch_reader", "InputContext",
})  # fmt: skip
OWNERS = frozenset({"pytorch_lightning", "lightning", "ignite", "composer", "byteps", "transformers", "accelerate"})
"""Libraries that call Horovod themselves."""
_TRAINING = frozenset({"backward", "GradientTape", "fit", "fit_generator", "minimize", "MonitoredTrainingSession"})
_LIBRARIES = ("torch.", "tensorflow.", "keras.", "tf_keras.", "horovod.")
_SAVERS = frozenset({"save", "save_weights", "save_model", "export", "ModelCheckpoint"})
_CUDA = frozenset({"cuda", "cuda:0"})


def find(script: Script) -> Iterator[Diagnostic]:
    """Yield what is worth saying of a script that needs Horovod; of one that can do without, nothing is sure."""
    if "horovod" not in script.required_modules or script.modules & OWNERS or _is_of_cluster(script):
        return
    inits = calls(script, "init")
    trains, is_program = _trains(script), _is_program(script)
    yield from init_findings(script, inits, is_program, trains)
    if (inits or is_program) and trains:
        yield from _parts(script, inits)
        yield from _data(script)
        yield from _gpu(script)
        yield from _learning_rate(script)
    yield from _saves(script)
    yield from _two_groups(script, inits)
    yield from _keras3(script)


def calls(script: Script, *names: str) -> list[ast.Call]:
    """Return the calls of Horovod's own functions of these names."""
    return [each for each in script.calls_of(*names) if script.name_of(each.func).startswith("horovod.")]


def _is_program(script: Script) -> bool:
    """Whether a file is what a job starts; of a module of it, others may do the missing part."""
    if any(text == "__main__" for text, _ in script.texts):
        return True
    wrapping = calls(script, "DistributedOptimizer", "DistributedGradientTape")
    return any(scope(each, script) is None for each in (*script.calls_of(*_TRAINING), *wrapping))


def _trains(script: Script) -> bool:
    """Whether a file trains by itself: a `fit` without Keras's compile is some library's, which knows its business."""
    words = script.words & _TRAINING
    if script.required_modules and calls(script, "DistributedOptimizer") and "fit" not in words:
        return True
    return bool(words - {"fit", "fit_generator"} or (words and "compile" in script.words))


def _is_handed_on(script: Script) -> bool:
    """Whether the module horovod itself is an argument of a call: what is called does the rest with it."""
    for call in (each for each in script.parents if isinstance(each, ast.Call)):
        for given in (*call.args, *(each.value for each in call.keywords)):
            options = (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)
            if any(isinstance(each, ast.Name) and script.name_of(each).startswith("horovod.") for each in options):
                return True
    return False


def _makes_optimizer_elsewhere(script: Script) -> bool:
    """Whether a function of another file, by its name, makes the optimizer: it may wrap it too."""
    return any(
        "optim" in name.rpartition(".")[2].lower() and not name.startswith(_LIBRARIES) and "." in name
        for each in script.parents
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
        for name in (script.name_of(each.func),)
    )


def _is_of_cluster(script: Script) -> bool:
    return any(name.startswith(("horovod.spark", "horovod.ray", "horovod.runner")) for name in script.imported)


def _binding(script: Script) -> str:
    return "torch" if any(name.startswith("horovod.torch") for name in script.imported) else "tensorflow"


def _parts(script: Script, inits: list[ast.Call]) -> Iterator[Diagnostic]:
    line = inits[0].lineno if inits else script.import_line("horovod")
    is_torch = _binding(script) == "torch"
    is_handed_on = _is_handed_on(script)
    if not script.words & BROADCASTS and not is_handed_on:
        start = "hvd.broadcast_parameters(model.state_dict(), root_rank=0)" if is_torch else _broadcast_of_keras(script)
        message = f"Nothing makes the ranks begin with the same weights: add {start}."
        yield warning("hvd-broadcast-missing", message, line=line)
    if not script.words & AVERAGING and not is_handed_on and not _makes_optimizer_elsewhere(script):
        wrapped = "hvd.DistributedOptimizer(optimizer, named_parameters=model.named_parameters())"
        wrapped = wrapped if is_torch else _averaging_of_keras(script)
        message = f"Nothing averages the gradients, so every rank trains a model of its own: add {wrapped}."
        yield warning("hvd-averaging-missing", message, line=line)
    loads = any("optim" in script.name_of(each.func).lower() for each in script.calls_of("load_state_dict"))
    if (
        is_torch
        and loads
        and "broadcast_parameters" in script.words
        and "broadcast_optimizer_state" not in script.words
    ):
        message = (
            "A checkpoint is loaded, yet the optimizer's state stays each rank's own: add "
            "hvd.broadcast_optimizer_state(optimizer, root_rank=0), unless every rank loads it."
        )
        yield info("hvd-optimizer-state", message, line=calls(script, "broadcast_parameters")[0].lineno)


def _broadcast_of_keras(script: Script) -> str:
    if "GradientTape" in script.words:
        return "hvd.broadcast_variables(model.variables, root_rank=0), and the optimizer's, after the first step"
    return "hvd.callbacks.BroadcastGlobalVariablesCallback(0) to the callbacks of fit"


def _averaging_of_keras(script: Script) -> str:
    if "GradientTape" in script.words:
        return "tape = hvd.DistributedGradientTape(tape) before tape.gradient(…)"
    return "optimizer = hvd.DistributedOptimizer(optimizer) before compile"


def _data(script: Script) -> Iterator[Diagnostic]:
    if script.words & SHARING:
        return
    loaders = [each for each in script.calls_of("DataLoader") if not _has_sampler(each)]
    if loaders and len(loaders) == len(script.calls_of("DataLoader")):
        message = (
            "Every rank reads all of the data: give the DataLoader a "
            "DistributedSampler(data, num_replicas=hvd.size(), rank=hvd.rank())."
        )
        yield warning("data-not-shared", message, line=loaders[0].lineno)
    made = script.calls_of("from_tensor_slices", "image_dataset_from_directory", "TFRecordDataset")
    if made and not calls(script, "size"):
        message = "Every rank reads all of the data: add .shard(hvd.size(), hvd.rank()) to the dataset."
        yield warning("data-not-shared", message, line=made[0].lineno)


def _has_sampler(loader: ast.Call) -> bool:
    return any(each.arg in {None, "sampler", "batch_sampler"} for each in loader.keywords) or bool(
        len(loader.args) > 3 or any(isinstance(each, ast.Starred) for each in loader.args)
    )


def _gpu(script: Script) -> Iterator[Diagnostic]:
    """Warn where GPUs are used and none is chosen by the local rank: all ranks of a node would take the first."""
    texts = {text for text, _ in script.texts}
    if "local_rank" in script.words or any("LOCAL_RANK" in each or each == "CUDA_VISIBLE_DEVICES" for each in texts):
        return
    if _binding(script) == "torch":
        used = [*(call.lineno for call in script.calls_of("cuda"))]
        used += [line for text, line in script.texts if text in _CUDA]
        advice = "torch.cuda.set_device(hvd.local_rank())"
    else:
        used = [call.lineno for call in script.calls_of("list_physical_devices", "set_visible_devices", "ConfigProto")]
        advice = "tf.config.set_visible_devices(gpus[hvd.local_rank()], 'GPU')"
    if used:
        message = f"All ranks of a node would use its first GPU: add {advice} after hvd.init()."
        yield warning("gpu-not-pinned", message, line=min(used))


def _learning_rate(script: Script) -> Iterator[Diagnostic]:
    sizes = calls(script, "size")
    scaled = any(_is_reckoned_with(each, script) for each in sizes)
    made = calls(script, "DistributedOptimizer", "DistributedGradientTape")
    if made and not scaled and "Adasum" not in script.words and "LearningRateWarmupCallback" not in script.words:
        message = (
            "A step averages the batches of all ranks, so the learning rate is often multiplied by hvd.size(): try it."
        )
        yield info("learning-rate-not-scaled", message, line=made[0].lineno)


def _is_reckoned_with(size: ast.Call, script: Script) -> bool:
    """Whether the number of ranks goes into a product, or into a name that some product may hold."""
    parent = script.parents.get(size)
    return isinstance(parent, ast.BinOp | ast.AugAssign | ast.Assign | ast.IfExp)


def _saves(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of(*_SAVERS):
        if _writes_model(call, script) and not is_on_chosen_ranks(call, script):
            message = "Every rank writes this file at once and may spoil it: save on rank 0 only (if hvd.rank() == 0:)."
            yield warning("hvd-saves-on-every-rank", message, line=call.lineno)


def _writes_model(call: ast.Call, script: Script) -> bool:
    """Whether a call surely writes a model to one and the same place on every rank."""
    name = script.name_of(call.func)
    place = call.args[-1] if call.args else next((each.value for each in call.keywords if each.arg == "filepath"), None)
    is_fixed = isinstance(script.literal(place), str) if place is not None else False
    if name in {"torch.save", "torch.jit.save"}:
        return len(call.args) > 1 and isinstance(script.literal(call.args[1]), str)
    if name.endswith("ModelCheckpoint"):
        first = call.args[0] if call.args else place
        return isinstance(script.literal(first), str)
    owner = name.rpartition(".")[0].lower()
    return is_fixed and owner.endswith(("model", "network", "net", "saved_model", "checkpoint", "ckpt"))


def _two_groups(script: Script, inits: list[ast.Call]) -> Iterator[Diagnostic]:
    groups = script.calls_of("init_process_group")
    sure = [each for each in groups if not conditions(each, script)]
    if sure and inits and not any(conditions(each, script) for each in inits):
        message = (
            "Both Horovod and torch.distributed are started: mpirun sets no RANK, WORLD_SIZE and MASTER_ADDR, so "
            "init_process_group fails. Keep one of them."
        )
        yield warning("two-process-groups", message, line=sure[0].lineno)


def _keras3(script: Script) -> Iterator[Diagnostic]:
    texts = {text for text, _ in script.texts}
    uses_keras = "keras" in script.modules or "keras" in script.words
    if not uses_keras or "tf_keras" in script.modules or "TF_USE_LEGACY_KERAS" in texts:
        return
    for call in calls(script, "DistributedOptimizer"):
        if "torch" not in script.name_of(call.func) and not _has_tf1_optimizer(script):
            message = (
                "With Keras 3, which TensorFlow has since 2.16, hvd.DistributedOptimizer averages nothing and says "
                "nothing (horovod#4290): wrap the tape in hvd.DistributedGradientTape, or use tf_keras with "
                "TF_USE_LEGACY_KERAS=1, as Azure's tensorflow-2.16-cuda12 does."
            )
            yield warning("keras3-distributed-optimizer", message, line=call.lineno)
            return


def _has_tf1_optimizer(script: Script) -> bool:
    """Whether the only optimizers that a script makes are those of tf.train, of which Keras knows nothing."""
    made = (script.name_of(each.func) for each in script.parents if isinstance(each, ast.Call))
    return "optimizers" not in script.words and any(
        name.startswith("tensorflow.") and ".train." in name and name.endswith("Optimizer") for name in made
    )
