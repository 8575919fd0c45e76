"""The job wizard: pages from a plugin's forms, a live preview, a draft, a job file at the end."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_app.api import Answers, FieldKind, Value
from desktop_app.presenters.files import create_file
from desktop_app.presenters.rank_pages import RankPages
from desktop_app.presenters.wizard import Preview, StepState, WizardCard, WizardSession, has_draft
from desktop_app.services.drafts import Drafts
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, label, primary_button
from desktop_app.ui.wizard.chooser import Chooser
from desktop_app.ui.wizard.preview import YamlPreview
from desktop_app.ui.wizard.saving import FileName
from desktop_app.ui.wizard.step_page import StepPage
from desktop_app.ui.wizard.steps_rail import StepsRail

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_DRAFT_MS = 800
_PREVIEW_MS = 40
_SIZE = QSize(1200, 740)
_WIDE = 1000  # pixels: in less, form and preview stand in each other's way


class WizardDialog(QDialog):
    """`job_written` carries the file, and whether it is to be run now."""

    job_written = Signal(Path, bool)

    def __init__(
        self, workbench: Workbench, folder: Path, template: str | None = None, parent: QWidget | None = None,
        answers: Answers | None = None,
    ) -> None:  # fmt: skip
        """Begin the wizard `template` where there is one, with these `answers` given already."""
        super().__init__(parent)
        self._given = dict(answers or {})
        self._workbench = workbench
        self._folder = folder
        self._drafts = Drafts(workbench.places.drafts, "wizards")
        self._wizards = {f"{info.id}/{each.name}": (info, each) for info, each in workbench.plugins.wizards()}
        self.session: WizardSession | None = None
        self.kept_draft = False
        self.rail = StepsRail()
        self.heading = label("", "title", wraps=True)
        self.message = InlineMessage()
        self.stack = QStackedWidget()
        self.preview = YamlPreview("job.yml")
        self.reason = ElidedLabel("", "muted")
        self.cancel_button = button(self.tr("&Cancel"), on_click=self.reject)
        self.back_button = button(self.tr("&Back"), on_click=self.back)
        self.next_button = primary_button(self.tr("&Next"), on_click=self.next)
        self.save_button = button(self.tr("&Save as…"), "mdi6.content-save-outline", self.save_as)
        self.run_button = primary_button(self.tr("&Run here"), "mdi6.play", lambda: self.finish_job(runs=True))
        self.preview_button = button(self.tr("&Preview YAML"), "mdi6.code-tags", self._toggle_preview)
        self.chooser: Chooser | None = None
        self.file_name: FileName | None = None
        self._pages: dict[str, StepPage] = {}
        self._processes: RankPages | None = None
        self._split = QSplitter()
        self._letters: list[tuple[QPushButton, QShortcut]] = []
        self._draft_timer = QTimer(self, singleShot=True, interval=_DRAFT_MS)
        self._preview_timer = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._build()
        self._connect()
        self._begin(template)

    # ----- what can be done

    @property
    def page(self) -> StepPage | None:
        """The page that is shown."""
        widget = self.stack.currentWidget()
        return widget if isinstance(widget, StepPage) else None

    def choose(self, key: str) -> None:
        """Begin a wizard, or go on with its draft."""
        _info, wizard = self._wizards[key]
        self._forget_pages()
        self.session = WizardSession(key, wizard, self._folder, self._workbench.jobs.wizard_context)
        self.rail.subtitle.setText(wizard.title)
        self.file_name = FileName(self._folder, self.session.suggested_name(), self)
        self.file_name.changed.connect(self._update)
        if self._given:
            self.session.begin_with(self._given)
        elif self.session.take_up(self._drafts):
            self.message.clear_buttons()
            self.message.add_button(button(self.tr("Start &over"), on_click=self.start_over))
            self.message.show_text("info", self.tr("Your earlier answers are here again."))
        self._show_step()

    def start_over(self) -> None:
        """Forget the answers."""
        if self.session is not None:
            self.session.start_over()
            self.session.drop(self._drafts)
            self._draft_timer.stop()
            self.message.hide()
            self._forget_pages()
            self._show_step()

    def next(self) -> None:
        """Go to the next page, or show what stands in the way."""
        if self.session is not None:
            self.go_to(self.session.index + 1)

    def back(self) -> None:
        """Go to the page before, or to the choice of wizards."""
        if self.session is None:
            return
        if self.session.index > 0:
            self.go_to(self.session.index - 1)
        elif self.chooser is not None:
            self._keep_draft()
            self._show_chooser()

    def go_to(self, index: int) -> None:
        """Go to a page if it may be shown; else say why not."""
        session = self.session
        if session is None:
            return
        if session.go(index):
            self._draft_timer.start()
            self._show_step()
        elif (error := session.error()) is not None and self.page is not None:
            self.page.form.touch_all()
            self._update()
            self.page.form.focus_field(error.path)

    def save_as(self) -> None:
        """Ask where to save, and save there."""
        if self.session is None or self.file_name is None:
            return
        dialog = QFileDialog(self, self.tr("Save the job"), str(self._folder), self.tr("Job files (*.yml *.yaml)"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("yml")
        dialog.selectFile(str(self.file_name.path))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self._write(Path(chosen), runs=False, overwrite=True))
        dialog.open()

    def finish_job(self, *, runs: bool) -> None:
        """Save under the name on this page, and run it if asked to."""
        if self.file_name is None:
            return
        if self.file_name.problem:
            self.file_name.line.setFocus()
        else:
            self._write(self.file_name.path, runs=runs, overwrite=False)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the keyboard begins at the first question, not at the list of pages."""
        super().showEvent(event)
        self._focus_first()

    def _focus_first(self) -> None:
        if self.page is not None:
            self.page.form.focus_field()
        elif self.chooser is not None:
            self.chooser.focus_first()

    def reject(self) -> None:
        """Called by Qt for Esc: the answers are kept, and the window says so."""
        self._keep_draft()
        super().reject()

    # ----- building

    def _build(self) -> None:
        self.setWindowTitle(self.tr("New job"))
        size = fit_to_screen(self, _SIZE, self.parentWidget())
        self.setSizeGripEnabled(True)
        right = QVBoxLayout()
        right.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        right.setSpacing(Space.M)
        right.addWidget(self.heading)
        right.addWidget(self.message)
        self._split.addWidget(self.stack)
        self._split.addWidget(self.preview)
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        self._split.setSizes([640, 300])
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        right.addWidget(self._split, 1)
        right.addLayout(self._footer())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.preview_button.setChecked(size.width() >= _WIDE)

    def _footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.preview_button)
        row.addWidget(self.reason, 1)
        for each in (self.cancel_button, self.back_button, self.save_button, self.next_button, self.run_button):
            row.addWidget(each)
        self.preview_button.setCheckable(True)
        return row

    def _connect(self) -> None:
        self.rail.chosen.connect(self.go_to)
        self._draft_timer.timeout.connect(self._keep_draft)
        self._preview_timer.timeout.connect(self._show_preview)
        for keys, act in (("Ctrl+PgDown", self.next), ("Ctrl+PgUp", self.back), ("Alt+Left", self.back)):
            QShortcut(QKeySequence(keys), self, activated=act)  # type: ignore[call-overload]
        for each in (self.preview_button, self.back_button, self.save_button, self.next_button, self.run_button):
            self._letters.append((each, self._catch(each)))

    def _catch(self, made: QPushButton) -> QShortcut:
        """Catch a button's letter while it can't be pressed: a field would take it for text."""
        keys = QKeySequence.mnemonic(made.text())
        return QShortcut(keys, self, activated=lambda: self._cannot(made))  # type: ignore[call-overload, no-any-return]

    def _cannot(self, made: QPushButton) -> None:
        """Show what stands in the way, where something does."""
        if made.isVisible() and made is not self.back_button:
            self.next()

    def _begin(self, template: str | None) -> None:
        keys = list(self._wizards)
        if template in self._wizards:
            self.choose(str(template))
        elif len(keys) == 1:
            self.choose(keys[0])
        else:
            self._show_chooser()

    def _show_chooser(self) -> None:
        if self.chooser is None:
            cards = [
                WizardCard(key, wizard.title, wizard.summary, wizard.icon, info.name, wizard.tags, info.summary)
                for key, (info, wizard) in self._wizards.items()
            ]
            begun = [each for each in self._wizards if has_draft(self._drafts, self._folder, each)]
            self.chooser = Chooser(cards, begun)
            self.chooser.chosen.connect(self.choose)
            self.stack.addWidget(self.chooser)
        self.session = None
        self.stack.setCurrentWidget(self.chooser)
        self.heading.setText(self.tr("What kind of job?"))
        self.rail.subtitle.setText("")
        self.rail.show_steps([(self.tr("Kind of job"), StepState.CURRENT, True)])
        self.message.hide()
        self.reason.setText("" if self._wizards else self.tr("No plugin with a wizard is switched on."))
        for each in (self.back_button, self.next_button, self.save_button, self.run_button, self.preview_button):
            each.hide()
        self._say_what_cancel_does(None)
        self.preview.hide()
        self.chooser.focus_first()

    # ----- showing

    def _show_step(self) -> None:
        session = self.session
        if session is None:
            return
        step = session.step
        page = self._pages.get(step.name)
        if page is None:
            page = StepPage(self._folder, shows_topology=step.shows_topology)
            page.answered.connect(self._on_answer)
            self._pages[step.name] = page
            self.stack.addWidget(page)
        if session.is_last and self.file_name is not None:
            page.add_top(self.file_name)
        self.stack.setCurrentWidget(page)
        self.preview.editor.set_changed_lines([])
        self._update()
        self._show_preview()
        page.form.focus_field()

    def _update(self) -> None:
        session, page = self.session, self.page
        if session is None or page is None:
            return
        page.update_page(session)
        self.heading.setText(session.step.summary or session.step.title)
        self.rail.show_steps([
            (step.title, session.state(at), session.may_go(at)) for at, step in enumerate(session.steps)
        ])  # fmt: skip
        self._update_buttons(session)
        self._order_tabs(page)
        self._preview_timer.start()

    def _order_tabs(self, page: StepPage) -> None:
        """Let Tab go from above to below: the pages, the file's name, the questions, the preview, the buttons."""
        has_name = self.file_name is not None and self.session is not None and self.session.is_last
        name = (self.file_name.line,) if self.file_name is not None and has_name else ()
        footer = (
            self.preview_button, self.cancel_button, self.back_button, self.save_button, self.next_button,
            self.run_button,
        )  # fmt: skip
        for one, other in pairwise((*self.rail.controls, *name, *page.controls, self.preview.editor, *footer)):
            QWidget.setTabOrder(one, other)

    def _update_buttons(self, session: WizardSession) -> None:
        error = session.error()
        reason = error.message if error else ""
        if session.is_last and not reason:
            first = session.first_error()
            problem = self.file_name.problem if self.file_name else ""
            reason = f"{session.steps[first[0]].title}: {first[1].message}" if first else problem
        self.reason.setText(reason)
        self._say_what_cancel_does(session)
        self.back_button.setVisible(True)
        self.back_button.setEnabled(session.index > 0 or self.chooser is not None)
        self.preview_button.setVisible(True)
        self.preview.setVisible(self.preview_button.isChecked())
        self.next_button.setVisible(not session.is_last)
        self.next_button.setEnabled(not reason)
        self.next_button.setToolTip(reason or self.tr("Next page  Ctrl+PgDown"))
        self.next_button.setDefault(not session.is_last)
        for each in (self.save_button, self.run_button):
            each.setVisible(session.is_last)
            each.setEnabled(not reason)
            each.setToolTip(reason)
        self.run_button.setDefault(session.is_last)
        for button_, letter in self._letters:
            letter.setEnabled(button_.isHidden() or not button_.isEnabled())

    def _say_what_cancel_does(self, session: WizardSession | None) -> None:
        kept = session is not None and session.is_touched
        said = self.tr("Close; your answers are kept for the next time") if kept else self.tr("Close")
        self.cancel_button.setToolTip(f"{said}  Esc")
        self.cancel_button.setAccessibleDescription(said)

    def _show_preview(self) -> None:
        session = self.session
        if session is None:
            return
        preview = session.preview()
        if self.file_name is not None:
            self.preview.show_name(self.file_name.path.name)
        self.preview.show_preview(preview)
        if session.step.shows_topology and self.page is not None and not preview.problem:
            self._show_processes(self.page, preview)

    def _show_processes(self, page: StepPage, preview: Preview) -> None:
        """Show what the processes will see; a job that did not change is not asked about again."""
        if preview.job is not None and (self._processes is None or self._processes.job != preview.job):
            self._processes = RankPages(preview.job, self._workbench.jobs.rank_table)
        if self._processes is not None:
            page.show_processes(self._processes)
            self._order_tabs(page)  # another job may have other variables to copy

    def _toggle_preview(self) -> None:
        self.preview.setVisible(self.preview_button.isChecked())

    def _forget_pages(self) -> None:
        for each in self._pages.values():
            each.blockSignals(True)  # a box that loses the focus says once more what was typed
            self.stack.removeWidget(each)
            each.hide()
            each.deleteLater()
        self._pages.clear()

    # ----- what happens

    def _on_answer(self, name: str, value: Value) -> None:
        session = self.session
        if session is None:
            return
        field = next((each for each in session.step.form.fields if each.name == name), None)
        session.answer(name, value)
        self._draft_timer.start()
        if field is not None and field.kind is FieldKind.FILE:
            spawn(self._look_ahead(session), "read the script")
        else:
            self._update()

    async def _look_ahead(self, session: WizardSession) -> None:
        """Let a script be read off the window's thread, then show what it says."""
        await asyncio.to_thread(session.look_ahead)
        if isValid(self) and session is self.session:
            session.invalidate()
            self._update()

    def _keep_draft(self) -> None:
        self._draft_timer.stop()
        if self.session is None or not self.session.is_touched:
            return
        try:
            self.session.keep(self._drafts)
            self.kept_draft = True
        except OSError as error:
            self.message.show_text("warning", self.tr("The answers can't be kept: {}").format(error.strerror))

    def _write(self, path: Path, *, runs: bool, overwrite: bool) -> None:
        session = self.session
        if session is not None:
            spawn(self._written(session, path, runs=runs, overwrite=overwrite), "save the job", self.message.show_error)

    async def _written(self, session: WizardSession, path: Path, *, runs: bool, overwrite: bool) -> None:
        plugin, _slash, name = session.key.partition("/")
        text = self._workbench.jobs.build_wizard(plugin, name, session.answers, self._folder)
        if overwrite and path.exists():
            await asyncio.to_thread(path.write_text, text, "utf-8")
        else:
            await asyncio.to_thread(create_file, path.parent, path.name, text)
        self._draft_timer.stop()
        session.drop(self._drafts)
        self.kept_draft = False
        self.job_written.emit(path, runs)
        self.accept()
