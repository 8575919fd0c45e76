"""The list of problems below a text: the message has most of the room, however long its fix is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.api import Diagnostic, Fix, Severity
from desktop_app.ui.files.form.said import Finding
from desktop_app.ui.files.problem_list import ProblemList
from tests.ui.conftest import settle

TITLE = "Write azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest instead of that"


@pytest.mark.parametrize("width", [500, 900])
def test_a_long_fix_leaves_the_message_its_room(qtbot: QtBot, width: int) -> None:
    made = ProblemList()
    qtbot.addWidget(made)
    made.resize(width, 160)
    made.show_problems([Diagnostic(Severity.ERROR, "x", "Say which version is meant", line=12, fix=Fix(TITLE))])
    made.show()
    settle()
    assert made.table.columnWidth(0) >= made.table.viewport().width() * 0.55
    tip = made.model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == TITLE


def test_a_long_fix_in_the_form_breaks_in_its_middle_and_is_whole_with_room(qtbot: QtBot) -> None:
    made = Finding(Diagnostic(Severity.ERROR, "x", "Say which version is meant", fix=Fix(TITLE)))
    qtbot.addWidget(made)
    made.show()
    for width, whole in ((300, False), (1400, True)):
        made.resize(width, 80)
        settle()
        assert made.fix is not None
        assert (made.fix.text() == TITLE) is whole
        assert made.rect().contains(made.fix.geometry()), made.fix.geometry()
        assert made.fix.accessibleName() == TITLE
