"""SavedModels: what their operations would do, told before they are loaded, and the signature that is exported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError
from rankzero_kit.inputs import InputSpec

from . import code, signatures, trust
from .model import Loaded

RUNS_CODE = ("PyFunc", "PyFuncStateless", "EagerPyFunc")
FILES = (
    "ReadFile", "WriteFile", "MatchingFiles", "TextLineReader", "TextLineReaderV2", "TFRecordReader",
    "TFRecordReaderV2", "WholeFileReader", "WholeFileReaderV2", "FixedLengthRecordReader", "TextLineDataset",
    "TFRecordDataset", "FixedLengthRecordDataset", "ImmutableConst", "DebugIdentityV2",
)  # fmt: skip
DEFAULT = "serving_default"


def from_saved_model(request: dict[str, Any]) -> Loaded:
    """Load a SavedModel once its operations were looked at, and choose its signature."""
    folder = Path(request["model"]["path"])
    folder = folder.parent if folder.is_file() else folder
    permitted(folder, request)
    import tensorflow as tf

    try:
        found = tf.saved_model.load(str(folder))
    except Exception as error:
        raise TaskError(
            f"TensorFlow can't load {folder.name}: {code.told(error)}", "Copy or save it once more."
        ) from error
    name = _chosen(sorted(found.signatures), str(request["options"].get("signature") or ""), folder.name)
    signature = found.signatures[name]
    loaded = Loaded(found, "tensorflow", lambda given: signature(**_tensors(signature, given)), keras=False)
    if len(found.signatures) > 1:
        others = ", ".join(each for each in sorted(found.signatures) if each != name)
        loaded.note(f"The signature “{name}” is exported; it also has {others}.")
    loaded.specs = _inputs(signature)
    loaded.arguments = [{each.name: each.name for each in loaded.specs}]
    loaded.outputs = [*signature.structured_outputs]
    loaded.call = _in_order(loaded)
    return loaded


def _in_order(loaded: Loaded) -> Any:
    inner, names = loaded.call, loaded.outputs
    return lambda given: {name: answer[name] for answer in [inner(given)] for name in names}


def _tensors(signature: Any, given: dict[str, Any]) -> dict[str, Any]:
    import tensorflow as tf

    specs = signature.structured_input_signature[1]
    return {name: tf.convert_to_tensor(each, specs[name].dtype) for name, each in given.items()}


def _inputs(signature: Any) -> list[InputSpec]:
    known = {}
    for name, spec in signature.structured_input_signature[1].items():
        shape = tuple(spec.shape) if spec.shape.rank is not None else None
        if shape is None:
            raise TaskError(f"The input “{name}” has no known number of axes.", "Save it with a signature that has.")
        known[name] = (shape, spec.dtype.name)
    return signatures.axis_names(known)


def _chosen(names: list[str], wanted: str, folder: str) -> str:
    if wanted and wanted not in names:
        raise TaskError(f"{folder} has no signature “{wanted}”.", f"It has {', '.join(names)}." if names else "")
    if wanted:
        return wanted
    if DEFAULT in names or len(names) == 1:
        return DEFAULT if DEFAULT in names else names[0]
    if not names:
        raise TaskError(f"{folder} has no signature to call.", "Save it with model.export() or with signatures.")
    ask = {"kind": "signature", "names": names}
    raise TaskError(f"{folder} has several signatures: {', '.join(names)}.", "Name the one to export.", ask=ask)


def permitted(folder: Path, request: dict[str, Any]) -> None:
    """Raise TaskError that asks where operations run code or touch files."""
    path = folder / "saved_model.pb"
    strange = [*dict.fromkeys(each for each in operations(path) if each in RUNS_CODE + FILES)]
    named = [f"operation {each} ({'runs code' if each in RUNS_CODE else 'reads or writes files'})" for each in strange]
    missing = [each for each in named if each not in (request.get("allowed") or ())]
    if missing:
        ask = {"kind": "unsafe-globals", "names": missing, "sha256": trust.sha256(path)}
        told = f"{folder.name} has operations that reach out of the model: {', '.join(missing)}."
        raise TaskError(told, "Allow them only if you trust where it comes from.", final=True, ask=ask)


def operations(path: Path) -> Iterator[str]:
    """Yield the operations of a SavedModel's graph and functions; nothing of it is run."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    message = SavedModel()
    try:
        message.ParseFromString(path.read_bytes())
    except Exception as error:
        raise TaskError(f"{path.name} is no whole SavedModel: {error}", "Copy it once more.", final=True) from error
    for graph in message.meta_graphs:
        yield from (node.op for node in graph.graph_def.node)
        for function in graph.graph_def.library.function:
            yield from (node.op for node in function.node_def)
