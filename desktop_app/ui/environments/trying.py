"""Tries an environment here: progress, Cancel, and what failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.core.environments import Environment
from desktop_app.presenters.environments import trial_lines
from desktop_app.services.environments.trying import Trial, Trials, Wish
from desktop_app.ui.environments.lines import LineList
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, label


class TryPane(QWidget):
    """One try at a time; it ends with the window. `read` is called beside the window's thread, at each try anew."""

    def __init__(self, trials: Trials, read: Callable[[str], Environment]) -> None:
        super().__init__()
        self._trials, self._read = trials, read
        self._target = ""
        self._environment: Environment | None = None
        self._task: asyncio.Task[None] | None = None
        self.trial: Trial | None = None
        self.imports = QLineEdit(placeholderText=self.tr("Modules to import: those of its packages"))
        self.start = button(self.tr("&Try it here"), "mdi6.flask-outline", self.begin)
        self.stop = button(self.tr("Ca&ncel"), "mdi6.close", self.cancel)
        self.step = ElidedLabel("", "muted")
        self.bar = QProgressBar(textVisible=False)
        self.message = InlineMessage()
        self.said = label(role="strong", wraps=True)
        self.results = LineList(self.tr("What the try gave"))
        self._build()

    @property
    def is_running(self) -> bool:
        """Whether a try is under way."""
        return self._task is not None and not self._task.done()

    def show_environment(self, environment: Environment, target: str) -> None:
        """Offer another one; a try that is under way goes on. What was said of the same one, unchanged, stays."""
        is_same = (environment, target) == (self._environment, self._target)
        self._environment, self._target = environment, target
        if not self.is_running and not is_same:
            self._clear()

    def begin(self) -> None:
        """Make it and import its packages."""
        if not self._target or self.is_running:
            return
        self._clear()
        modules = tuple(each.strip() for each in self.imports.text().split(",") if each.strip())
        self._task = spawn(self._run(self._target, modules), "try an environment", self._refused)
        self._task.add_done_callback(self._ended)
        self._show_state()

    def cancel(self) -> None:
        """End the try; nothing is left behind."""
        if self._task is not None:
            self._task.cancel()

    def _build(self) -> None:
        self.imports.setAccessibleName(self.tr("Modules to import"))
        self.bar.setAccessibleName(self.tr("Progress of the try"))
        self.bar.setRange(0, 0)
        tip = self.tr("Installs what pip installs into an environment of its own, and imports it")
        self.start.setToolTip(tip)
        head = QHBoxLayout()
        head.addWidget(self.imports, 1)
        head.addWidget(self.start)
        head.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.S, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(head)
        for each in (self.bar, self.step, self.message, self.said):
            column.addWidget(each)
        column.addWidget(self.results, 1)
        self._clear()
        self._show_state()

    def _clear(self) -> None:
        self.trial = None
        self.message.hide()
        self.results.show_lines(())
        text = self.tr(
            "Its pip packages are installed on this machine, apart from all else, and imported: not the image."
        )
        self.said.setText(text)
        self.step.setText("")

    async def _run(self, target: str, modules: tuple[str, ...]) -> None:
        environment = await asyncio.to_thread(self._read, target)
        trial = await self._trials.run(Wish(environment, modules), self._progress)
        if isValid(self):
            self._show(trial)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Called when the try is over in any way, also where it was canceled before it began."""
        if isValid(self):
            self._task = None
            if task.cancelled():
                self.said.setText(self.tr("Canceled; nothing was left behind."))
            self._show_state()

    def _progress(self, message: str, part: float | None) -> None:
        self.step.setText(message)
        self.bar.setRange(0, 0 if part is None else 100)
        if part is not None:
            self.bar.setValue(round(part * 100))

    def _show(self, trial: Trial) -> None:
        self.trial, self._environment = trial, trial.environment
        works = self.tr("It works.") if trial.works else self.tr("It does not work yet.")
        self.said.setText(f"{trial.environment.title}: {works} {trial.said}")
        self.results.show_lines(trial_lines(trial))

    def _refused(self, error: UserError) -> None:
        if isValid(self):
            self.message.show_error(error)

    def _show_state(self) -> None:
        running = self.is_running
        self.start.setEnabled(not running)
        self.stop.setVisible(running)
        self.bar.setVisible(running)
        self.step.setVisible(running)
