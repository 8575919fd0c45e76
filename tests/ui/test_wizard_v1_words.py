"""SDK v1's words in the wizard's window: translated while they are typed or pasted, and never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication

from desktop_app.places import Places
from desktop_app.ui.wizard.dialog import WizardDialog
from desktop_app.ui.wizard.fields import TextEditor, WholeNumberEditor
from tests.ui.files_bench import project, until, write
from tests.ui.test_wizard_dialog import Opener, yaml

RUNCONFIG = "framework: Python\ncommunicator: IntelMpi\nnodeCount: 3\nmpi:\n  processCountPerNode: 2\n"


@pytest.fixture
async def dialog(places: Places, tmp_path: Path) -> AsyncIterator[WizardDialog]:
    """The PyTorch wizard on its page of ranks, the cursor in the field for SDK v1's words."""
    opener = Opener(places, project(tmp_path / "digits"))
    made = await opener.open()
    assert made.session is not None
    made.go_to(1)
    assert made.page is not None
    line = cast("TextEditor", made.page.form.editor("v1_words")).line
    line.setFocus()
    yield made
    await opener.close()


def counts(dialog: WizardDialog) -> tuple[int, int]:
    """Return what stands in the fields for nodes and processes."""
    assert dialog.page is not None
    form = dialog.page.form
    nodes, processes = (cast("WholeNumberEditor", form.editor(each)) for each in ("nodes", "processes_per_node"))
    return nodes.spin.value(), processes.spin.value()


def said(dialog: WizardDialog) -> list[str]:
    """Return the codes of the page's notes."""
    assert dialog.session is not None
    return [each.code for each in dialog.session.step.notes]


async def test_counts_follow_as_one_types(dialog: WizardDialog) -> None:
    write("process_count=8")
    await until(lambda: counts(dialog) == (1, 8))
    write(" node_count=2")
    await until(lambda: counts(dialog) == (2, 4))
    await until(lambda: "process_count_per_instance: 4" in yaml(dialog))
    assert "v1-translated" in said(dialog)


async def test_a_pasted_run_configuration(dialog: WizardDialog) -> None:
    QApplication.clipboard().setText(RUNCONFIG)
    assert dialog.page is not None
    cast("TextEditor", dialog.page.form.editor("v1_words")).line.paste()
    await until(lambda: counts(dialog) == (3, 2))
    assert "v1-other-wizard" in said(dialog)
