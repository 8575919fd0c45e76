"""PyTorch models through the plugin's tasks to ONNX, and before the judge: what passes, and what is refused and why."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import ROOT, TOOLS
from tests.helpers.served_tasks import Served, served

pytestmark = pytest.mark.torch
TASKS = ROOT / "plugins/pytorch/worker_tasks.py"
MODELS = ROOT / "tests/helpers/torch_models.py"
IMAGE = ["x=float32[batch,1,14,14]"]


@pytest.fixture(scope="module")
def torch_tasks(torch_toolchain: Path) -> Iterator[Served]:
    yield from served(torch_toolchain, TASKS)


@pytest.fixture(scope="module")
def judge() -> Iterator[Served]:
    yield from served(toolchain_or_skip("onnx"), TOOLS / "worker_tasks.py")


def request(name: str, folder: Path, **options: Any) -> dict[str, Any]:
    model = {"kind": "python", "path": str(MODELS), "callable": name, "code": ""}
    asked = {"id": f"e-{name}-{folder.name}", "model": model, "folder": str(folder), "weights": "", "allowed": []}
    return {**asked, "inputs": options.pop("inputs", []), "options": options, "scripts": []}


@dataclass
class Exported:
    """A model through prepare and one route."""

    prepared: dict[str, Any]
    done: dict[str, Any]
    folder: Path

    @property
    def notes(self) -> str:
        """Return all that was said."""
        return " ".join(each["text"] for each in (*self.prepared["notes"], *self.done.get("notes", ())))

    def judged(self, judge: Served) -> dict[str, Any]:
        """Return the judge's verdict on it."""
        told = {**self.prepared, **self.done.get("prepared", {})}
        asked = {name: told[name] for name in ("cases", "inputs", "outputs")}
        verdict = judge.call(
            "judge", model=str(self.folder / self.done["path"]), cases_folder=str(self.folder),
            random=told["random"] or None, **asked,
        )  # fmt: skip
        assert "error" not in verdict, verdict
        return dict(verdict)


def exported(tasks: Served, name: str, folder: Path, route: str = "dynamo", **options: Any) -> Exported:
    asked = request(name, folder, **options)
    prepared = tasks.call("prepare", request=asked)
    assert "error" not in prepared, prepared
    done = tasks.call("export_route", request=asked, route=route, prepared=prepared)
    return Exported(prepared, done, folder)


@pytest.mark.parametrize("route", ["dynamo", "torchscript"])
@pytest.mark.parametrize("name", ["nested", "recurrent", "writes_into_its_input"])
def test_models_that_are_right_at_all_sizes(
    name: str, route: str, torch_tasks: Served, judge: Served, tmp_path: Path
) -> None:
    found = exported(torch_tasks, name, tmp_path, route)
    verdict = found.judged(judge)
    assert verdict["verdict"] == "pass", verdict["reason"]
    assert verdict["parity"]["sizes"] >= 2
    assert len({each["origin"] for each in found.prepared["cases"]}) >= 3


def test_names_are_the_models_own_and_never_twice(torch_tasks: Served, judge: Served, tmp_path: Path) -> None:
    found = exported(torch_tasks, "nested", tmp_path)
    assert [each["name"] for each in found.prepared["inputs"]] == ["x.0", "x.1", "y.bias"]
    assert found.prepared["inputs"][0]["shape"] == ["batch", 4]
    verdict = found.judged(judge)
    assert [each["name"] for each in verdict["outputs"]] == ["x", "parts.0", "rows", "same"]
    assert "eval()" in found.notes
    assert "parts.1 (None)" in found.notes


def test_the_file_has_its_last_name_from_the_start_and_one_file_of_data_beside_it(
    torch_tasks: Served, torch_toolchain: Path, tmp_path: Path
) -> None:
    asked = {**request("nested", tmp_path), "name": "digits.onnx"}
    prepared = torch_tasks.call("prepare", request=asked)
    done = torch_tasks.call("export_route", request=asked, route="torchscript", prepared=prepared)
    path = tmp_path / done["path"]
    assert (path.name, path.is_file()) == ("digits.onnx", True)
    code = f"""
import sys, pathlib, onnx
sys.path.insert(0, {str(ROOT / "plugins/pytorch")!r})
from torch_export import onnx_file
path = pathlib.Path({str(path)!r})
model = onnx.load(path)
assert not onnx_file.gather(path)
onnx.save_model(model, path, save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0)
assert len(list(path.parent.iterdir())) > 2
assert onnx_file.gather(path)
onnx.checker.check_model(path)
"""
    subprocess.run([torch_toolchain, "-c", code], check=True)
    assert {each.name for each in path.parent.iterdir()} <= {"digits.onnx", "digits.onnx.data"}


def test_nothing_of_ours_is_in_the_file_and_weights_keep_their_names(
    torch_tasks: Served, torch_toolchain: Path, tmp_path: Path
) -> None:
    for name in ("image_of_unknown_size", "nested", "writes_into_its_input"):
        found = exported(torch_tasks, name, tmp_path / name)
        data = (found.folder / found.done["path"]).read_bytes()
        assert not [each for each in (b"rankzero_tasks", b"torch_export", b"structure.py") if each in data]
        if name == "image_of_unknown_size":
            assert b"torch_models.py" in data
            assert all(f"{each}.{part}".encode() in data for each in ("conv", "layer") for part in ("weight", "bias"))


def test_a_size_that_was_only_tried_is_warned_of(torch_tasks: Served, tmp_path: Path) -> None:
    told = torch_tasks.call("prepare", request=request("image_of_unknown_size", tmp_path))
    warned = [
        each["text"] for each in told["notes"] if each["level"] == "warning" and "found by trying" in each["text"]
    ]
    assert [each.partition(" of ")[0] for each in warned] == ["The size 14×14"]
    given = torch_tasks.call("prepare", request=request("image_of_unknown_size", tmp_path, inputs=IMAGE))
    assert not any("found by trying" in each["text"] for each in given["notes"])


def test_inputs_of_other_names_are_given_by_place_and_that_is_said(torch_tasks: Served, tmp_path: Path) -> None:
    specs = ["picture=float32[batch,1,14,14]"]
    told = torch_tasks.call("prepare", request=request("image_of_unknown_size", tmp_path, inputs=specs))
    assert any("the inputs picture were given for them in that order" in each["text"] for each in told["notes"])
    told = torch_tasks.call("prepare", request=request("image_of_unknown_size", tmp_path, inputs=IMAGE))
    assert not any("in that order" in each["text"] for each in told["notes"])


@pytest.mark.parametrize("text", ["gone.npz", "gone.py:inputs", "bad.npz"])
def test_inputs_that_are_not_there_are_a_sentence(text: str, torch_tasks: Served, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_text("no arrays")
    asked = request("image_of_unknown_size", tmp_path, inputs=[str(tmp_path / text)])
    told = torch_tasks.call("prepare", request=asked)["error"]["message"]
    name = text.partition(":")[0]
    assert told in {f"There is no file {name} in {tmp_path}.", f"{name} is no whole .npz of arrays."}


def test_an_if_on_values_is_refused_with_its_line_and_never_traced(torch_tasks: Served, tmp_path: Path) -> None:
    for route in ("dynamo", "torchscript"):
        error = exported(torch_tasks, "decides", tmp_path, route).done["error"]
        assert error["final"]
        assert "if x.sum() > 0:" in error["message"]
        assert "torch_models.py" in error["message"]
        assert "torch.cond" in error["hint"]


def test_what_only_complains_of_values_is_exported_by_a_trace(
    torch_tasks: Served, judge: Served, tmp_path: Path
) -> None:
    assert not exported(torch_tasks, "looks_whether_it_is_sound", tmp_path).done["error"]["final"]
    found = exported(torch_tasks, "looks_whether_it_is_sound", tmp_path, "torchscript")
    assert found.judged(judge)["verdict"] == "pass"


@pytest.mark.parametrize("name", ["chooses", "chooses_by_hand"])
def test_a_choice_that_an_exporter_sees_has_both_ways(
    name: str, torch_tasks: Served, judge: Served, tmp_path: Path
) -> None:
    verdict = exported(torch_tasks, name, tmp_path).judged(judge)
    assert verdict["verdict"] == "pass", verdict["reason"]
    assert verdict["operators"]["If"] == 1


def test_torchscript_has_both_ways_of_its_if(torch_tasks: Served, judge: Served, tmp_path: Path) -> None:
    found = exported(torch_tasks, "scripted", tmp_path, "torchscript-direct")
    assert [each["name"] for each in found.prepared["routes"]] == ["torchscript-direct"]
    verdict = found.judged(judge)
    assert verdict["verdict"] == "pass", verdict["reason"]
    assert verdict["operators"]["If"] == 1


def test_a_random_model_is_said_to_be_one(torch_tasks: Served, judge: Served, tmp_path: Path) -> None:
    found = exported(torch_tasks, "random_in_eval", tmp_path)
    assert found.prepared["random"]
    assert "differently each time" in found.notes
    verdicts = {found.judged(judge)["verdict"] for _ in range(12)}  # now by chance the same
    assert verdicts == {"cannot-tell"}


def test_an_axis_that_changes_the_number_of_outputs_stays_as_it_is(torch_tasks: Served, tmp_path: Path) -> None:
    found = exported(torch_tasks, "one_length_alone", tmp_path)
    assert found.prepared["inputs"][0]["shape"][0] == 2
    assert [each["name"] for each in found.prepared["outputs"]] == ["output_0", "output_1"]


def test_a_length_that_is_unrolled_stays_fixed_and_that_is_said(
    torch_tasks: Served, judge: Served, tmp_path: Path
) -> None:
    free = exported(torch_tasks, "unrolled", tmp_path)
    assert free.judged(judge)["verdict"] == "fail"
    fixed = exported(torch_tasks, "unrolled", tmp_path, "dynamo-fixed")
    assert fixed.done["fixed"] == {"seq": 5}
    assert "“seq” became 5 for good" in fixed.notes
    verdict = fixed.judged(judge)
    assert verdict["verdict"] == "pass", verdict["reason"]
    assert verdict["inputs"][0]["shape"] == ["batch", 5]


def test_adaptive_pooling_follows_the_size(torch_tasks: Served, judge: Served, tmp_path: Path) -> None:
    specs = ["x=float32[batch,1,height,width]"]
    found = exported(torch_tasks, "pooled", tmp_path, inputs=specs)
    verdict = found.judged(judge)
    assert verdict["verdict"] == "pass", verdict["reason"]


def test_inputs_from_the_first_layer_and_sizes_that_were_tried(torch_tasks: Served, tmp_path: Path) -> None:
    prepared = torch_tasks.call("prepare", request=request("image_of_unknown_size", tmp_path))
    assert [each["shape"] for each in prepared["inputs"]] == [["batch", 1, 14, 14]]
    assert prepared["inputs"][0]["origin"] == "found by trying"


def test_inputs_that_a_configuration_tells_are_from_it(torch_tasks: Served, tmp_path: Path) -> None:
    (found,) = torch_tasks.call("prepare", request=request("configured", tmp_path))["inputs"]
    assert (found["name"], found["origin"], found["high"]) == ("input_ids", "from the configuration", 8)


def test_inputs_that_nothing_tells_of_are_asked_for(torch_tasks: Served, judge: Served, tmp_path: Path) -> None:
    error = torch_tasks.call("prepare", request=request("two_that_nothing_tells_of", tmp_path))["error"]
    assert error["ask"]["kind"] == "inputs"
    assert [each["name"] for each in error["ask"]["known"]] == ["left", "right"]
    specs = ["left=float32[rows,4]", "right=float32[4,3]"]
    found = exported(torch_tasks, "two_that_nothing_tells_of", tmp_path, inputs=specs)
    assert found.judged(judge)["verdict"] == "pass"
    wrong = request("two_that_nothing_tells_of", tmp_path, inputs=["left=float32[2,4]", "right=float32[5,3]"])
    assert "doesn't run on these inputs" in torch_tasks.call("prepare", request=wrong)["error"]["message"]


def test_a_quantised_model_is_refused_in_a_sentence(torch_tasks: Served, tmp_path: Path) -> None:
    for route in ("dynamo", "torchscript"):
        error = exported(torch_tasks, "quantised", tmp_path, route).done["error"]
        assert "packed weights" in error["message"]
        assert not error["final"]


def test_all_axes_can_be_had_fixed_and_an_older_opset(torch_tasks: Served, judge: Served, tmp_path: Path) -> None:
    found = exported(torch_tasks, "writes_into_its_input", tmp_path, dynamic=False, opset=18)
    assert found.prepared["inputs"][0]["shape"] == [2, 4]
    verdict = found.judged(judge)
    assert verdict["opset"] == found.done["opset"] == 18
    assert verdict["verdict"] == "pass", verdict["reason"]
    asked = request("writes_into_its_input", tmp_path, opset=99)
    refused = torch_tasks.call("export_route", request=asked, route="dynamo", prepared=found.prepared)["error"]
    assert "99" in refused["message"]


def test_leaves_are_traced_and_runs_timed(torch_tasks: Served, tmp_path: Path) -> None:
    asked = request("recurrent", tmp_path)
    torch_tasks.call("prepare", request=asked)
    traced = torch_tasks.call("trace", request=asked, case=0, folder=str(tmp_path))
    assert [each["module"] for each in traced["values"]] == ["gru"]
    assert (tmp_path / traced["file"]).is_file()
    timed = torch_tasks.call("bench", request=asked, case=0, rounds=3, warmup=1)
    assert len(timed["seconds"]) == 3
    assert timed["peak_bytes"] > 0
