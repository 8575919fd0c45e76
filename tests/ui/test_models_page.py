"""The Models page: what was exported is listed, filtered, opened and removed, whoever exported it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel

from desktop_app.api import UserError
from desktop_app.core.exports.report import ExportReport, RouteTried, Verdict
from desktop_app.places import Places
from desktop_app.presenters.models.page import Column
from desktop_app.services.workbench import Workbench
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.models.report_page import UsageSection
from desktop_app.ui.tasks import running
from tests.helpers.fake_shell import FakeShell
from tests.helpers.onnx_files import chain
from tests.helpers.told_exports import ToldExports, keep, put, report
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

FAILED = report("e-20261122-bbbb", Verdict.FAIL, created="2026-11-22T02:41:00Z",
                first_difference={"node": "node_linear_2", "op": "Gemm", "module": "fc3", "text": ""})  # fmt: skip


@pytest.fixture
def passed(tmp_path: Path) -> ExportReport:
    """A report whose file is as it was."""
    return put(report(), tmp_path)


@pytest.fixture
async def page(bench: Workbench, shell: FakeShell) -> AsyncIterator[ModelsPage]:
    made = ModelsPage(bench, shell)
    made.resize(1100, 700)
    made.show()
    await until(lambda: not running())
    yield made
    made.hide()
    await until(lambda: not running())
    made.deleteLater()
    settle()


def cells(page: ModelsPage, column: Column) -> list[str]:
    model = page.list.model
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def texts(page: ModelsPage) -> str:
    return "\n".join(each.text() for each in page.report_page.findChildren(QLabel) if each.isVisibleTo(page))


async def test_without_an_export_the_page_says_how_to_come_to_one(page: ModelsPage) -> None:
    assert page.list.export_button.isVisible()
    assert not page.list.view.isVisible()
    assert_sound(page)


async def test_exports_of_another_process_appear_newest_first_and_go(
    page: ModelsPage, places: Places, passed: ExportReport, tmp_path: Path
) -> None:
    keep(places.exports, passed, FAILED)
    page.look()
    await until(lambda: cells(page, Column.VERDICT) == ["Fail", "Pass"])
    assert cells(page, Column.MODEL) == ["digits.pt", "digits.pt"]
    assert cells(page, Column.ERROR) == ["0.61 × rounding"] * 2
    assert cells(page, Column.WHERE)[0] == "not written"
    unknown = report("e-20261122-cccc", Verdict.CANNOT_TELL, created="2026-11-22T02:42:00Z")
    keep(places.exports, put(unknown, tmp_path, b"another"))
    await until(lambda: cells(page, Column.VERDICT) == ["Cannot tell", "Fail", "Changed"])
    assert_sound(page)


async def test_typing_finds_exports_by_any_of_their_words(
    page: ModelsPage, places: Places, passed: ExportReport
) -> None:
    keep(places.exports, passed, FAILED)
    page.look()
    await until(lambda: page.list.model.rowCount() == 2)
    QTest.keyClicks(page.list.search, "fail digits")
    assert cells(page, Column.VERDICT) == ["Fail"]
    assert page.list.count.text() == "1 of 2"
    QTest.keyClicks(page.list.search, "zzz")
    assert not page.list.view.isVisible()
    QTest.keyClick(page.list.search, Qt.Key.Key_Escape)
    assert page.list.model.rowCount() == 2


async def test_a_report_begins_with_its_verdict_and_says_all_it_rests_on(
    page: ModelsPage, places: Places, passed: ExportReport
) -> None:
    fell = RouteTried("script", "TorchScript", reason="It has no such operator.", details="Traceback …")
    keep(places.exports, replace(passed, routes=(fell, *passed.routes)))
    page.look()
    await until(lambda: page.list.model.rowCount() == 1)
    QTest.keyClick(page.list.view, Qt.Key.Key_Return)
    await until(lambda: page.report_page.is_whole)
    said = texts(page)
    for each in (
        "Pass", "digits.onnx gives the same answers as the original model.", "3 sets of inputs of 2 sizes",
        "The largest difference between any two numbers is 1.9e-06.", "How to run it", "Same choice is how often",
        "[batch, 64]", "It has no such operator.", "not a sandbox", "Cut off.",
        "prefixes taken off: module.", "612 MB",
    ):  # fmt: skip
        assert each in said
    assert page.report_page.graph_button.isEnabled()
    assert page.window().focusWidget() is page.report_page.back_button
    assert_sound(page)
    (usage,) = page.report_page.findChildren(UsageSection)
    usage.copy_button.click()
    assert "InferenceSession" in QGuiApplication.clipboard().text()
    QTest.keyClick(page.report_page, Qt.Key.Key_Escape)
    assert page.currentWidget() is page.list


async def test_a_failed_export_says_that_nothing_was_put_in_place_and_where_it_differs(
    page: ModelsPage, places: Places
) -> None:
    keep(places.exports, FAILED)
    page.look()
    await until(lambda: page.list.model.rowCount() == 1)
    page.show_report(FAILED)
    await until(lambda: page.report_page.is_whole)
    said = texts(page)
    assert "was not put in place" in said
    assert "node_linear_2 (Gemm), of fc3" in said
    assert not page.report_page.benchmark_button.isEnabled()
    assert_sound(page)


async def test_removing_asks_and_the_open_report_is_opened_again_at_the_next_start(
    page: ModelsPage, places: Places, passed: ExportReport, shell: FakeShell, workbench: Workbench
) -> None:
    keep(places.exports, passed)
    page.look()
    await until(lambda: page.list.model.rowCount() == 1)
    page.show_report(passed)
    again = ModelsPage(workbench, shell)
    again.show()
    await until(lambda: again.currentWidget() is again.report_page)
    again.hide()
    again.deleteLater()
    page.report_page.ask_remove()
    assert places.exports.joinpath(passed.id).exists()
    page.report_page.confirm.danger.click()
    await until(lambda: page.currentWidget() is page.list and not page.list.model.rowCount())
    assert not places.exports.joinpath(passed.id).exists()


async def test_a_report_of_a_file_that_is_no_longer_the_one_checked_vouches_for_nothing(
    page: ModelsPage, places: Places, passed: ExportReport, tmp_path: Path
) -> None:
    keep(places.exports, passed)
    page.look()
    await until(lambda: cells(page, Column.VERDICT) == ["Pass"])
    page.show_report(passed)
    await until(lambda: page.report_page.is_whole and not running())
    assert "digits.onnx gives the same answers" in texts(page)
    (tmp_path / "digits.onnx").write_bytes(b"A MODEL")  # as large, another
    page.look()
    await until(lambda: "has changed since it was checked: this report is about an earlier one" in texts(page))
    await until(lambda: page.report_page.is_whole)
    assert "gives the same answers" not in texts(page)
    assert cells(page, Column.VERDICT) == ["Changed"]
    assert "as it is now" in page.report_page.graph_button.text()
    assert not page.report_page.optimise_button.isEnabled()
    assert_sound(page)
    page.report_page.graph_button.click()
    assert page.graph_page is not None
    assert "as it is now" in page.graph_page.note.heading.text()
    await until(lambda: not running())
    page.show_report(passed)
    (tmp_path / "digits.onnx").unlink()
    page.look()
    await until(lambda: f"The file is gone: {tmp_path / 'digits.onnx'}" in texts(page))
    assert cells(page, Column.VERDICT) == ["Gone"]
    assert not page.report_page.graph_button.isEnabled()
    (tmp_path / "digits.onnx").write_bytes(b"a model")
    await until(lambda: cells(page, Column.VERDICT) == ["Pass"])


async def test_of_reports_of_one_place_the_older_is_about_an_earlier_file(
    page: ModelsPage, places: Places, passed: ExportReport, tmp_path: Path
) -> None:
    newer = put(report("e-20261122-dddd", created="2026-11-22T02:50:00Z"), tmp_path, b"A MODEL")
    keep(places.exports, passed, newer)
    page.look()
    await until(lambda: cells(page, Column.VERDICT) == ["Pass", "Changed"])
    assert cells(page, Column.WHEN)


async def test_an_onnx_file_that_was_measured_only_is_no_doubtful_export(
    page: ModelsPage, places: Places, passed: ExportReport
) -> None:
    told = {"kind": "onnx", "path": passed.output, "sha256": passed.sha256}
    keep(places.exports, replace(passed, verdict=Verdict.CANNOT_TELL, model=told, output="", sha256=""))
    page.look()
    await until(lambda: cells(page, Column.VERDICT) == ["Measured"])
    assert cells(page, Column.WHERE) != ["not written"]
    page.show_report(page.reports[0])
    assert "digits.onnx was measured beside variants of its own." in texts(page)
    assert page.report_page.graph_button.isEnabled()


async def test_an_onnx_file_from_elsewhere_is_shown_and_measured(page: ModelsPage, tmp_path: Path) -> None:
    exports = cast("ToldExports", page._exports)
    model = tmp_path / "theirs.onnx"
    model.write_bytes(chain(3))
    assert page.list.open_button.isVisible()
    page.list.open_button.click()
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(model))
    dialog.close()
    graph = page.graph_page
    assert graph is not None
    await until(lambda: graph.view.graph is not None and not running())
    assert graph.optimise_button.isVisible()
    graph.optimise_button.click()
    assert page.foreign is not None
    card = page.foreign.card
    assert card.isVisible()
    assert_sound(page)
    exports.ends_with = UserError("It does not run.", hint="Give --calibration with real inputs.")
    card.start_button.click()
    await until(lambda: graph.note.heading.text() == "It does not run.")
    assert "--" not in graph.note.hint.text()
    await until(lambda: not running())
    exports.ends_with = report()
    QTest.keyClicks(page.foreign.inputs, "x=float32[2,8]; y=int64[2]")
    card.start_button.click()
    await until(lambda: page.currentWidget() is page.report_page)
    assert exports.looked_into[-1] == (model, ("x=float32[2,8]", "y=int64[2]"))
    assert "theirs.onnx was measured" in texts(page)


async def test_a_graph_of_a_report_offers_no_second_way_to_variants(
    page: ModelsPage, places: Places, passed: ExportReport
) -> None:
    keep(places.exports, passed)
    page.look()
    await until(lambda: page.list.model.rowCount() == 1)
    page.show_report(passed)
    page.report_page.graph_button.click()
    assert page.graph_page is not None
    assert not page.graph_page.optimise_button.isVisible()
    await until(lambda: not running())


async def test_in_a_narrow_window_the_name_stays_and_nothing_scrolls_sideways(
    page: ModelsPage, places: Places, passed: ExportReport
) -> None:
    keep(places.exports, passed)
    page.show_report(passed)
    shown = page.report_page
    await until(lambda: shown.is_whole and not running())
    assert "…" not in shown.when._shown(), "in a wide window there is room for all"
    page.resize(620, 600)
    settle()
    assert shown.title.width() >= shown.title.fontMetrics().horizontalAdvance("digits.pt")
    assert shown._area.horizontalScrollBar().maximum() == 0
