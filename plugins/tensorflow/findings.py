"""What a TensorFlow script does about its strategy, Keras, and the ways of TensorFlow 1. Only what is sure is said.

Sources: TensorFlow 2.21 (each failure was brought about with it); keras-team/keras#20585; TensorFlow, "Multi-worker
training with Keras" and "Custom training loop"; release notes of 2.16 for tf.estimator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic
from desktop_app.api.kit import Script, info, warning

from .strategies import (
    ALONE,
    CODES,
    MIRRORED,
    OF_ONE_MACHINE,
    SERVED,
    Strategy,
    attributes,
    function_around,
    is_conditional,
    strategies,
)

LEGACY = "TF_USE_LEGACY_KERAS"
_V1_SESSIONS = frozenset({
    "Session", "InteractiveSession", "train.MonitoredTrainingSession", "train.replica_device_setter",
    "train.SyncReplicasOptimizer", "train.Supervisor",
})  # fmt: skip
_OTHER_WAYS = frozenset({"horovod", "byteps", "kungfu"})
"""Libraries that train on many processes with TensorFlow 1's sessions too, without tf.distribute."""
_V1_REMOVED = frozenset(
    {"placeholder", "app.flags", "app.run", "global_variables_initializer", "get_variable", "contrib"}
)
_STARTING = frozenset({
    "constant", "Variable", "zeros", "ones", "convert_to_tensor", "range", "cast", "fill", "eye", "linspace",
    "random.uniform", "random.normal", "config.list_logical_devices", "summary.create_file_writer",
    "data.Dataset.range", "data.Dataset.from_tensor_slices", "data.Dataset.from_tensors",
    "keras.optimizers.Adam", "keras.optimizers.SGD", "keras.metrics.Mean",
})  # fmt: skip
_FIT_WORDS = frozenset({"epochs", "validation_data", "steps_per_epoch", "callbacks", "batch_size", "validation_split"})
_SAVERS = frozenset({"save", "save_weights", "export"})
_ENTRANCES = frozenset({"main", "train", "run"})


def find(script: Script) -> Iterator[Diagnostic]:
    """Yield what is worth saying of a script that imports TensorFlow."""
    made = strategies(script)
    for each in made:
        yield from _of_strategy(each, script)
    shared = next((each for each in made if each.name in {MIRRORED, SERVED}), None)
    if shared is not None:
        yield from _keras_fit(script, shared)
        yield from _saves(script, shared)
    mirrored = next((each for each in made if each.name == MIRRORED), None)
    if mirrored is not None:
        yield from _started_before(script, mirrored)
        yield from _batches(script)
    yield from _gone(script)


def on_several_nodes(script: Script) -> Iterator[Diagnostic]:
    """Say of a strategy that knows one machine what it means where a job has more; nothing where another may be made.

    Horovod joins machines by itself.
    """
    made = strategies(script)
    if not made or script.modules & _OTHER_WAYS or any(each.name not in OF_ONE_MACHINE for each in made):
        return
    if not is_conditional(made[0].call, script):
        message = (
            f"{made[0].name} covers one machine alone, and the job has several nodes: each would train a model of its "
            f"own, on all the data. Take tf.distribute.{MIRRORED}, or one node."
        )
        yield warning(ALONE, message, line=made[0].call.lineno)


def joins_nodes(script: Script) -> bool:
    """Whether a script makes a strategy of many machines."""
    return any(each.name in {MIRRORED, SERVED} for each in strategies(script))


def _of_strategy(strategy: Strategy, script: Script) -> Iterator[Diagnostic]:
    line = strategy.call.lineno
    if strategy.name in {MIRRORED, SERVED}:
        yield info(
            CODES[strategy.name], f"The script trains with {strategy.name}, on the tasks of TF_CONFIG.", line=line
        )
    else:
        message = f"{strategy.name} knows the devices of one node alone: on more nodes take {MIRRORED}."
        yield info(CODES[strategy.name], message, line=line)
    if strategy.is_renamed:
        today = f"tf.distribute.{strategy.name}"
        yield warning("strategy-renamed", f"{_short(strategy.written)} is an old name: write {today}.", line=line)


def _short(name: str) -> str:
    return f"tf.{name.removeprefix('tensorflow.')}"


def _keras_fit(script: Script, strategy: Strategy) -> Iterator[Diagnostic]:
    """Say that fit fails under the strategy, unless the script takes care to have Keras 2."""
    if "tf_keras" in script.modules or any(text == LEGACY for text, _ in script.texts):
        return
    compiled = any(_is_keras_compile(each, script) for each in script.calls_of("compile"))
    for call in script.calls_of("fit"):
        if compiled and isinstance(call.func, ast.Attribute) and _FIT_WORDS & {each.arg for each in call.keywords}:
            message = (
                f"fit of Keras 3 fails under {strategy.name}: write the loop yourself, or install tf_keras and set "
                f"{LEGACY}=1 before TensorFlow is imported (Azure ML's TensorFlow image does)."
            )
            yield warning("keras-fit", message, line=call.lineno)
            return


def _is_keras_compile(call: ast.Call, script: Script) -> bool:
    words = {each.arg for each in call.keywords}
    return script.name_of(call.func) != "re.compile" and bool(words & {"optimizer", "loss"} or len(call.args) > 1)


def _saves(script: Script, strategy: Strategy) -> Iterator[Diagnostic]:
    if strategy.name != MIRRORED:
        return
    for call in script.calls_of(*_SAVERS):
        place = _place(call, script)
        is_sure = isinstance(place, ast.Constant) and isinstance(place.value, str)
        if is_sure and _runs_on_every_worker(call, script):
            message = (
                "Every worker writes this file at once and may spoil it: let all save, as the strategy asks, but only "
                "the chief (task_id 0) to this path and the others to a temporary folder."
            )
            yield warning("saves-on-every-worker", message, line=call.lineno)


def _place(call: ast.Call, script: Script) -> ast.expr | None:
    """Return the path that a model is saved to, None for a call that saves no model."""
    name = script.name_of(call.func)
    if name == "tensorflow.saved_model.save":
        return call.args[1] if len(call.args) > 1 else None
    if not name.rpartition(".")[0].lower().endswith(("model", "network", "net")):
        return None
    return call.args[0] if call.args else None


def _runs_on_every_worker(call: ast.Call, script: Script) -> bool:
    around = function_around(call, script)
    named = getattr(around, "name", "main")
    return (named in _ENTRANCES and not is_conditional(call, script)) or _is_main_guard(call, script)


def _is_main_guard(node: ast.AST, script: Script) -> bool:
    """Whether the only condition on the script's own level is that it is the script that runs."""
    conditions = []
    while node in script.parents:
        node = script.parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return False
        if isinstance(node, ast.If):
            conditions.append(node)
    return len(conditions) == 1 and "__name__" in {
        each.id for each in ast.walk(conditions[0].test) if isinstance(each, ast.Name)
    }


def _started_before(script: Script, strategy: Strategy) -> Iterator[Diagnostic]:
    """Find a call that starts TensorFlow's devices before the strategy can join its cluster."""
    home = function_around(strategy.call, script)
    for call in script.calls_of(*(each.rpartition(".")[2] for each in _STARTING)):
        name = script.name_of(call.func)
        around = function_around(call, script)
        comes_first = (around is home and call.lineno < strategy.call.lineno) or (around is None and home is not None)
        starts = name.removeprefix("tensorflow.") in _STARTING and name.startswith("tensorflow.")
        if starts and comes_first and not is_conditional(call, script):
            message = (
                f"{_short(name)} starts TensorFlow before the strategy joins its cluster, which then fails "
                f"(“Collective ops must be configured at program startup”): make the {MIRRORED} first."
            )
            yield warning("strategy-too-late", message, line=call.lineno)
            return


def _batches(script: Script) -> Iterator[Diagnostic]:
    shared = script.calls_of("experimental_distribute_dataset")
    if not shared:
        return
    if not script.words & {"num_replicas_in_sync", "get_per_replica_batch_size"}:
        message = (
            "The batch of a distributed dataset is the global one, which the workers share: multiply what a worker "
            "should get by strategy.num_replicas_in_sync."
        )
        yield info("global-batch", message, line=shared[0].lineno)
    sources = script.calls_of("from_generator")
    if sources and "auto_shard_policy" not in script.words:
        message = (
            "A generator can't be shared out by files: set options.experimental_distribute.auto_shard_policy to "
            "tf.data.experimental.AutoShardPolicy.DATA, or OFF where each worker generates its own."
        )
        yield info("auto-shard", message, line=sources[0].lineno)


def _gone(script: Script) -> Iterator[Diagnostic]:
    """Find names that TensorFlow 2 has no more, and TensorFlow 1's way to build a cluster; each once."""
    found: dict[str, Diagnostic] = {}
    for name, line in sorted(attributes(script), key=lambda each: each[1]):
        if not name.startswith("tensorflow."):
            continue
        rest = name.removeprefix("tensorflow.")
        of_v1 = rest.removeprefix("compat.v1.")
        if of_v1 == "estimator" or of_v1.startswith("estimator."):
            message = "tf.estimator was removed in TensorFlow 2.16: train with Keras or a loop of your own."
            found.setdefault("estimator", warning("estimator-removed", message, line=line))
        elif of_v1 in _V1_SESSIONS and script.modules & _OTHER_WAYS:
            if rest == of_v1 and "tensorflow.compat.v1" not in script.imported:
                message = f"TensorFlow 2 has no tf.{rest}: write tf.compat.v1.{rest}, or the way of TensorFlow 2."
                found.setdefault("session", warning("tf1-name", message, line=line))
        elif of_v1 in _V1_SESSIONS:
            message = (
                f"tf.{rest} is TensorFlow 1's way to train, of which tf.distribute knows nothing: make a "
                "tf.distribute strategy instead."
            )
            found.setdefault("session", warning("tf1-session", message, line=line))
        elif rest in _V1_REMOVED and "tensorflow.compat.v1" not in script.imported:
            message = f"TensorFlow 2 has no tf.{rest}: write it the way of TensorFlow 2."
            found.setdefault(rest, warning("tf1-name", message, line=line))
    yield from found.values()
