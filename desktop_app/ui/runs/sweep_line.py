"""The line below a run's heading: how far a sweep is and how it searches, or of which sweep this is a trial."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_app.api import RunSnapshot
from desktop_app.presenters.trials import Trials, manner, trial_line
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, button, label


class SweepLine(QWidget):
    """`asked` when a trial's sweep is to be shown."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.sweep = button("", "mdi6.tune-variant", self.asked.emit, role="link")
        self.said = label("", "strong")
        self.more = ElidedLabel("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.M)
        row.addWidget(self.sweep)
        row.addWidget(self.said)
        row.addWidget(self.more, 1)
        self.hide()

    def show_sweep(self, trials: Trials | None) -> None:
        """Show how far a sweep is; nothing for another run."""
        self.setVisible(trials is not None)
        self.sweep.hide()
        self.said.setVisible(trials is not None)
        if trials is not None:
            self.said.setText(trials.headline)
            self.more.setText(manner(trials.state))

    def show_trial(self, run: RunSnapshot, sweep: RunSnapshot | None) -> None:
        """Show which trial a run is, with the way to its sweep where that is known."""
        self.show()
        self.said.hide()
        self.sweep.setVisible(sweep is not None)
        if sweep is not None:
            self.sweep.setText(sweep.display_name.replace("&", "&&"))
            self.sweep.setToolTip(self.tr("Back to the sweep  Esc"))
        self.more.setText(trial_line(run))
