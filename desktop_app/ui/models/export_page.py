"""Exporting a model: what it is, how it is exported, its inputs and where the file goes on one page; then progress."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import FormSpec, ModelFile, UserError, Value
from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.export import (
    ExportDraft,
    Source,
    again,
    builders_in,
    notice,
    proposed_output,
    told_of_pickle,
)
from desktop_app.presenters.models.questions import hint_for
from desktop_app.presenters.models.sources import working_folder
from desktop_app.services.exports.forecasting import forecast_for
from desktop_app.services.exports.formats.sniffing import look_at
from desktop_app.services.exports.orders import Answer, Question
from desktop_app.services.exports.routing import Offer
from desktop_app.ui.models.exporting import Exporting
from desktop_app.ui.models.inputs_editor import InputsEditor
from desktop_app.ui.models.model_section import ModelSection
from desktop_app.ui.models.parts import Section
from desktop_app.ui.models.path_line import PathLine, mark_wrong
from desktop_app.ui.models.working import WorkingPanel
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button, label, primary_button, scrolled, tool_button
from desktop_app.ui.widgets.calm_wheel import calm_wheel
from desktop_app.ui.wizard.form import FormView

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


class ExportPage(QWidget):
    """`back` when the list is wanted again. What was filled in stays, whatever an export comes to."""

    back = Signal()

    def __init__(self, workbench: Workbench, exporting: Exporting) -> None:
        super().__init__()
        self._exports, self.exporting = workbench.exports, exporting
        self.draft = ExportDraft()
        self.project: Path | None = None  # where the models of runs are proposed to go
        self._looked = 0
        self._form_of: tuple[Offer, ModelFile] | None = None  # who is asked in a thread now, and about what
        self._ended, self._is_unseen = False, False
        self._proposed = ""
        self._later: tuple[Section, ...] = ()
        self.title = label(self.tr("Export to ONNX"), "title")
        self.message = InlineMessage()
        self.model = ModelSection()
        self.exporters, self.form = QComboBox(), FormView(Path.home())
        self.inputs = InputsEditor()
        self.output = PathLine(
            self.tr("ONNX file"), saves=self.tr("Choose &where…"), patterns=self.tr("ONNX models (*.onnx)")
        )
        self.overwrite = QCheckBox(self.tr("Replace the file that is there, once the new one is right"))
        self.notice, self.reason = label("", "muted", wraps=True), label("", "warning", wraps=True)
        self.back_button = tool_button("mdi6.arrow-left", self.tr("Back to all exports"), self.back.emit)
        self.export_button = primary_button(self.tr("&Export"), "mdi6.cube-send", self.export)
        self.working = WorkingPanel(exporting)
        self._how, self._stack, self._settings = Section(self.tr("How it is exported")), QStackedWidget(), QWidget()
        self._build()
        self._connect()
        self._update()

    def begin(self, draft: ExportDraft | None = None) -> None:
        """Begin with another model, or none yet; while an export goes on, show that."""
        if self.exporting.is_busy:
            return
        self._ended = self._is_unseen = False
        self._empty(draft or ExportDraft())
        self._stack.setCurrentIndex(0)
        if self.draft.source is not None:
            self.look(self.draft.source)
        self.face()

    @property
    def is_spent(self) -> bool:
        """Whether what is filled in is of no more use: nothing is, or its export is over and was seen to be."""
        is_over = self._ended and not self._is_unseen
        return not self.exporting.is_busy and (self.draft.source is None or is_over)

    def face(self) -> None:
        """Begin at the top, at the model: nothing is exported by a key that was pressed once too often."""
        if not self.exporting.is_busy:
            self._area.verticalScrollBar().setValue(0)
            self.model.path.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def begin_with(self, path: Path, code: Path | None = None) -> None:
        """Begin with a file or folder."""
        self.begin(ExportDraft(source=Source(path, code=code)))

    def begin_again(self, report: ExportReport) -> None:
        """Begin as a report's export began."""
        self.begin(again(report))

    def choose(self, source: Source) -> None:
        """Take another model: nothing that was filled in for the one before goes for it."""
        if not self.draft.means(source):
            was = self.draft
            is_there = was.source is not None and was.source.path == source.path
            self._empty(ExportDraft(source=source, weights=was.weights if is_there else ""))
        self.look(source)

    def look(self, source: Source) -> None:
        """Look at a model, without running anything of it; what is looked at last counts."""
        self._looked += 1
        self.draft.source = source
        self.model.message.hide()
        number = self._looked

        def say(error: UserError) -> None:
            if self._is_last(number):
                self._say_unknown(error)

        spawn(self._look(source, number), f"look at {source.path.name}", say)

    def export(self) -> None:
        """Begin the export, or say what is missing."""
        if self.exporting.is_busy or self._form_of is not None:
            return
        problem = self.draft.problem()
        if problem:
            self.reason.setText(problem)
            return
        self.message.hide()
        self.exporting.start(self.draft.order())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what an export came to unseen is seen now."""
        super().showEvent(event)
        self._is_unseen = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc leads back; Ctrl+Enter exports."""
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif event.matches(QKeySequence.StandardKey.InsertLineSeparator) or (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.export()
        else:
            super().keyPressEvent(event)

    # ----- looking at the model

    async def _look(self, source: Source, number: int) -> None:
        builders: Sequence[str] = ()
        if source.path.suffix == ".py":
            builders = await asyncio.to_thread(builders_in, source.path)
            if not source.callable and builders:
                source = replace(source, callable=builders[0])
        if not self._is_last(number):
            return
        self.draft.source = source
        self.model.show_source(self.draft, builders)
        source = replace(source, code=source.code or source.path.parent)
        model = await asyncio.to_thread(look_at, source.path, source.callable, source.code, source.scripts)
        if not self._is_last(number):
            return
        self.draft.source = source
        offers = await asyncio.to_thread(self._exports.exporters, model)
        folder = self.project or source.home or working_folder()
        output = await asyncio.to_thread(proposed_output, model, source, folder, self.draft.former)
        told = await asyncio.to_thread(forecast_for, model, offers[0][1]) if offers else None
        if self._is_last(number):
            self.draft.forecast, self.draft.may_not_fit = (told.text, told.is_warning) if told else ("", False)
            self._take(model, offers, output)

    def _is_last(self, number: int) -> bool:
        return isValid(self) and number == self._looked

    def _take(self, model: ModelFile, offers: Sequence[Offer], output: Path) -> None:
        self.draft.take(model, offers)
        if self.draft.output in ("", self._proposed):
            self.draft.output = self._proposed = str(output)
        self._show_offers()
        self._show_draft()

    def _say_unknown(self, error: UserError) -> None:
        self.draft.model, self.draft.offers = None, ()
        self.model.show_model(None)
        self.model.message.show_error(told_of_pickle(error))
        self._show_offers()
        self._update()

    # ----- showing

    def _empty(self, draft: ExportDraft) -> None:
        """Show another draft, and nothing that was said or touched before."""
        self.draft = draft
        self._forget_message()
        self.model.message.hide()
        self.form.forget()
        self._show_draft()

    def _forget_message(self) -> None:
        """Say no more what went wrong: something else is filled in by now."""
        self.message.hide()
        self.message.clear_buttons()

    def _show_draft(self) -> None:
        draft = self.draft
        builders = [self.model.builder.itemText(at) for at in range(self.model.builder.count())]
        self.model.show_source(draft, builders)
        self.model.show_model(draft.model, draft.forecast, warns=draft.may_not_fit)
        if draft.model is None:
            self._show_offers()
        self.inputs.show_inputs(draft.rows, draft.files)
        self.output.show_path(draft.output)
        self.overwrite.setChecked(draft.overwrite)
        self._update()

    def _show_offers(self) -> None:
        self.exporters.clear()
        for _info, exporter in self.draft.offers:
            self.exporters.addItem(exporter.title, exporter.id)
        offer = self.draft.offer
        if offer is not None:
            self.exporters.setCurrentIndex(self.exporters.findData(offer[1].id))
            only = self.tr("How it is exported: {}").format(offer[1].title)
            self._how.heading.setText(only if len(self.draft.offers) == 1 else self.tr("How it is exported"))
        self.exporters.setVisible(len(self.draft.offers) > 1)
        self._how.setVisible(offer is not None)
        self._show_form()

    def _show_form(self) -> None:
        offer, model = self.draft.offer, self.draft.model
        self.draft.form, self._form_of = FormSpec(), None
        if offer is not None and model is not None and offer[0].source != "bundled":
            self._form_of = offer, model
            spawn(self._ask_form(offer, model), "ask for an exporter's form", self._say_no_form)
        elif offer is not None and model is not None:
            self.draft.form = self._exports.form(offer[1], model)
        self._update()

    async def _ask_form(self, offer: Offer, model: ModelFile) -> None:
        """Let a plugin with a process of its own say what it asks; it may take its time."""
        form = await asyncio.to_thread(self._exports.form, offer[1], model)
        if isValid(self) and self._form_of == (offer, model):
            self.draft.form, self._form_of = form, None
            self._update()

    def _say_no_form(self, error: UserError) -> None:
        if isValid(self):
            self.message.clear_buttons()
            self.message.add_button(button(self.tr("&Try again"), "mdi6.refresh", self._look_again))
            self.message.show_error(error)

    def _look_again(self) -> None:
        self._forget_message()
        if self.draft.source is not None:
            self.look(self.draft.source)

    def _update(self) -> None:
        """Say what is to be said of what is filled in now."""
        draft = self.draft
        self.form.update_form(draft.form, draft.value, draft.notes)
        self._align()
        waits = self.tr("Waiting for {}…").format(self._form_of[0][1].title) if self._form_of is not None else ""
        problem = draft.problem() or draft.output_problem() or waits
        self.overwrite.setVisible(draft.is_there)
        self.inputs.mark()
        mark_wrong(self.output.line, draft.output_problem() if draft.model is not None else "")
        self.reason.setText(problem)
        self.reason.setVisible(bool(problem))
        self.export_button.setEnabled(not problem)
        self.export_button.setToolTip(problem or self.tr("Export  Ctrl+Enter"))
        self.notice.setText(notice(draft.model, draft.offer[1] if draft.offer else None) if draft.model else "")
        self.notice.setVisible(draft.model is not None)
        for each in self._later:
            each.setVisible(draft.model is not None)

    def _align(self) -> None:
        """Let the fields of both cards begin below each other."""
        width = max(self.model.label_width, self.form.title_width)
        self.model.keep_label_width(width)
        self.form.keep_title_width(width)

    # ----- what happens

    def _answered(self, name: str, value: Value) -> None:
        self.draft.answer(name, value)
        self._forget_message()
        self._update()

    def _choose_exporter(self) -> None:
        self.draft.exporter = str(self.exporters.currentData() or "")
        self._show_form()

    def _inputs_changed(self) -> None:
        self.draft.rows, self.draft.files = self.inputs.rows, list(self.inputs.files)
        self._forget_message()
        self._update()

    def _output_changed(self, text: str) -> None:
        self.draft.output, self.draft.overwrite = text, False
        self.overwrite.setChecked(False)
        self._forget_message()
        self._update()

    def _overwrite_changed(self, on: bool) -> None:
        self.draft.overwrite = on
        self._update()

    def _weights_changed(self, text: str) -> None:
        self.draft.weights = text
        self._forget_message()

    def _show_working(self) -> None:
        self._ended = False
        self._stack.setCurrentWidget(self.working)

    def _show_settings(self) -> None:
        self._ended, self._is_unseen = True, not self.isVisible()
        self._stack.setCurrentIndex(0)
        self._update()
        self.face()

    def _show_done(self) -> None:
        self._show_settings()
        self._is_unseen = False  # its report is what is to be seen

    def _failed(self, error: UserError) -> None:
        self._show_settings()
        self.message.clear_buttons()
        self.message.show_error(UserError(error.message, hint=hint_for("", error.hint), details=error.details))

    def _given_up(self) -> None:
        self._show_settings()
        said = self.tr("The export was given up; nothing was written. Your settings are as they were.")
        self.message.clear_buttons()
        self.message.show_text("info", said)

    def _ask(self, question: Question) -> None:
        self.working.ask(question, Path.home(), self.draft)

    def _take_answer(self, answer: Answer | None) -> None:
        """Go on with an answer; it becomes part of the settings, so that nothing is asked twice."""
        if answer is not None:
            self.draft.answers.update(answer.options)
            if answer.inputs:
                self._keep_inputs(answer)
        self.exporting.answer(answer)

    def _keep_inputs(self, answer: Answer) -> None:
        from desktop_app.presenters.models.inputs import rows_of_specs

        self.draft.rows, self.draft.files = rows_of_specs(answer.inputs)
        self.inputs.show_inputs(self.draft.rows, self.draft.files)

    # ----- building

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        for each in (self.back_button, self.title):
            head.addWidget(each)
        head.addStretch()
        self._build_settings()
        self._stack.addWidget(self._settings)
        self._stack.addWidget(self.working)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, 0)
        column.setSpacing(Space.M)
        column.addLayout(head)
        column.addWidget(self.message)
        column.addWidget(self._stack, 1)

    def _build_settings(self) -> None:
        content = QWidget()
        sections = QVBoxLayout(content)
        sections.setContentsMargins(0, 0, 0, 0)
        sections.setSpacing(Space.M)
        self.exporters.setAccessibleName(self.tr("Exporter"))
        calm_wheel(self.exporters)
        for widget in (self.exporters, self.form):
            self._how.body.addWidget(widget)
        hint = self.tr(
            "Leave this empty where the model tells its inputs by itself; you are asked where it does not. "
            "An axis that may vary has a name, such as batch; all others are numbers."
        )
        inputs = Section(self.tr("Inputs"), label(hint, "muted", wraps=True), self.inputs)
        where = Section(self.tr("Where it goes"), self.output, self.overwrite)
        self._later = (inputs, where)
        for each in (self.model, self._how, *self._later):
            sections.addWidget(each)
        sections.addStretch()
        foot = QHBoxLayout()
        foot.setSpacing(Space.S)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        foot.addWidget(self.notice, 1)
        foot.addWidget(self.reason, 1)
        foot.addWidget(self.export_button)
        foot.setContentsMargins(0, 0, 0, Space.L)
        column = QVBoxLayout(self._settings)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        self._area = scrolled(content, self.tr("Settings of the export"), has_controls=True)
        column.addWidget(self._area, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.model.chosen.connect(self.choose)
        self.model.weights_edited.connect(self._weights_changed)
        self.exporters.activated.connect(lambda _index: self._choose_exporter())
        self.form.answered.connect(self._answered)
        self.inputs.changed.connect(self._inputs_changed)
        self.output.edited.connect(self._output_changed)
        self.overwrite.toggled.connect(self._overwrite_changed)
        self.working.answered.connect(self._take_answer)
        for signal, act in (
            (self.exporting.began, self._show_working), (self.exporting.asked, self._ask),
            (self.exporting.failed, self._failed), (self.exporting.given_up, self._given_up),
            (self.exporting.done, lambda _report: self._show_done()),
        ):  # fmt: skip
            signal.connect(act)
