"""The job wizard: pages from a plugin's forms, a live preview, a draft, a job file at the end."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QStackedWidget,
    QWidget,
)

from desktop_app.api import Answers, FieldKind, UserError, Value
from desktop_app.presenters.rank_pages import RankPages
from desktop_app.presenters.wizard import Preview, StepState, WizardSession, has_draft
from desktop_app.services.drafts import Drafts
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.widgets import InlineMessage, button, label
from desktop_app.ui.wizard.asking import Asking
from desktop_app.ui.wizard.chooser import Chooser
from desktop_app.ui.wizard.finding import FoundWizards, replace_chooser
from desktop_app.ui.wizard.footer import Footer, Ways
from desktop_app.ui.wizard.layout import wizard_layout
from desktop_app.ui.wizard.preview import YamlPreview
from desktop_app.ui.wizard.saving import FileName, JobWriter, file_dialog
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
        self.found = FoundWizards(workbench.jobs.wizards, self)
        self._asking: Asking | None = None
        self._working = ""
        self._begun = self._failure_shown = False
        self._writer = JobWriter(workbench.jobs, self)
        self.session: WizardSession | None = None
        self.kept_draft = False
        self.rail = StepsRail()
        self.heading = label("", "title", wraps=True)
        self.message = InlineMessage()
        self.stack = QStackedWidget()
        self.preview = YamlPreview("job.yml")
        run = partial(self.finish_job, runs=True)
        self.footer = Footer(Ways(self.reject, self.back, self.next, self.save_as, run, self._toggle_preview))
        self.reason, self.cancel_button = self.footer.reason, self.footer.cancel_button
        self.back_button, self.next_button = self.footer.back_button, self.footer.next_button
        self.save_button, self.run_button = self.footer.save_button, self.footer.run_button
        self.preview_button = self.footer.preview_button
        self.chooser: Chooser | None = None
        self.file_name: FileName | None = None
        self._pages: dict[str, StepPage] = {}
        self._processes: RankPages | None = None
        self._previewed: Preview | None = None
        self._draft_timer = QTimer(self, singleShot=True, interval=_DRAFT_MS)
        self._preview_timer = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._build()
        self._connect()
        self._template = template
        self._begin()

    # ----- what can be done

    @property
    def page(self) -> StepPage | None:
        """The page that is shown."""
        widget = self.stack.currentWidget()
        return widget if isinstance(widget, StepPage) else None

    def choose(self, key: str) -> None:
        """Begin a wizard, or go on with its draft; its first page is shown when the wizard has said what it asks."""
        info, wizard = self.found.by_key[key]
        jobs = self._workbench.jobs
        session = WizardSession(key, wizard, self._folder, jobs.wizard_context, apart=jobs.wizards.take_long)
        self._stop_asking()
        self._begun = not self._given and has_draft(self._drafts, self._folder, key)
        self._asking = asking = Asking(session, jobs, info.name, self)
        asking.looked.connect(lambda: self._on_looked(session))
        asking.failed.connect(self._on_failed)
        asking.working.connect(self._on_working)
        asking.previewed.connect(self._on_previewed)
        asking.rows_came.connect(self._on_rows)
        if self.chooser is None and self.session is None:
            self._show_no_page(wizard.title)
        try:
            session.begin_with(self._given) if self._given else session.take_up(self._drafts)
        except UserError as error:
            self._on_failed(error)
        else:
            asking.ask()

    def _start(self, session: WizardSession) -> None:
        self._forget_pages()
        self._processes, self._previewed = None, None
        self.session = session
        self.rail.subtitle.setText(session.wizard.title)
        self.file_name = FileName(self._folder, session.suggested_name(), self)
        self.file_name.changed.connect(self._update)
        if self._begun:
            self.message.clear_buttons()
            self.message.add_button(button(self.tr("Start &over"), on_click=self.start_over))
            self.message.show_text("info", self.tr("Your earlier answers are here again."))
        self._show_step()

    def start_over(self) -> None:
        """Forget the answers."""
        if self.session is not None and self._asking is not None:
            self.session.start_over()
            self.session.drop(self._drafts)
            self._draft_timer.stop()
            self.message.hide()
            self._asking.when_settled(self._show_anew)

    def _show_anew(self) -> None:
        self._forget_pages()
        self._show_step()

    def next(self) -> None:
        """Go to the next page, or show what stands in the way."""
        session = self.session
        if session is not None and self._asking is not None:
            self._asking.when_settled(lambda: self._go(session.index + 1))

    def back(self) -> None:
        """Go to the page before, or to the choice of wizards."""
        if self.session is None:
            return
        if self.session.index > 0:
            self._go(self.session.index - 1)
        elif self.chooser is not None:
            self._keep_draft()
            self._show_chooser()

    def go_to(self, index: int) -> None:
        """Go to a page if it may be shown; else say why not. Forward only when the wizard has seen all answers."""
        session = self.session
        if session is None or self._asking is None:
            return
        if index <= session.index:
            self._go(index)
        elif index < len(session.steps):
            name = session.steps[index].name
            self._asking.when_settled(lambda: self._go(session.index_of(name)))

    def _go(self, index: int) -> None:
        session = self.session
        if session is None or self._writer.is_busy:
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
        if self.session is not None and self._asking is not None:
            self._asking.when_settled(self._ask_where)

    def _ask_where(self) -> None:
        if self.file_name is None or self._stands_in_the_way():
            return
        dialog = file_dialog(self, self.file_name.path)
        dialog.fileSelected.connect(lambda chosen: self._write(Path(chosen), runs=False, overwrite=True))
        dialog.open()

    def finish_job(self, *, runs: bool) -> None:
        """Save under the name on this page, and run it if asked to."""
        if self.session is not None and self._asking is not None:
            self._asking.when_settled(lambda: self._finish_settled(runs=runs))

    def _finish_settled(self, *, runs: bool) -> None:
        if self.file_name is None:
            return
        if self.file_name.problem:
            self.file_name.line.setFocus()
        elif not self._stands_in_the_way():
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
        if self._asking is not None:
            self._asking.close()
        super().reject()

    # ----- building

    def _build(self) -> None:
        self.setWindowTitle(self.tr("New job"))
        size = fit_to_screen(self, _SIZE, self.parentWidget())
        self.setSizeGripEnabled(True)
        above, below = (self.heading, self.message), self.footer
        self.setLayout(wizard_layout(self.rail, above, (self.stack, self.preview), below))
        self.preview_button.setChecked(size.width() >= _WIDE)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.go_to)
        self._draft_timer.timeout.connect(self._keep_draft)
        self._preview_timer.timeout.connect(self._show_preview)
        for keys, act in (("Ctrl+PgDown", self.next), ("Ctrl+PgUp", self.back), ("Alt+Left", self.back)):
            QShortcut(QKeySequence(keys), self, activated=act)  # type: ignore[call-overload]
        self.footer.catch_letters(self)
        self.found.came.connect(self._on_wizards)
        self._writer.busy.connect(self._on_writing)
        self._writer.written.connect(self._on_written)
        self._writer.failed.connect(self._on_unwritten)

    def _begin(self) -> None:
        """Begin the wizard that was asked for, or with the choice; of what is not known yet, when it is."""
        self.found.look()
        keys = list(self.found.by_key)
        if self._template in keys or (len(keys) == 1 and not self.found.is_looking):
            self.choose(self._template or keys[0])
        elif self._template is not None and self.found.is_looking:
            self._show_no_page(self.tr("Looking for the wizard…"))
        else:
            self._show_chooser()

    def _on_wizards(self, others: bool) -> None:
        """Plugins with processes of their own have said which wizards they have now."""
        if self.chooser is not None and others:
            old, self.chooser = self.chooser, self._make_chooser()
            replace_chooser(self.stack, old, self.chooser)
        elif self._asking is None and self.chooser is None:
            self._begin()

    def _make_chooser(self) -> Chooser:
        made = self.found.chooser(self._drafts, self._folder)
        made.chosen.connect(self.choose)
        return made

    def _show_no_page(self, heading: str) -> None:
        self.heading.setText(heading)
        self.reason.clear()
        self.footer.show_no_page()
        self.preview.hide()

    def _show_chooser(self) -> None:
        if self.chooser is None:
            self.chooser = self._make_chooser()
            self.stack.addWidget(self.chooser)
        self._stop_asking()
        self.session = None
        self.stack.setCurrentWidget(self.chooser)
        self._show_no_page(self.tr("What kind of job?"))
        self.rail.subtitle.setText("")
        self.rail.show_steps([(self.tr("Kind of job"), StepState.CURRENT, True)])
        self.message.hide()
        self.reason.setText("" if self.found.by_key else self.tr("No plugin with a wizard is switched on."))
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
        self._preview_now()
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
        if not session.apart:
            self._preview_timer.start()

    def _order_tabs(self, page: StepPage) -> None:
        """Let Tab go from above to below: the pages, the file's name, the questions, the preview, the buttons."""
        has_name = self.file_name is not None and self.session is not None and self.session.is_last
        name = (self.file_name.line,) if self.file_name is not None and has_name else ()
        above = (*self.rail.controls, *name, *page.controls)
        for one, other in pairwise((*above, self.preview.editor, *self.footer.controls)):
            QWidget.setTabOrder(one, other)

    def _stands_in_the_way(self) -> str:
        """Return why the page can't be left; of answers that the wizard has not seen yet nothing is known."""
        session, asking = self.session, self._asking
        if session is None or asking is None or self._writer.is_busy:
            return self.tr("One moment…")
        if asking.error is not None:
            return asking.error.message
        if not session.is_fresh and session.apart:
            return ""
        problem = self.file_name.problem if self.file_name is not None and session.is_last else ""
        return session.in_the_way() or problem

    def _update_buttons(self, session: WizardSession) -> None:
        reason = self._stands_in_the_way()
        self.reason.setText(self._working or reason)
        self.footer.say_what_cancel_does(keeps=session.is_touched)
        self.preview.setVisible(self.preview_button.isChecked())
        goes_back = (session.index > 0 or self.chooser is not None) and not self._writer.is_busy
        self.footer.show_page(reason, is_last=session.is_last, goes_back=goes_back)

    def _preview_now(self) -> None:
        """Show the job file, of a wizard that takes long as it was made last: another one follows by itself."""
        if self.session is not None and not self.session.apart:
            self._show_preview()
        elif self._previewed is not None:
            self._show_made(self._previewed)

    def _on_previewed(self, preview: Preview, pages: RankPages | None) -> None:
        self._previewed, self._processes = preview, pages
        self._show_made(preview)

    def _on_rows(self) -> None:
        if self.page is not None:
            self.page.processes.show_rows_again()

    def _show_preview(self) -> None:
        if self.session is not None:
            self._show_made(self.session.preview())

    def _show_made(self, preview: Preview) -> None:
        session = self.session
        if session is None:
            return
        if self.file_name is not None:
            self.preview.show_name(self.file_name.path.name)
        self.preview.show_preview(preview)
        if session.step.shows_topology and self.page is not None and not preview.problem:
            self._show_processes(self.page, preview)

    def _show_processes(self, page: StepPage, preview: Preview) -> None:
        """Show what the processes will see; a job that did not change is not asked about again."""
        is_apart = self.session is None or self.session.apart
        if not is_apart and preview.job is not None and (self._processes is None or self._processes.job != preview.job):
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
        session, asking = self.session, self._asking
        if session is None or asking is None:
            return
        field = next((each for each in session.step.form.fields if each.name == name), None)
        session.answer(name, value)
        self._draft_timer.start()
        if asking.is_down:
            return  # the answer is kept; the message says how to go on
        asking.ask(of_file=field is not None and field.kind is FieldKind.FILE)
        if session.apart:
            self._update_buttons(session)

    def _on_looked(self, session: WizardSession) -> None:
        """The wizard has seen the answers: show what it says of them."""
        if self._failure_shown:
            self._failure_shown = False
            self.message.close_button.show()
            self.message.clear_buttons()
            self.message.hide()
        if session is self.session:
            self._update()
        else:
            self._start(session)

    def _on_failed(self, error: UserError) -> None:
        """The wizard's plugin failed or was cut off: everything typed stays, and it can be tried again."""
        self._failure_shown = True
        self._keep_draft()
        self.message.close_button.hide()  # it goes when the wizard is there again
        self.message.clear_buttons()
        self.message.add_button(button(self.tr("&Try again"), "mdi6.refresh", self.try_again))
        kept = self._asking is not None and self._asking.session.is_touched
        hint = self.tr("Your answers are still here.") if kept else ""
        self.message.show_text("error", error.message, error.hint or hint, error.details)
        if self.session is not None:
            self._update_buttons(self.session)

    def try_again(self) -> None:
        """Ask the wizard once more, of a plugin that is imported anew where it failed."""
        if self._asking is not None:
            self.message.hide()
            self._asking.try_again()

    def _on_working(self, is_working: bool) -> None:
        """Who waits is told for whom."""
        title = self._asking.title if self._asking is not None else ""
        self._working = self.tr("Waiting for {}…").format(title) if is_working else ""
        if self.session is not None:
            self._update_buttons(self.session)
        else:
            self.reason.setText(self._working)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.close()
            self._asking.deleteLater()
        self._asking, self._working, self._failure_shown = None, "", False

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
        if self.session is not None:
            self._writer.write(self.session, path, runs=runs, overwrite=overwrite)

    def _on_writing(self, is_writing: bool) -> None:
        """Let nothing be answered while the job file is made of the answers."""
        focus = self.focusWidget()
        for each in (self.stack, self.rail):
            each.setEnabled(not is_writing)
        if self.session is not None:
            self._update_buttons(self.session)
        if not is_writing and self.isVisible() and isinstance(focus, QWidget):
            focus.setFocus()

    def _on_written(self, path: Path, runs: bool) -> None:
        self._draft_timer.stop()
        if self.session is not None:
            self.session.drop(self._drafts)
        self.kept_draft = False
        self.job_written.emit(path, runs)
        self.accept()

    def _on_unwritten(self, error: UserError) -> None:
        if self._asking is None or not self._asking.gives_up(error):
            self.message.show_error(error)
