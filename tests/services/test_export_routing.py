"""Which exporter a model gets: by what it is, and by what its code imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import FormSpec, ModelFile, OnnxExporter, ToolchainSpec, UserError
from desktop_app.services.exports.formats.code_imports import imported_by
from desktop_app.services.exports.routing import Offer, chosen, fitting, other_for
from desktop_app.services.plugins.info import PluginInfo, PluginState

MODULES = {
    "keras": ("tensorflow", "keras"), "pytorch": ("torch",), "horovod-pytorch": ("torch", "horovod.torch"),
}  # fmt: skip


def offer(name: str, kinds: tuple[str, ...], builds_on: str = "") -> Offer:
    spec = ToolchainSpec(name, name, f"rankzero-{name}", (), imports=MODULES[name])
    info = PluginInfo(
        id=f"rankzero-{name}", name=name.title(), version="1", api="1", summary="", author="", license="", icon="",
        source="bundled", state=PluginState.OK, toolchains=(spec,),
    )  # fmt: skip
    module = None if builds_on else Path(f"/{name}/worker_tasks.py")
    return info, OnnxExporter(name, name, name, kinds, lambda _: FormSpec(), module, builds_on)


OFFERS = [
    offer("horovod-pytorch", ("python", "torch"), "pytorch"),
    offer("keras", ("python", "keras")),
    offer("pytorch", ("python", "torch")),
]


def code(folder: Path, **files: str) -> ModelFile:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return ModelFile("python", folder / "net.py", "build", code=folder)


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("import torch", "pytorch"),
        ("import keras", "keras"),
        ("import tensorflow as tf", "keras"),
        ("import horovod.torch as hvd\nimport torch", "horovod-pytorch"),
        ("from torch import nn\nimport transformers", "pytorch"),
        ("from parts import layer", "keras"),
        ("def (", "pytorch"),
    ],
)
def test_the_exporter_is_the_one_whose_toolchain_has_what_is_imported(tmp_path: Path, text: str, best: str) -> None:
    model = code(tmp_path, net=text, parts="import more", more="from keras import layers\nimport net")
    assert fitting(OFFERS, model, imported_by(model))[0][1].id == best


def test_weights_of_a_run_go_by_its_script(tmp_path: Path) -> None:
    code(tmp_path, train="import horovod.torch")
    model = ModelFile("torch", tmp_path / "model.pt", code=tmp_path, scripts=("train.py",))
    found = fitting(OFFERS, model, imported_by(model))
    assert [each.id for _, each in found] == ["horovod-pytorch", "pytorch"]
    assert found[0][1].module == Path("/pytorch/worker_tasks.py")  # what it builds on


def test_who_is_asked_for_is_taken_and_who_can_not_is_said() -> None:
    model = ModelFile("torch", Path("/model.pt"))
    found = fitting(OFFERS, model)
    assert chosen(found, model)[1].id == "pytorch"
    assert chosen(found, model, plugin="horovod-pytorch")[1].id == "horovod-pytorch"
    with pytest.raises(UserError, match=r"“keras” can't export this.*These can: pytorch"):
        chosen(found, model, plugin="keras")
    with pytest.raises(UserError, match="No plugin that is switched on"):
        chosen([], model)


def test_a_model_of_another_framework_goes_to_the_one_that_has_it() -> None:
    found = fitting(OFFERS, ModelFile("python", Path("/net.py")))
    tried = chosen(found, ModelFile("python", Path("/net.py")), "pytorch")[1]
    assert getattr(other_for(found, tried, "keras"), "id", None) == "keras"
    assert other_for(found, tried, "jax") is None
