"""Settings of exports: one that there is not, or a value that can't be, is refused before a model is loaded."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rankzero_kit import settings as kit
from rankzero_kit.errors import TaskError

from desktop_app.api import ModelFile
from plugins.horovod import exporters as of_horovod
from plugins.pytorch import exporters as of_pytorch
from plugins.pytorch import worker_tasks as torch_tasks
from plugins.pytorch.torch_export import settings as of_torch
from plugins.tensorflow import exporters as of_tensorflow
from plugins.tensorflow.keras_export import settings as of_keras


def request(kind: str = "torch", **options: Any) -> dict[str, Any]:
    return {"id": "e-1", "model": {"kind": kind, "path": "/nowhere/model.pt", "code": ""}, "options": options}


@pytest.mark.parametrize(
    ("options", "words", "hint"),
    [
        ({"opst": 18}, "no setting “opst”; did you mean opset?", "There are class, arguments"),
        ({"route": "torchscript"}, "no setting “route”; did you mean routes?", "routes"),
        ({"zzz": 1}, "no setting “zzz”.", "opset"),
        ({"opset": 5}, "“5” is no opset", "from 9 to 25"),
        ({"opset": "new"}, "“new” is no opset", "from 9 to 25"),
        ({"opset": 18.5}, "“18.5” is no opset", "from 9 to 25"),
        ({"dynamic": "perhaps"}, "“perhaps” is neither true nor false", "dynamic=false"),
        ({"routes": "torchscrpt"}, "“torchscrpt” is none of the routes", "Did you mean torchscript?"),
        ({"arguments": 3}, "names no argument", "arguments.hidden=64"),
    ],
)
def test_pytorch_refuses_at_once_what_is_no_setting(options: dict[str, Any], words: str, hint: str) -> None:
    with pytest.raises(TaskError) as raised:
        torch_tasks.prepare(request=request(**options), report=lambda *_: pytest.fail("it began to load"))
    assert words in raised.value.message
    assert hint in raised.value.hint
    assert raised.value.final


@pytest.mark.parametrize("options", [{"opst": 18}, {"opset": 22}, {"opset": 5}, {"routes": "dynamo"}, {"ignore": "x"}])
def test_keras_refuses_what_is_none_of_its_settings(options: dict[str, Any]) -> None:
    with pytest.raises(TaskError):
        of_keras.check(request("keras", **options), loaded=False)


@pytest.mark.parametrize(
    ("check", "options"),
    [
        (of_keras, {"opset": 22, "dynamic": False, "routes": "dynamo", "ignore": "x"}),
        (of_torch, {"signature": "serving_default", "routes": "tf2onnx", "opset": 13}),
    ],
)
def test_a_file_of_code_may_turn_out_to_be_of_the_other_framework(check: ModuleType, options: dict[str, Any]) -> None:
    check.check(request("python", **options), loaded=False)
    with pytest.raises(TaskError):
        check.check(request("python", **options), loaded=True)
    with pytest.raises(TaskError, match="did you mean opset"):
        check.check(request("python", opst=18), loaded=False)


@pytest.mark.parametrize("room", [of_pytorch, of_tensorflow, of_horovod])
def test_all_that_the_form_asks_for_is_a_setting(room: ModuleType) -> None:
    for exporter in room.exporters():
        known = of_torch.KNOWN if "pytorch" in (exporter.id, exporter.builds_on) else of_keras.KNOWN
        for kind in exporter.kinds:
            fields = exporter.form(ModelFile(kind, Path("/nowhere/model"))).fields
            assert {each.name for each in fields} <= {*known}
            kit.refuse_unknown(
                {each.name: each.default for each in fields} | {"timeout": 3, "precision": "fp16"}, known
            )
            (opset,) = (each for each in fields if each.name == "opset")
            assert f"Keep {opset.default} unless the program that will run the model is old" in opset.help


def test_settings_are_read_as_they_are_written() -> None:
    assert of_torch.opset_of({"opset": "18"}) == of_torch.opset_of({"opset": 18}) == 18
    assert of_torch.opset_of({}) is None
    assert of_torch.routes({"routes": "dynamo"}) == ["dynamo"]
    assert of_torch.routes({"routes": ["torchscript", "dynamo"]}) == ["torchscript", "dynamo"]
    assert of_torch.routes({"routes": "torchscript, dynamo"}) == ["torchscript", "dynamo"]
    assert of_torch.routes({"routes": ""}) == []
    assert not of_torch.dynamic({"dynamic": "false"})
    assert of_torch.dynamic({})
