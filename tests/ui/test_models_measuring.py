"""What is done with a report: variants compared and saved, timed, and the report as a page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from desktop_app.api import UserError
from desktop_app.core.exports.report import ExportReport
from desktop_app.core.exports.scores import rows_of
from desktop_app.places import Places
from desktop_app.presenters.models import variants
from desktop_app.services.exports.candidates import KINDS, Wish
from desktop_app.services.workbench import Workbench
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.models.parts import Section
from desktop_app.ui.tasks import running
from tests.helpers.fake_shell import FakeShell
from tests.helpers.told_exports import ToldExports, keep, measured, put, report
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until


@pytest.fixture
def exported(tmp_path: Path) -> ExportReport:
    """A report whose file is in a folder of its own."""
    return put(report(), tmp_path)


@pytest.fixture
async def page(bench: Workbench, shell: FakeShell, places: Places, exported: ExportReport) -> AsyncIterator[ModelsPage]:
    keep(places.exports, exported)
    made = ModelsPage(bench, shell)
    made.resize(1000, 900)
    made.show()
    made.show_report(exported)
    yield made
    made.measuring.strip.cancel()
    made.hide()
    await until(lambda: not running())
    made.deleteLater()
    settle()


def said(page: ModelsPage) -> str:
    return "\n".join(each.text() for each in page.report_page.findChildren(QLabel) if each.isVisibleTo(page))


async def test_variants_are_compared_shown_and_saved(
    page: ModelsPage, bench: Workbench, exported: ExportReport, tmp_path: Path
) -> None:
    exports = cast("ToldExports", bench.exports)
    variant = tmp_path / "work" / "dynamic-int8.onnx"
    variant.parent.mkdir()
    variant.write_bytes(b"small")
    rows = [{**each, "path": str(variant)} for each in rows_of(measured())]
    exports.compared = exported.with_rows(candidates=rows)
    page.report_page.optimise_button.click()
    card = page.measuring.card
    assert card.isVisible()
    assert_sound(page)
    card.boxes["fp16"].click()
    card.start_button.click()
    await until(lambda: "Take dynamic-int8" in said(page) and page.report_page.is_whole)
    assert exports.wishes == [Wish(kinds=tuple(each for each in KINDS if each not in ("fp16", "static-int8")))]
    assert "not recommended" in said(page)
    await until(lambda: isinstance(page.window().focusWidget(), Section))
    assert cast("Section", page.window().focusWidget()).accessibleName() == "Optimised and quantised"
    body = page.report_page._body
    await until(lambda: body.height() >= body.heightForWidth(body.width()))  # laid out anew
    assert_sound(page)
    buttons = [each for each in page.report_page.findChildren(QPushButton) if each.text().startswith("Save ")]
    assert [each.text() for each in buttons] == ["Save 8 bits, dynamic…", "Save 16 bits…"]
    assert buttons[1].toolTip()
    buttons[0].click()
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "int8.onnx"))
    dialog.close()
    await until(lambda: (tmp_path / "int8.onnx").exists() and not running())
    assert (tmp_path / "int8.onnx").read_bytes() == b"small"


async def test_at_least_one_variant_and_inputs_that_are_there(page: ModelsPage, tmp_path: Path) -> None:
    page.report_page.optimise_button.click()
    card = page.measuring.card
    QTest.keyClicks(card.data.line, str(tmp_path / "none.npz"))
    assert "There is no file" in card.reason.text()
    assert not card.start_button.isEnabled()
    card.data.line.selectAll()
    QTest.keyClick(card.data.line, Qt.Key.Key_Delete)
    assert card.start_button.isEnabled()
    card.boxes["static-int8"].click()
    assert "needs real inputs" in card.reason.text()
    assert not card.start_button.isEnabled()
    for box in card.boxes.values():
        box.click()
    card.boxes["static-int8"].setChecked(False)
    assert card.reason.text() == "Choose at least one."
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert not card.isVisible()


async def test_timing_can_be_canceled_and_a_failure_is_said_in_place(page: ModelsPage, bench: Workbench) -> None:
    exports = cast("ToldExports", bench.exports)
    exports.gate.clear()
    page.report_page.benchmark_button.click()
    strip = page.measuring.strip
    await until(lambda: strip.text.text() == "Times both in turns")
    page.report_page.benchmark_button.click()
    assert "measured already" in page.report_page.message.heading.text()
    strip.cancel_button.click()
    await until(lambda: not strip.busy)
    exports.gate.set()
    exports.ends_with = UserError("The model has changed since.", hint="Export it again.")
    page.report_page.benchmark_button.click()
    await until(lambda: page.report_page.message.heading.text() == "The model has changed since.")
    assert not strip.isVisible()


async def test_the_report_is_saved_as_a_page_for_anybody(
    page: ModelsPage, tmp_path: Path, exported: ExportReport
) -> None:
    page.report_page.save_page.emit(exported)
    (dialog,) = page.findChildren(QFileDialog)
    assert dialog.selectedFiles() == [str(tmp_path / "digits-report.html")]
    dialog.fileSelected.emit(str(tmp_path / "page.html"))
    dialog.close()
    await until(lambda: (tmp_path / "page.html").exists() and not running())
    assert "digits.onnx" in (tmp_path / "page.html").read_text("utf-8")


def test_a_variant_that_is_not_recommended_says_why(exported: ExportReport) -> None:
    found = variants.made(exported.with_rows(candidates=rows_of(measured())))
    assert [(title, bool(why)) for title, _path, why in found] == [("8 bits, dynamic", False), ("16 bits", True)]
    assert variants.made(replace(exported, candidates=())) == []
    assert set(variants.KINDS_SAY) == set(KINDS)
