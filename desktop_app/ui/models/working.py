"""An export that goes on: its stages, what it does now, what it asks, and a Cancel that works."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from desktop_app.core.words import clock_text
from desktop_app.presenters.models.export import ExportDraft
from desktop_app.presenters.models.stages import StageLine, lines
from desktop_app.services.exports.orders import Question
from desktop_app.ui.icons import icon
from desktop_app.ui.models.exporting import Exporting
from desktop_app.ui.models.parts import Section
from desktop_app.ui.models.question_card import QuestionCard
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets import ElidedLabel, button, label, scrolled

_LOOKS = {
    "done": ("mdi6.check-circle-outline", "completed", "done"),
    "now": ("mdi6.progress-clock", "running", "goes on"),
    "to come": ("mdi6.circle-outline", "muted", "to come"),
}


class WorkingPanel(QWidget):
    """`answered` carries what a person decided, None for going back."""

    answered = Signal(object)

    def __init__(self, exporting: Exporting) -> None:
        super().__init__()
        self._exporting = exporting
        self.card: QuestionCard | None = None
        self._stages = [_StageView() for _each in lines(exporting.stage, "")]
        self.bar = QProgressBar(textVisible=False)
        self.clock = label(role="muted")
        self.cancel_button = button(self.tr("&Cancel"), "mdi6.close", exporting.cancel)
        self._column = QVBoxLayout()
        self._progress = Section(self.tr("Exporting"))
        self._second = QTimer(self, interval=1000)
        self._build()
        exporting.told.connect(self.show_progress)
        exporting.began.connect(self._begin)

    def ask(self, question: Question, folder: Path, draft: ExportDraft) -> None:
        """Ask in place of the progress, which goes on once there is an answer."""
        self._drop_card()
        self.card = QuestionCard(question, folder, draft)
        self.card.answered.connect(self._take)
        self._column.insertWidget(0, self.card)
        self.card.show()
        self._progress.hide()
        self.card.focus_first()

    def show_progress(self) -> None:
        """Show how far it is."""
        exporting = self._exporting
        for view, line in zip(self._stages, lines(exporting.stage, exporting.message), strict=True):
            view.show_line(line)
        self.bar.setRange(0, 0 if exporting.part is None else 1000)
        if exporting.part is not None:
            self.bar.setValue(int(exporting.part * 1000))
        self._tick()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: time passes only where it is seen."""
        super().showEvent(event)
        self._second.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._second.stop()

    def _begin(self) -> None:
        self._drop_card()
        order = self._exporting.order
        if order is not None:
            self._progress.heading.setText(
                self.tr("Exporting {} to {}").format(order.model.path.name, order.output.name)
            )
        self.show_progress()
        self.cancel_button.setFocus()

    def _take(self, answer: object) -> None:
        self._drop_card()
        self.cancel_button.setFocus()
        self.answered.emit(answer)

    def _drop_card(self) -> None:
        if self.card is not None:
            self.card.hide()
            self.card.deleteLater()
            self.card = None
        self._progress.show()

    def _tick(self) -> None:
        self.clock.setText(clock_text(self._exporting.seconds) if self._exporting.is_busy else "")

    def _build(self) -> None:
        self.bar.setAccessibleName(self.tr("Progress of the export"))
        self._progress.heading.setWordWrap(True)
        for each in self._stages:
            self._progress.body.addWidget(each)
        foot = QHBoxLayout()
        foot.setSpacing(Space.M)
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.clock)
        foot.addWidget(self.cancel_button)
        self._progress.body.addSpacing(Space.S)
        self._progress.body.addLayout(foot)
        said = self.tr("You can go on working: the export goes on while you look at something else.")
        self._progress.body.addWidget(label(said, "small", wraps=True))
        content = QWidget()
        content.setLayout(self._column)
        self._column.setContentsMargins(0, 0, 0, Space.L)
        self._column.setSpacing(Space.M)
        self._column.addWidget(self._progress)
        self._column.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled(content, self.tr("The export"), has_controls=True))
        self._second.timeout.connect(self._tick)


class _StageView(QWidget):
    """One stage."""

    def __init__(self) -> None:
        super().__init__()
        self._state = ""
        self._picture = QLabel()
        self.title, self.text = label(), ElidedLabel("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._picture)
        row.addWidget(self.title)
        row.addWidget(self.text, 1)
        theme_manager().changed.connect(self._redraw)

    def show_line(self, line: StageLine) -> None:
        """Show how far it is."""
        self.title.setText(line.title)
        self.text.setText(line.text)
        self.setAccessibleName(f"{line.title}: {_LOOKS[line.state][2]} {line.text}".strip())
        if line.state != self._state:
            self._state = line.state
            self.title.setProperty("role", {"now": "strong", "to come": "muted"}.get(line.state, "plain"))
            self.title.style().unpolish(self.title)
            self.title.style().polish(self.title)
            self._redraw()

    def _redraw(self) -> None:
        if self._state:
            picture, role, _word = _LOOKS[self._state]
            self._picture.setPixmap(icon(picture, role).pixmap(icon_size(), self.devicePixelRatioF()))
