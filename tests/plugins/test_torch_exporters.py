"""The exporters of PyTorch and Horovod: what they take, and that their questions can be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import MODEL_KINDS, ModelFile, OnnxExporter
from desktop_app.api.testing import assert_form_sound
from desktop_app.places import Places, shipped
from desktop_app.services.exports.formats.sniffing import look_at
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from plugins.horovod import exporters as of_horovod
from plugins.pytorch import exporters as of_pytorch
from tests.helpers import model_files as make

ALL = [*of_pytorch.exporters(), *of_horovod.exporters()]
PAIRS = [(each, kind) for each in ALL for kind in each.kinds]


@pytest.mark.parametrize(("exporter", "kind"), PAIRS, ids=[f"{each.id}-{kind}" for each, kind in PAIRS])
def test_every_kind_has_questions_that_can_be_asked(exporter: OnnxExporter, kind: str, tmp_path: Path) -> None:
    assert kind in MODEL_KINDS
    spec = exporter.form(ModelFile(kind, tmp_path / "model"))
    assert_form_sound(spec)
    assert "opset" in {each.name for each in spec.fields}
    assert ("class" in {each.name for each in spec.fields}) == (kind in {
        "torch", "torch-module", "safetensors", "huggingface", "hdf5", "tf-checkpoint",
    })  # fmt: skip


def test_plugins_offer_what_their_manifests_promise_and_all_have_tasks(places: Places) -> None:
    host = PluginHost(places, Settings(places.settings), bundled=shipped("plugins"))
    host.discover()
    offers = host.onnx_exporters()
    for info in {each.id: each for each, _ in offers}.values():
        assert set(info.contributes["exporters"]) == {each.id for one, each in offers if one.id == info.id}
    there = {each.id: each for _, each in offers}
    assert {"pytorch", "horovod-pytorch", "horovod-tensorflow"} <= there.keys()
    for each in there.values():
        base = each if each.module else there[each.builds_on]
        assert base.module is not None
        assert base.module.is_file()
        assert set(each.kinds) <= set(base.kinds)
        assert each.toolchain in {spec.name for spec in host.toolchain_specs()}


@pytest.mark.parametrize("name", ["model.pth", "model.pt2"])
def test_the_model_in_a_folder_of_mlflow_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "m" / "data").mkdir(parents=True)
    (tmp_path / "m" / "MLmodel").write_text("flavors:\n  pytorch:\n    model_data: data\n")
    make.torch_zip(tmp_path / "m" / "data" / name, make.mapping({"weight": make.tensor(0, 10)}))
    assert look_at(tmp_path / "m").path == tmp_path / "m" / "data" / name
