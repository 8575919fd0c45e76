"""Weights given to a model that code has built: HDF5, `.keras`, and TensorFlow's checkpoints."""

from __future__ import annotations

from pathlib import Path

from rankzero_kit.errors import TaskError

from . import code
from .model import Loaded

OF_TRAINING = ("save_counter", "optimizer", "step", "epoch")
"""What checkpoints have at their root beside the model."""


def prefix(path: Path) -> Path:
    """Return the prefix of a checkpoint that is named by a folder, by its index or by its data."""
    if path.is_dir():
        import tensorflow as tf

        newest = tf.train.latest_checkpoint(str(path))
        if newest is None:
            raise TaskError(f"The folder {path.name} has no checkpoint.", "Name its .index file.")
        return Path(newest)
    name = path.name.removesuffix(".index")
    return path.with_name(name.partition(".data-")[0])


def is_checkpoint(path: Path) -> bool:
    """Whether a path is one of TensorFlow's checkpoints."""
    return path.is_dir() or path.suffix == ".index" or path.with_name(f"{path.name}.index").exists()


def readable(path: Path) -> list[str]:
    """Return the names of the variables in a checkpoint; none for other files. Raises TaskError for a broken one."""
    if not is_checkpoint(path):
        return []
    import tensorflow as tf

    try:
        listed = tf.train.list_variables(str(prefix(path)))
    except Exception as error:
        raise TaskError(f"{path.name} is no whole checkpoint: {code.told(error)}", final=True) from error
    return [name for name, _ in listed if not name.startswith("_CHECKPOINTABLE")]


def give(loaded: Loaded, path: Path) -> None:
    """Give a model the weights of a file. Raises TaskError where any of its own would be left as they were."""
    _built(loaded)
    if is_checkpoint(path):
        _from_checkpoint(loaded, path)
        return
    try:
        loaded.model.load_weights(str(_named(path)))
    except Exception as error:
        raise TaskError(f"The weights of {path.name} don't fit the model: {code.told(error)}") from error


def _named(path: Path) -> Path:
    if path.suffix in (".h5", ".hdf5", ".keras"):
        return path
    raise TaskError(f"{path.name} has an ending by which Keras doesn't know it.", "Name it ….weights.h5.")


def _built(loaded: Loaded) -> None:
    if getattr(loaded.model, "built", True) or not loaded.examples:
        return
    example = loaded.examples[0]
    loaded.call(*(example if isinstance(example, tuple) else (example,)))


def _from_checkpoint(loaded: Loaded, path: Path) -> None:
    import tensorflow as tf

    keys = readable(path)
    last: Exception | None = None
    roots = dict.fromkeys(["model", "", *(each.partition("/")[0] for each in keys)])
    for root in (each for each in roots if each not in OF_TRAINING):
        try:
            holder = tf.train.Checkpoint(**{root: loaded.model}) if root else tf.train.Checkpoint(loaded.model)
            status = holder.read(str(prefix(path)))
            status.assert_existing_objects_matched()
        except Exception as error:  # noqa: BLE001 - under the next name it may fit
            last = error
            continue
        _keys(loaded, keys)
        return
    assert last is not None
    loaded.keys["unexpected"] = keys[:50]
    hint = f"It has {', '.join(keys[:6])}{' …' if len(keys) > 6 else ''}."
    raise TaskError(f"The checkpoint doesn't fit the model: {code.told(last)}", hint) from last


def _keys(loaded: Loaded, keys: list[str]) -> None:
    """Tell what a checkpoint has beside the model: the optimizer's state, counters."""
    other = [each for each in keys if "optimizer" in each.lower()]
    if other:
        loaded.note(f"{len(other)} values of the optimizer in the checkpoint were left out: only training needs them.")
        loaded.keys["unexpected"] = other[:50]
