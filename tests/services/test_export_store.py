"""What is kept of exports, and how a file comes to its place: whole, or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.core.exports.report import Check, ExportReport, Note, RouteTried, Tensor, Verdict, report_of
from desktop_app.services.exports.isolation import leftovers
from desktop_app.services.exports.placing import check_sources, check_target, place, set_aside
from desktop_app.services.exports.reports.store import CASES, REPORT, WORK, ExportStore


@pytest.fixture
def store(tmp_path: Path) -> ExportStore:
    return ExportStore(tmp_path / "exports")


def report(name: str, created: str = "2026-11-22T03:00:00Z") -> ExportReport:
    return ExportReport(
        id=name, created=created, verdict=Verdict.PASS, reason="It computes the same.", output="/models/m.onnx",
        inputs=(Tensor("x", "float32", ("batch", 3, 224, 224), "given", 0.0, 1.0),), opset=20,
        checks=(Check("parity", "Same answers", "pass", "3 cases"),), notes=(Note("warning", "Read this."),),
        routes=(RouteTried("dynamo", "export", False, "It fell."), RouteTried("torchscript", ok=True, cures=("a",))),
        isolation=(("Network", "off"),), candidates=({"name": "fp16", "bytes": 12},),
    )  # fmt: skip


def test_a_report_comes_back_as_it_was(store: ExportStore) -> None:
    written = report(store.begin())
    store.write(written)
    assert store.report(written.id) == written
    assert written.warnings == ("Read this.",)
    assert written.route == written.routes[1]


def test_what_a_newer_program_wrote_beside_is_passed_by() -> None:
    document = report("e-20261122-abcd").document()
    document["inputs"][0]["layout"] = document["colour"] = "blue"
    assert report_of(document) == report("e-20261122-abcd")


def test_reports_are_listed_newest_first_and_broken_ones_left_out(store: ExportStore) -> None:
    names = [store.begin() for _ in range(4)]
    for number, name in enumerate(names[:3]):
        store.write(report(name, f"2026-11-22T0{number}:00:00Z"))
    (store.folder(names[0]) / REPORT).write_text("{", "utf-8")
    assert [each.id for each in store.reports()] == [names[2], names[1]]
    with pytest.raises(UserError, match="can't be read"):
        store.report(names[0])


@pytest.mark.parametrize("name", ["../e-20261122-abcd", "e-20261122-abcd/..", "", "x", "e-20261122-ABCD"])
def test_a_name_leads_nowhere_else(store: ExportStore, name: str) -> None:
    for act in (store.folder, store.report, store.remove):
        with pytest.raises(UserError):
            act(name)


def test_cases_are_kept_and_work_is_not(store: ExportStore) -> None:
    folder = store.folder(store.begin())
    (folder / WORK / CASES).mkdir()
    (folder / WORK / CASES / "0.npz").write_bytes(b"case")
    (folder / WORK / "routes").mkdir()
    store.finish(folder.name)
    assert sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*")) == ["cases", "cases/0.npz"]


def model(folder: Path) -> Path:
    folder.mkdir()
    (folder / "m.onnx").write_bytes(b"model")
    (folder / "m.onnx.data").write_bytes(b"weights")
    return folder / "m.onnx"


def test_a_model_is_placed_with_the_data_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "m.onnx"
    digest = place(model(tmp_path / "work"), target, tmp_path / "work")
    assert (target.read_bytes(), target.with_name("m.onnx.data").read_bytes()) == (b"model", b"weights")
    assert digest == "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m.onnx", "m.onnx.data", "work"]


def test_a_disk_that_fills_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "m.onnx"
    target.write_bytes(b"old")
    source = model(tmp_path / "work")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideError, match="No space left"):
        place(source, target, source.parent)
    assert target.read_bytes() == b"old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m.onnx", "work"]


def test_where_nothing_may_be_written_is_said_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "there.onnx").write_bytes(b"old")
    for target, words in (("there.onnx", "is there already"), (".", "is a folder"), ("no/m.onnx", "isn't there")):
        with pytest.raises(UserError, match=words):
            check_target(tmp_path / target, overwrite=False)
    check_target(tmp_path / "there.onnx", overwrite=True)


def test_what_came_to_be_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    source, target = model(tmp_path / "work"), tmp_path / "m.onnx"
    target.write_bytes(b"another's")
    with pytest.raises(UserError, match=r"m\.onnx came to be while"):
        place(source, target, source.parent, overwrite=False)
    assert target.read_bytes() == b"another's"
    assert not list(tmp_path.glob(".*"))


def test_what_killed_exports_left_is_swept_with_half_a_copy(store: ExportStore, tmp_path: Path) -> None:
    left, mine, kept, old = (store.begin() for _ in range(4))
    store.write(replace(report(kept)))
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    for name in (left, kept):
        owner = store.folder(name) / leftovers.OWNER
        owner.write_text(json.dumps({**json.loads(owner.read_text()), "pid": ended.pid}))
    (store.folder(old) / leftovers.OWNER).unlink()
    os.utime(store.folder(old), (0, 0))
    half, other = tmp_path / f".m.onnx.{left}.part", tmp_path / "m.onnx"
    for each in (half, other):
        each.write_bytes(b"x")
    (store.folder(left) / "placing.json").write_text(json.dumps([str(half), str(other)]))
    store.sweep()
    assert sorted(each.name for each in store.root.iterdir()) == sorted((mine, kept))
    assert (half.exists(), other.exists()) == (False, True)
    assert json.loads((store.folder(kept) / REPORT).read_text())["verdict"] == "pass"


def test_data_beside_a_model_are_found_whatever_its_name(tmp_path: Path) -> None:
    source = model(tmp_path / "work")
    odd = source.rename(source.with_name("m[1].onnx"))
    source.with_name("m.onnx.data").rename(odd.with_name("m[1].onnx.data"))
    place(odd, tmp_path / "m[1].onnx", tmp_path / "work")
    assert (tmp_path / "m[1].onnx.data").read_bytes() == b"weights"


def test_the_model_itself_is_no_target(tmp_path: Path) -> None:
    source = model(tmp_path / "work")
    (tmp_path / "link.onnx").symlink_to(source)
    for target in (source, tmp_path / "link.onnx"):
        with pytest.raises(UserError, match="is the model itself"):
            check_sources(target, (None, source))
    check_sources(tmp_path / "other.onnx", (None, source))


def test_data_keep_the_name_that_the_model_finds_them_by(tmp_path: Path) -> None:
    source, target = model(tmp_path / "work"), tmp_path / "other.onnx"
    place(source, target, source.parent)
    assert (target.read_bytes(), (tmp_path / "m.onnx.data").read_bytes()) == (b"model", b"weights")
    (tmp_path / "m.onnx.data").write_bytes(b"another model's")
    with pytest.raises(UserError, match=r"m\.onnx\.data"):
        place(source, target, source.parent, overwrite=True)
    assert (tmp_path / "m.onnx.data").read_bytes() == b"another model's"


def test_what_is_not_placed_is_kept_with_its_data(tmp_path: Path) -> None:
    set_aside(model(tmp_path / "work"), tmp_path / "rejected.onnx")
    assert (tmp_path / "rejected.onnx").read_bytes() == b"model"
    assert (tmp_path / "m.onnx.data").read_bytes() == b"weights"
