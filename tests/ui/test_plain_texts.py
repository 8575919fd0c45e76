"""What plugins say is shown as it stands: no heading, no picture from anywhere, in no label and no tool tip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Guessing
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from desktop_app.api import Choice, Diagnostic, Field, FieldKind, Fix, FormSpec, Severity
from desktop_app.services.plugins.installing.models import Choice as Chosen
from desktop_app.services.plugins.installing.models import SearchResult
from desktop_app.services.workbench import Workbench
from desktop_app.ui.files.problem_list import ProblemModel
from desktop_app.ui.wizard.form import FormView
from tests.helpers.told_plugins import held, offer
from tests.ui.conftest import settle
from tests.ui.plugin_pages import Pages, add_acme, at_rest, pages, told
from tests.ui.windows import until

__all__ = ["pages"]

EVIL = "<h1>x</h1><img src=file:///etc/hostname>"


def formatted(window: QWidget) -> Iterator[str]:
    """Yield every text of a window that Qt would take for markup."""
    for each in (window, *window.findChildren(QWidget)):
        kind = type(each).__name__
        if "<h1" in each.toolTip() and Guessing.mightBeRichText(each.toolTip()):
            yield f"tool tip of a {kind}"
        if isinstance(each, QLabel) and each.textFormat() is not Qt.TextFormat.PlainText and "<h1" in each.text():
            yield f"text of a {kind}"
        if isinstance(each, QComboBox):
            tips = (each.itemData(index, Qt.ItemDataRole.ToolTipRole) for index in range(each.count()))
            yield from (f"tool tip in a {kind}" for said in tips if said and "<h1" in said)


async def test_texts_of_plugins_are_no_markup_on_their_pages(pages: Pages, bench: Workbench) -> None:
    add_acme(bench)
    told(bench).here = {"acme": held("acme", "1.0.0")}
    told(bench).results = SearchResult((Chosen(offer(EVIL, summary=EVIL, author=EVIL, license=EVIL)),), (EVIL,))
    infos = bench.plugins._infos
    infos["acme"] = replace(
        infos["acme"], name=EVIL, summary=EVIL, author=EVIL, reason=EVIL, details=EVIL, license=EVIL, homepage=EVIL,
        contributes={"wizards": (EVIL,)},
    )  # fmt: skip
    page = await pages.open(bench)
    view = page.list.views["acme"]
    view.resize(300, view.height())
    view.toggle_details()
    page.show_plugin("acme")
    page.show_finder()
    page.find_page.search()
    await until(lambda: bool(page.find_page.rows))
    await at_rest()
    page.list.done.say(EVIL, 1)
    assert "h1" in view.name.toolTip()
    assert list(formatted(page)) == []


async def test_texts_of_plugins_are_no_markup_in_forms(tmp_path: Path) -> None:
    choices = (Choice("a", EVIL, EVIL), Choice("b", EVIL, EVIL))
    form = FormSpec((
        Field("n", EVIL, FieldKind.INTEGER, help=EVIL, default=1, suffix=EVIL),
        Field("t", EVIL, FieldKind.TEXT, help=EVIL), Field("c", EVIL, FieldKind.CHOICE, help=EVIL, choices=choices),
        Field("f", EVIL, FieldKind.FILE, help=EVIL), Field("k", EVIL, FieldKind.KEY_VALUES, help=EVIL),
        Field("b", EVIL, FieldKind.BOOLEAN, help=EVIL, default=True),
    ))  # fmt: skip
    view = FormView(tmp_path, numbers_in_a_row=True)
    view.update_form(form, lambda field: field.default, lambda name: (Diagnostic(Severity.ERROR, "x", EVIL, name),))
    view.show()
    settle()
    assert "h1" in view.editor("n").toolTip()
    assert list(formatted(view)) == []
    view.close()
    view.deleteLater()
    await at_rest()


def test_what_is_said_of_a_problem_is_no_markup() -> None:
    model = ProblemModel()
    model.show([Diagnostic(Severity.ERROR, "x", EVIL, "a", fix=Fix(EVIL))])
    tips = [model.data(model.index(0, n), Qt.ItemDataRole.ToolTipRole) for n in range(model.columnCount())]
    assert any("h1" in each for each in tips)
    assert not any("<h1" in each for each in tips if each)
    model.deleteLater()
