"""Runs in PyTorch's toolchain: writes files of every kind that a person may have, and loads them as an export does."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "pytorch"
TRAIN = """
import horovod.torch as hvd
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, 3)
    def forward(self, x):
        return self.c(torch.relu(self.b(self.a(x))))

class Sized(nn.Module):
    def __init__(self, width: int, name: str, *, depth=2):
        super().__init__()
        self.a = nn.Linear(4, width)

def build_network():
    return Net()

def main():
    hvd.init()

if __name__ == "__main__":
    main()
"""
LIT = """
import lightning.pytorch as pl
from torch import nn

class Lit(pl.LightningModule):
    def __init__(self, hidden, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.model = nn.Linear(4, self.hparams.hidden)
    def forward(self, x):
        return self.model(x)
"""
SIZED = """
from torch import nn

class Net(nn.Module):
    def __init__(self, hidden, classes):
        super().__init__()
        self.a, self.b = nn.Linear(4, hidden), nn.Linear(hidden, classes)
    def forward(self, x):
        return self.b(self.a(x))

class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

def other():
    return nn.Linear(3, 3)
"""
WHOLE = """
import sized

class Whole(sized.Net):
    def __init__(self, args):
        super().__init__(args.hidden, args.classes)
"""
LOOSE = """
import argparse
import torch
from torch import nn

HIDDEN = 16

class Loose(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.Linear(HIDDEN, 3)

args = argparse.ArgumentParser().parse_args()
for epoch in range(3):
    raise RuntimeError("it trains")
"""

MLMODEL = """flavors:
  python_function:
    data: data
  pytorch:
    code: null
    model_data: data
signature:
  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1,
    4]}}]'
"""


class Evil:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch owned",)


def make(*, folder: str, report: Any) -> list[str]:
    """Write the code, and weights in every form, into a folder; return the names."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    os.chdir(folder)
    sys.dont_write_bytecode = True
    Path("../sized").mkdir()
    of_sized = (("../sized/sized", SIZED), ("../sized/whole", WHOLE))
    for name, text in (("train", TRAIN), ("lit", LIT), ("loose", LOOSE), *of_sized):
        Path(f"{name}.py").write_text(text)
    sys.path.insert(0, folder)
    sys.modules["horovod"] = sys.modules["horovod.torch"] = types.ModuleType("horovod")
    network = importlib.import_module("train").Net().eval()
    weights = network.state_dict()
    wrapped = {"epoch": 3, "model_state_dict": {f"module._orig_mod.{name}": each for name, each in weights.items()}}
    of_lightning = {"model.weight": torch.ones(7, 4), "model.bias": torch.ones(7)}
    sequence = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU()).eval()
    saved = {
        "plain.pt": weights,
        "ddp.pt": wrapped,
        "half.pt": {name: each.half() if each.is_floating_point() else each for name, each in weights.items()},
        "missing.pt": {name: each for name, each in weights.items() if name != "a.bias"},
        "more.pt": {**weights, "loss_fn.weight": torch.ones(3)},
        "uncounted.pt": {name: each for name, each in weights.items() if "num_batches" not in name},
        "nan.pt": {**weights, "a.bias": weights["a.bias"] * float("nan")},
        "namespace.pt": {"model": weights, "args": argparse.Namespace(hidden=16)},
        "numpy.pt": {"model": weights, "best": np.float64(0.5)},
        "evil.pt": {"model": weights, "x": Evil()},
        "lightning.ckpt": {"state_dict": of_lightning, "hyper_parameters": {"hidden": 7, "lr": 0.2}},
        "inner.pt": {"weight": torch.ones(7, 4), "bias": torch.ones(7)},
        "digits.pt": _of_digits(torch.nn).state_dict(),
        "whole.pt": sequence,
        "whole_net.pt": network,
        "tensor.pt": torch.ones(3),
        "nothing.pt": {"epoch": 3},
    }
    for name, each in saved.items():
        torch.save(each, name)
    torch.save({"state_dict": of_lightning, "hyper_parameters": _attributes(hidden=7)}, "attributes.ckpt")
    torch.save(weights, "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"x": Evil()}, "evil_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(sequence, "whole_legacy.pt", _use_new_zipfile_serialization=False)
    save_file({name: each.contiguous() for name, each in weights.items()}, "plain.safetensors")
    program = torch.export.export(sequence, (torch.ones(2, 4),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, "program.pt2")
    _with_evil(Path("program.pt2"), Path("evil.pt2"), torch)
    torch.jit.script(sequence).save("script.pt")
    for name in ("plain.pt", "legacy.pt", "plain.safetensors"):
        Path(f"short_{name}").write_bytes(Path(name).read_bytes()[:700])
    _folders(Path(folder))
    (Path(folder) / "mlflow" / "data").mkdir(parents=True)
    (Path(folder) / "mlflow" / "MLmodel").write_text(MLMODEL)
    torch.save(sequence, Path(folder) / "mlflow" / "data" / "model.pth")
    for name in [each for each in sys.modules if each.startswith("lightning_fabric")]:
        del sys.modules[name]
    sys.dont_write_bytecode = False
    del sys.modules["train"], sys.modules["horovod"], sys.modules["horovod.torch"]
    sys.path.remove(folder)
    return sorted(each.name for each in Path(folder).iterdir())


def _of_digits(nn: Any) -> Any:
    """Return the network of the samples, as it was before a function built it."""
    layers = (nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU())
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(64 * 4 * 4, 10))


def _attributes(**values: Any) -> Any:
    """Return hyperparameters as Lightning saves them, in a class of a package that is not there."""
    kind = type("AttributeDict", (dict,), {"__module__": "lightning_fabric.utilities.data"})
    for name in ("lightning_fabric", "lightning_fabric.utilities", "lightning_fabric.utilities.data"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["lightning_fabric.utilities.data"].AttributeDict = kind  # type: ignore[attr-defined]
    return kind(values)


def save_sized(*, path: str, key: str, under: str, values: dict[str, Any], namespace: bool, report: Any) -> None:
    """Write weights of `sized:Net` with hidden=6 and classes=3, and settings beside them."""
    import torch

    sizes = {"a.weight": (6, 4), "a.bias": (6,), "b.weight": (3, 6), "b.bias": (3,)}
    weights = {name: torch.ones(size) for name, size in sizes.items()}
    torch.save(
        {key: weights, **({under: argparse.Namespace(**values) if namespace else values} if under else {})}, path
    )


def _with_evil(source: Path, target: Path, torch: Any) -> None:
    data = io.BytesIO()
    torch.save({"x": Evil()}, data)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, data.getvalue() if "sample_inputs" in name else old.read(name))


def _folders(folder: Path) -> None:
    """Write a folder of transformers, and one whose configuration names code of its own."""
    import transformers

    sizes = {"vocab_size": 50, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(**sizes, intermediate_size=8)
    for name in ("bert", "remote", "headless"):
        transformers.BertForMaskedLM(config).save_pretrained(folder / name)
    for name, old, new in (
        ("remote", '"architectures"', '"auto_map": {"AutoModel": "modeling_x.X"}, "architectures"'),
        ("headless", "BertForMaskedLM", "BertForSequenceClassification"),
    ):
        file = folder / name / "config.json"
        file.write_text(file.read_text().replace(old, new))


def load(*, request: dict[str, Any], report: Any) -> dict[str, Any]:
    """Load a model as an export does, and say what came of it."""
    package = types.ModuleType("exporting")
    package.__path__ = [str(PLUGIN)]
    sys.modules.setdefault("exporting", package)
    loaded = importlib.import_module("exporting.torch_export.loading").load(request, report)
    return {
        "class": loaded.class_name,
        "kind": loaded.kind,
        "keys": loaded.keys,
        "parameters": 0 if loaded.kind == "pt2" else sum(each.numel() for each in loaded.model.parameters()),
        "notes": [each["text"] for each in loaded.notes],
        "training": loaded.kind != "pt2" and loaded.model.training,
        "example": type(loaded.example).__name__,
        "specs": loaded.specs_from_file,
    }


def damage(*, folder: str, names: list[str], seed: int, times: int, report: Any) -> list[str]:
    """Load damaged copies of files; return what went wrong in another way than a sentence for the person."""
    import random

    drawn, wrong = random.Random(seed), []
    for name in names:
        whole = Path(folder, name).read_bytes()
        for _ in range(times):
            data = bytearray(whole[: drawn.choice([len(whole), drawn.randrange(len(whole))])])
            for _ in range(drawn.choice([0, 1, 8])):
                if data:
                    near = drawn.choice([len(data), min(len(data), 600)])  # pickles lie at the beginning
                    data[drawn.randrange(near)] = drawn.randrange(256)
            Path(folder, "damaged").write_bytes(data)
            kind = {".pt2": "pt2", ".safetensors": "safetensors"}.get(Path(name).suffix, "torch")
            model = {"kind": kind, "path": f"{folder}/damaged", "callable": "", "code": folder}
            request = {"id": "e", "model": model, "options": {"class": "train:Net"}, "allowed": [], "weights": ""}
            try:
                load(request={**request, "scripts": [], "inputs": []}, report=report)
            except Exception as error:  # noqa: BLE001 - it is told
                wrong += [] if type(error).__name__ == "TaskError" else [f"{name}: {type(error).__name__}: {error}"]
    return wrong
