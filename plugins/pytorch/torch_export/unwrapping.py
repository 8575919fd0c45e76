"""Makes a model ready to be exported: what was wrapped around it for training comes off."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from rankzero_kit import settings

from .user_code import Code

Notes = list[dict[str, str]]
WRAPPERS = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}


def unwrapped(model: Any) -> Any:
    """Return the model within torch.compile, DataParallel and DistributedDataParallel; inner modules likewise."""
    if isinstance(model, torch.export.ExportedProgram):
        return model.module()
    while type(model).__name__ in WRAPPERS:
        model = getattr(model, WRAPPERS[type(model).__name__])
    if isinstance(model, torch.jit.ScriptModule):
        return model
    for parent in [*model.modules()]:
        for name, child in [*parent.named_children()]:
            if type(child).__name__ in WRAPPERS:
                setattr(parent, name, unwrapped(child))
        if getattr(parent, "_compiled_call_impl", None) is not None:
            parent._compiled_call_impl = None
    return model


def readied(model: Any) -> Notes:
    """Have a model as an export needs it, and return what there is to say about it."""
    torch.set_grad_enabled(False)
    torch.compiler.set_stance("force_eager")
    notes: Notes = []
    if isinstance(model, (torch.jit.ScriptModule, torch.fx.GraphModule)):
        return notes
    model.eval()
    model.requires_grad_(False)
    if any(isinstance(each, FAST) for each in model.modules()):
        torch.backends.mha.set_fastpath_enabled(False)
        torch.nn.modules.transformer._detect_is_causal_mask = _given_hint
        _say(notes, "PyTorch's fast path for transformers is off: it fills padded places otherwise than its own code.")
    if any(each.dtype is torch.bfloat16 for each in model.parameters()):
        model.float()
        _say(
            notes, "The weights are bfloat16; the file has them as float32: ONNX Runtime lacks most bfloat16 operators."
        )
    return notes


FAST = (
    torch.nn.Transformer,
    torch.nn.TransformerEncoder,
    torch.nn.TransformerEncoderLayer,
    torch.nn.TransformerDecoder,
)


def _given_hint(mask: Any, is_causal: bool | None = None, size: int | None = None) -> bool:
    """Say what a mask was said to be: to look into it, as PyTorch does to be faster, can't be exported."""
    return bool(is_causal)


def without_cache(model: Any, options: Mapping[str, Any]) -> bool:
    """Switch a transformers model's cache off, whose keys and values would be outputs; return whether that was done."""
    if settings.flag(options, "use_cache", usually=False):
        return False
    found = [each for each in _configs(model) if each.use_cache]
    for config in found:
        config.use_cache = False
    return bool(found)


def _say(notes: Notes, text: str) -> None:
    notes.append({"level": "info", "text": text})


def _configs(model: Any) -> Iterator[Any]:
    """Yield a transformers model's configurations, those of its parts too, that have use_cache."""
    seen: set[int] = set()
    for each in model.modules():
        config = getattr(each, "config", None)
        if config is not None and id(config) not in seen and getattr(config, "use_cache", None) is not None:
            seen.add(id(config))
            yield config


def own_frame(error: BaseException) -> traceback.FrameSummary | None:
    """Return the innermost line of code that is neither PyTorch's, nor a package's, nor ours."""
    frames: list[traceback.FrameSummary] = []
    seen: BaseException | None = error
    while seen is not None and not frames:
        frames = [each for each in traceback.extract_tb(seen.__traceback__) if is_own(each.filename)]
        seen = seen.__cause__ or seen.__context__
    return frames[-1] if frames else None


def is_own(filename: str) -> bool:
    """Whether a file is the person's, or a model library's: not PyTorch's and not ours."""
    path = Path(filename)
    if filename.startswith("<") or path.is_relative_to(Path(__file__).resolve().parent):
        return False
    root = Code.current.root if Code.current else None
    if root is not None and path.is_relative_to(root) and "site-packages" not in path.parts:
        return True
    return "torch" not in path.parts and not filename.startswith(sys.base_prefix) and path.name != "task_server.py"


def own_line(error: BaseException) -> str:
    """Return “ in line 12 of net.py (`if x.sum() > 0:`)”, or nothing."""
    frame = own_frame(error)
    if frame is None:
        return ""
    return f" in line {frame.lineno} of {Path(frame.filename).name}" + (f" (`{frame.line}`)" if frame.line else "")
