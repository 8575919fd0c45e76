"""The Files page's actions, for the menus, the palette and the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from desktop_app.ui.files.page import FilesPage
    from desktop_app.ui.shell import Shell


def add_file_actions(page: FilesPage, shell: Shell) -> None:
    """Add what can be done with files and texts."""
    tr, add, editors = page.tr, shell.add_action, page.editors

    def with_pane(act: Callable[[EditorPane], object]) -> Callable[[], object]:
        return lambda: act(page.pane) if page.pane is not None and page.isVisible() else None

    add("files.new", tr("New &file…"), "", page.tree.new_file, icon="mdi6.file-plus-outline", menu="file")
    add("files.new_folder", tr("New f&older…"), "", page.tree.new_folder, icon="mdi6.folder-plus-outline", menu="file")
    add("files.save", tr("&Save"), "Ctrl+S", with_pane(lambda pane: spawn(pane.save(), "save")),
        icon="mdi6.content-save-outline", menu="file")  # fmt: skip
    add("files.save_all", tr("Save a&ll"), "Ctrl+Shift+S", lambda: spawn(editors.save_all(), "save all"),
        icon="mdi6.content-save-all-outline", menu="file")  # fmt: skip
    add("files.close", tr("&Close the file"), "Ctrl+W",
        with_pane(lambda _pane: spawn(editors.close_tab(editors.tabs.currentIndex()), "close a file")),
        icon="mdi6.close", menu="file")  # fmt: skip
    _add_edit_actions(page, shell, with_pane)
    _add_run_actions(page, shell, with_pane)
    add("files.next", tr("&Next file"), "Ctrl+PgDown", lambda: editors.step_tab(1), menu="view")
    add("files.previous", tr("&Previous file"), "Ctrl+PgUp", lambda: editors.step_tab(-1), menu="view")
    add("files.tree", tr("Go to the project &tree"), "Ctrl+Shift+E", page.tree.tree.setFocus, menu="view")
    add("files.problems", tr("Pro&blems of the folder"), "Ctrl+Shift+M", page.toggle_problems,
        icon="mdi6.alert-circle-outline", menu="view")  # fmt: skip
    add("files.form", tr("Show the &form"), "", with_pane(lambda pane: pane.views.choose("form")), menu="view")
    add("files.both", tr("Show form &and text"), "", with_pane(lambda pane: pane.views.choose("both")), menu="view")
    add("files.text", tr("Show the te&xt"), "", with_pane(lambda pane: pane.views.choose("text")), menu="view")
    add("files.form_or_text", tr("Go to form &or text"), "Ctrl+Shift+F",
        with_pane(lambda pane: pane.views.switch_focus()), menu="view")  # fmt: skip
    add("files.larger", tr("&Larger text"), "Ctrl++", lambda: page.zoom(1), menu="view")
    add("files.smaller", tr("S&maller text"), "Ctrl+-", lambda: page.zoom(-1), menu="view")
    add("files.plain_size", tr("Text as large as &usual"), "Ctrl+0", lambda: page.zoom(0), menu="view")


_WithPane = Callable[[Callable[[EditorPane], object]], Callable[[], object]]


def _add_edit_actions(page: FilesPage, shell: Shell, with_pane: _WithPane) -> None:
    tr, add = page.tr, shell.add_action
    add("edit.undo", tr("&Undo"), "", with_pane(lambda pane: pane.editor.undo()), icon="mdi6.undo", menu="edit")
    add("edit.redo", tr("&Redo"), "", with_pane(lambda pane: pane.editor.redo()), icon="mdi6.redo", menu="edit")
    add("edit.find", tr("&Find…"), "Ctrl+F", with_pane(lambda pane: pane.find_bar.open_bar()),
        icon="mdi6.magnify", menu="edit")  # fmt: skip
    add("edit.replace", tr("R&eplace…"), "Ctrl+H", with_pane(lambda pane: pane.find_bar.open_bar(replace=True)),
        icon="mdi6.find-replace", menu="edit")  # fmt: skip
    add("edit.find_next", tr("Find &next"), "F3", with_pane(lambda pane: pane.find_bar.step(1)), menu="edit")
    add("edit.find_previous", tr("Find &previous"), "Shift+F3", with_pane(lambda pane: pane.find_bar.step(-1)),
        menu="edit")  # fmt: skip
    add("edit.go_to_line", tr("&Go to line…"), "Ctrl+G", with_pane(lambda pane: pane.line_bar.open_bar()), menu="edit")
    add("edit.suggest", tr("&Suggest what may stand here"), "Ctrl+Space",
        with_pane(lambda pane: pane.assist.completer.open()), menu="edit")  # fmt: skip
    add("edit.explain", tr("E&xplain the word at the cursor"), "Ctrl+I",
        with_pane(lambda pane: pane.assist.explainer.explain_here()), menu="edit")  # fmt: skip
    add("edit.fix", tr("Fi&x the problem at the cursor…"), "Alt+Return",
        with_pane(lambda pane: pane.assist.open_fixes()), icon="mdi6.lightbulb-on-outline", menu="edit")  # fmt: skip
    add("edit.outline", tr("&Outline of this file…"), "Ctrl+Shift+O",
        with_pane(lambda pane: pane.do(pane.assist.open_outline(), "outline")),
        icon="mdi6.format-list-bulleted-square", menu="edit")  # fmt: skip
    add("edit.comment", tr("&Comment out or in"), "Ctrl+/", with_pane(lambda pane: pane.editor.toggle_comment()),
        menu="edit")  # fmt: skip


def _add_run_actions(page: FilesPage, shell: Shell, with_pane: _WithPane) -> None:
    tr, add = page.tr, shell.add_action
    add("run.here", tr("&Run here…"), "Ctrl+R", page.run_current, icon="mdi6.play", menu="run")
    add("run.tune", tr("&Tune hyperparameters…"), "", page.go_on_from_job, icon="mdi6.tune-variant", menu="run")
    add("run.upload_preview", tr("&Upload preview…"), "Ctrl+Shift+U", page.editors.preview_upload,
        icon="mdi6.cloud-upload-outline", menu="run")  # fmt: skip
    add("run.validate", tr("&Validate this file"), "F7", page.editors.validate, icon="mdi6.check-all", menu="run")
    add("run.next_problem", tr("&Next problem"), "F8", with_pane(lambda pane: pane.step_problem(1)), menu="run")
    add("run.previous_problem", tr("&Previous problem"), "Shift+F8", with_pane(lambda pane: pane.step_problem(-1)),
        menu="run")  # fmt: skip
