"""What a PyTorch file holds, from the opcodes of its pickle: weights, a checkpoint with more, a whole module."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from desktop_app.api import ModelFile, UserError
from desktop_app.services.exports.formats import pickle_heads
from desktop_app.services.exports.formats.pickle_heads import Call, PickleHead

MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_USUAL = {
    "collections.OrderedDict", "collections.defaultdict", "torch.Size", "torch.device", "torch.Tensor",
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._tensor._rebuild_from_type_v2", "torch.nn.parameter.Parameter", "torch.serialization._get_layout",
    "torch.storage.TypedStorage", "torch.storage.UntypedStorage",
}  # fmt: skip
_NUMBERS = ("float", "bfloat", "int", "uint", "complex", "bool", "quint", "qint")
_INNER = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights", "ema", "generator")
_NO_MODEL = {
    "sklearn": "scikit-learn (skl2onnx turns those into ONNX)",
    "xgboost": "XGBoost (onnxmltools turns those into ONNX)",
    "lightgbm": "LightGBM (onnxmltools turns those into ONNX)",
    "pandas": "pandas",
    "numpy": "NumPy",
    "joblib": "joblib",
}


def usual(name: str) -> bool:
    """Whether a name is one that plain weights import."""
    package, _, last = name.rpartition(".")
    return name in _USUAL or (package == "torch" and (last.endswith("Storage") or last.startswith(_NUMBERS)))


def torch_model(path: Path, head: PickleHead) -> ModelFile:
    """Return what a PyTorch file is, from the opcodes of its pickle."""
    size = path.stat().st_size
    strange = tuple(each for each in head.globals if not usual(each))
    if _is_module(head):
        facts = (("Class", head.outermost), *_counted(_of_module(head.value)))
        return ModelFile("torch-module", path, bytes=size, globals=head.globals, facts=facts)
    inner, where = _weights(head.value)
    count = pickle_heads.parameters(inner) if inner is not None else 0
    return ModelFile(
        "torch",
        path,
        bytes=size,
        parameters=count or None,
        globals=head.globals,
        facts=(*_facts(head.value, where), *_counted(inner)),
        warnings=_warnings(path, head, inner, strange),
    )


def _is_module(head: PickleHead) -> bool:
    """Whether the outermost object is an object of some class, and holds modules or parameters."""
    if not isinstance(head.value, Call) or usual(head.outermost):
        return False
    state = head.value.state[0] if head.value.state else None
    return isinstance(state, dict) and ("_parameters" in state or "_modules" in state)


def _of_module(value: Any) -> Mapping[Any, Any] | None:
    state = value.state[0] if isinstance(value, Call) and value.state else {}
    found = state.get("_parameters") if isinstance(state, dict) else None
    return found if isinstance(found, dict) else None


def _weights(value: Any) -> tuple[dict[Any, Any] | None, str]:
    """Return the state_dict in a checkpoint, and the key it lies under."""
    if not isinstance(value, dict):
        return None, ""
    for key in _INNER:
        inner = value.get(key)
        if isinstance(inner, dict) and pickle_heads.tensors(inner):
            return inner, key
    if pickle_heads.tensors(value):
        return value, ""
    return None, ""


def _facts(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    facts = []
    if isinstance(value, dict) and isinstance(version := value.get("pytorch-lightning_version"), str):
        facts.append(("Written by", f"Lightning {version[:40]}"))  # only a text is: others may be endless as one
    if where:
        facts.append(("Weights under", where))
        others = [str(each) for each in value if each != where]
        facts.append(("Beside them", ", ".join(others[:12]) or "nothing"))
    return tuple(facts)


def _counted(inner: Mapping[Any, Any] | None) -> tuple[tuple[str, str], ...]:
    found = pickle_heads.tensors(inner) if inner is not None else {}
    return (("Tensors", f"{len(found):,}"),) if found else ()


def _warnings(path: Path, head: PickleHead, inner: Any, strange: tuple[str, ...]) -> tuple[str, ...]:
    told = []
    if inner is None:
        told.append(f"No weights were found in {path.name}: it may be an optimizer's state, or settings.")
    if strange:
        told.append(f"Beside weights, it would import {', '.join(strange[:8])}{' …' * (len(strange) > 8)}.")
    return tuple(told)


def legacy(path: Path, stream: BinaryIO) -> ModelFile:
    """Return what a file is that torch.save wrote before version 1.6: pickles one after the other, storages behind."""
    for _ in range(3):
        _whole(path, pickle_heads.read_pickle(stream))
    return torch_model(path, _whole(path, pickle_heads.read_pickle(stream)))


def _whole(path: Path, head: PickleHead) -> PickleHead:
    if not head.whole:
        raise UserError(f"{path.name} is cut off or damaged.", hint="Copy it again, or take an earlier checkpoint.")
    return head


def tar(path: Path) -> ModelFile:
    """Return what a tar file is: PyTorch's before version 0.4, or a packed folder."""
    try:
        with tarfile.open(path) as opened:
            names = opened.getnames()[:50]
            if "pickle" not in names or "storages" not in names:
                raise UserError(f"{path.name} is a packed folder.", hint="Unpack it, and export the model in it.")
            member = opened.extractfile("pickle")
            head = pickle_heads.read_pickle_bytes(member.read(pickle_heads.LARGEST) if member else b"")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"{path.name} is cut off or damaged.", hint="Copy it again.", details=str(error)) from None
    return torch_model(path, _whole(path, head))


def plain_pickle(path: Path, head: PickleHead) -> UserError:
    """Return the refusal of a pickle that torch.save did not write."""
    origin = next((text for name, text in _NO_MODEL.items() if any(_from(each, name) for each in head.globals)), "")
    names = ", ".join(head.globals[:8]) or "nothing"
    if origin:
        return UserError(
            f"{path.name} is a pickle of {origin}, not a network.",
            hint="It was not opened.",
            details=f"It would import {names}.",
        )
    return UserError(
        f"{path.name} is a pickle that torch.save did not write, and was not opened: it would import {names}.",
        hint="Save the weights with torch.save(model.state_dict(), …).",
    )


def _from(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
