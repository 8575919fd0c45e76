"""Candidates and benchmarks as use cases: with real workers, what is kept, what is placed, what is refused."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import FormSpec, ModelFile, OnnxExporter, Progress, UserError, Value, WorkerTask
from desktop_app.core.exports.report import ExportReport, Verdict
from desktop_app.services.exports.benchmark import Benchmark, Turns, order_of
from desktop_app.services.exports.candidates import Candidates, Wish
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.exports.placing import digest
from desktop_app.services.exports.reports.store import PAGE, ExportStore
from desktop_app.services.workers import run_task
from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import MODELS, in_toolchain

FRAMEWORK = """
import shutil, time
from pathlib import Path

def prepare(*, request, report):
    source = Path(request["model"]["path"]).parent / "cases"
    shutil.copytree(source, Path(request["folder"]) / "cases")
    return {"bench": request["options"]["bench"], "cases": [{"file": "cases/0.npz"}]}

def bench(*, request, case, rounds, warmup, report):
    assert case == 0 and Path(request["folder"], "cases/0.npz").exists()
    return {"seconds": [0.05] * rounds, "threads": 1, "peak_bytes": 400_000_000}
"""


@dataclass
class Fresh:
    """Does each task in a worker of its own."""

    python: str
    ended: list[tuple[str, str]] = field(default_factory=list)

    async def call(self, task: WorkerTask, code: str, progress: Progress) -> Value:
        return await run_task(task, self.python, progress)

    async def end(self, toolchain: str, code: str) -> None:
        self.ended.append((toolchain, code))


def _silent(message: str, part: float | None) -> None:
    assert message


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    in_toolchain(toolchain_or_skip("onnx"), MODELS, ("perceptron", {"folder": str(folder)}))
    return folder


@pytest.fixture
def workers() -> Fresh:
    return Fresh(str(toolchain_or_skip("onnx")))


def _exported(made: Path, root: Path) -> tuple[ExportStore, ExportReport]:
    """Keep an export as if it had just been done."""
    store = ExportStore(root / "exports")
    name = store.begin()
    shutil.copytree(made / "cases", store.folder(name) / "cases")
    shutil.copy(made / "model.onnx", root / "m.onnx")
    report = ExportReport(name, "2026-11-22T03:00:00Z", Verdict.PASS, "Same.", str(root / "m.onnx"), bytes=9)
    store.write(report)
    store.finish(name)
    return store, report


async def test_an_exports_candidates_are_kept_in_its_report(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store, report = _exported(made, tmp_path)
    found = await Candidates(workers, store).compare(report, Wish(("dynamic-int8", "static-int8"), (), 1, 0.1), _silent)
    assert store.report(report.id) == found
    original, dynamic, static = found.candidates
    assert original["nrmse_to_framework"] is not None
    assert Path(str(dynamic["path"])).parent == store.folder(report.id) / "candidates"
    assert dynamic["right"]
    assert "--calibration" in str(static["why"])


async def test_the_cases_of_the_export_calibrate_where_that_is_said(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store, report = _exported(made, tmp_path)
    wish = Wish(("static-int8", "fp16"), threads=1, seconds=0.1, own_cases=True)
    _, static, half = (await Candidates(workers, store).compare(report, wish, _silent)).candidates
    assert static["error"] is None
    assert "cases of the export" in str(static["notes"])
    assert half["notes"] == []


async def test_without_the_model_or_its_cases_it_is_said_what_to_do(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store, report = _exported(made, tmp_path)
    use = Candidates(workers, store)
    shutil.rmtree(store.folder(report.id) / "cases")
    with pytest.raises(UserError, match="too large to keep") as caught:
        await use.compare(report, Wish(), _silent)
    assert "--calibration" in str(caught.value.hint)
    (tmp_path / "m.onnx").unlink()
    with pytest.raises(UserError, match="isn't where it was put"):
        await use.compare(report, Wish(), _silent)


async def test_any_onnx_model_is_compared_by_drawn_inputs(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store = ExportStore(tmp_path / "exports")
    use = Candidates(workers, store)
    wish = Wish(("dynamic-int8", "fp16"), (made / "calibration.npz",), 1, 0.1)
    found = await use.look_into(made / "model.onnx", ["x=float32[rows,64]{-1..1}"], wish, _silent)
    assert found.verdict is Verdict.CANNOT_TELL
    assert [each.text for each in found.inputs] == ["x=float32[rows,64]"]
    assert [each["name"] for each in found.candidates] == ["original", "dynamic-int8", "fp16"]
    assert found.opset == 20
    assert {"rankzero", "onnx", "onnxruntime", "numpy"} == set(found.versions)
    assert "Smaller and faster versions of this ONNX model" in (store.folder(found.id) / PAGE).read_text("utf-8")

    taken = await use.take(found, "dynamic-int8", tmp_path / "small.onnx", overwrite=False)
    assert taken.verdict is Verdict.PASS
    assert (tmp_path / "small.onnx").stat().st_size == taken.bytes == found.candidates[1]["bytes"]
    assert store.report(found.id) == taken
    with pytest.raises(UserError, match="is there already"):
        await use.take(found, "dynamic-int8", tmp_path / "small.onnx", overwrite=False)


async def test_what_is_wrong_is_not_placed(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store, report = _exported(made, tmp_path)
    row: dict[str, Value] = {
        "name": "fp16", "title": "16-bit floats", "path": str(tmp_path / "m.onnx"), "right": False,
        "error": "It overflows.", "why": "It overflows.", "threads": 1,
    }  # fmt: skip
    use, target = Candidates(workers, store), tmp_path / "small.onnx"
    for kind, why in (("fp16", "It overflows."), ("dynamic-int8", "Keep the original")):
        refused = await use.take(replace(report, candidates=(row, row)), kind, target, overwrite=False)
        assert refused.verdict is Verdict.FAIL
        assert why in refused.reason
    assert not target.exists()


async def test_an_input_that_the_model_has_not_leaves_nothing_behind(
    made: Path, tmp_path: Path, workers: Fresh
) -> None:
    store = ExportStore(tmp_path / "exports")
    with pytest.raises(UserError, match="The model has no input “y”"):
        await Candidates(workers, store).look_into(made / "model.onnx", ["y=float32[2]"], Wish(), _silent)
    assert not [*store.root.iterdir()]


async def test_what_an_ended_worker_left_half_done_is_removed(made: Path, tmp_path: Path) -> None:
    store, report = _exported(made, tmp_path)
    folder = store.folder(report.id) / "candidates"

    class Ended(Fresh):
        async def call(self, task: WorkerTask, code: str, progress: Progress) -> Value:
            (folder / "fp16.part.onnx").write_bytes(b"half")
            (folder / "dynamic-int8.onnx").write_bytes(b"whole")
            (folder / ".ranges-x").mkdir()
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Candidates(Ended(""), store).compare(report, Wish(), _silent)
    assert [each.name for each in folder.iterdir()] == ["dynamic-int8.onnx"]
    assert store.report(report.id) == report


def _order(made: Path, root: Path, bench: str | None) -> tuple[ExportOrder, OnnxExporter]:
    tasks = root / "tasks.py"
    tasks.write_text(FRAMEWORK, "utf-8")
    order = ExportOrder(ModelFile("python", made / "model.py"), root / "m.onnx", options={"bench": bench})
    return order, OnnxExporter("tiny", "Tiny", "tiny", ("python",), lambda _: FormSpec(), tasks)


async def test_framework_and_onnx_runtime_are_timed_in_turns(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store, report = _exported(made, tmp_path)
    order, exporter = _order(made, tmp_path, "bench")
    report = replace(report, versions={"torch": "2.13.0"})
    found = await Benchmark(workers, store).measure(report, order, exporter, _silent, Turns(3, 2))
    framework, onnx = found.benchmark
    assert (framework["title"], framework["median_ms"], framework["runs"]) == ("PyTorch 2.13.0", 50.0, 6)
    assert (onnx["name"], onnx["threads"], onnx["timed_with"]) == ("onnxruntime", 1, {"x": [2, 64]})
    assert store.report(report.id) == found
    assert not (store.folder(report.id) / "bench").exists()
    assert ("onnx", "benchmark") in workers.ended


def test_a_report_leads_back_to_its_order(made: Path, tmp_path: Path) -> None:
    _, report = _exported(made, tmp_path)
    file = tmp_path / "m.pt"
    file.write_bytes(b"weights")
    model: dict[str, Value] = {
        "kind": "torch", "path": str(file), "code": str(tmp_path), "scripts": ["train.py"], "sha256": digest(file),
        "options": {"class": "train:Net"}, "inputs": ["x=float32[2]"], "allowed": ["a.B"], "weights": "", "run": "r-1",
    }  # fmt: skip
    order = order_of(replace(report, model=model, exporter="pytorch"))
    assert order.model == ModelFile("torch", file, "", tmp_path, ("train.py",))
    assert (order.options, order.inputs, order.allowed) == ({"class": "train:Net"}, ("x=float32[2]",), ("a.B",))
    assert (order.weights, order.run, order.exporter) == (None, "r-1", "pytorch")
    file.write_bytes(b"other weights")
    with pytest.raises(UserError, match="has changed since"):
        order_of(replace(report, model=model))
    file.unlink()
    with pytest.raises(UserError, match="isn't where it was"):
        order_of(replace(report, model=model))


def test_names_that_were_allowed_are_for_the_bytes_that_they_were_allowed_for(made: Path, tmp_path: Path) -> None:
    _, report = _exported(made, tmp_path)
    code, weights = tmp_path / "m.py", tmp_path / "m.pt"
    code.write_text("build = None", "utf-8")
    weights.write_bytes(b"weights")
    model: dict[str, Value] = {
        "kind": "python", "path": str(code), "callable": "build", "weights": str(weights), "allowed": ["a.B"],
        "sha256": digest(code), "weights_sha256": digest(weights),
    }  # fmt: skip
    assert order_of(replace(report, model=model)).allowed == ("a.B",)
    weights.write_bytes(b"other weights")
    with pytest.raises(UserError, match=r"m\.pt has changed since"):
        order_of(replace(report, model=model))
    folder = {**model, "kind": "huggingface", "path": str(tmp_path), "weights": "", "sha256": "", "weights_sha256": ""}
    assert order_of(replace(report, model=folder)).allowed == ()


async def test_who_can_not_be_timed_is_said(made: Path, tmp_path: Path, workers: Fresh) -> None:
    store, report = _exported(made, tmp_path)
    order, exporter = _order(made, tmp_path, None)
    with pytest.raises(UserError, match="Tiny can't be timed here"):
        await Benchmark(workers, store).measure(report, order, exporter, _silent)


def test_the_kinds_are_those_of_the_worker() -> None:
    from desktop_app.services.exports import candidates

    text: Any = candidates.TOOLS.read_text("utf-8")
    assert all(f'"{each}": ' in text for each in candidates.KINDS)
