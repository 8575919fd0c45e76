"""The row at the bottom: problems, runs, toolchain, notifications. Each part leads to what it counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolTip

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size

_SAID_MS = 4000


class StatusRow(QFrame):
    """Shows what it is told, and emits what was clicked."""

    problems_asked = Signal()
    runs_asked = Signal()
    export_asked = Signal()
    faults_asked = Signal()
    outbox_asked = Signal()
    toolchains_asked = Signal()
    notifications_toggled = Signal()
    safe_mode_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusRow")
        self._errors = _part(self.problems_asked)
        self._warnings = _part(self.problems_asked)
        self._runs = _part(self.runs_asked)
        self._export = _part(self.export_asked)
        self._faults = _part(self.faults_asked)
        self._outbox = _part(self.outbox_asked)
        self._safe = _part(self.safe_mode_asked)
        self._toolchain = _part(self.toolchains_asked)
        self._bell = _part(self.notifications_toggled)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.S, 2, Space.S, 2)
        row.setSpacing(Space.XS)
        for each in (self._errors, self._warnings, self._runs, self._export, self._faults, self._outbox):
            row.addWidget(each)
        row.addStretch()
        row.addWidget(self._safe)
        row.addWidget(self._toolchain)
        row.addWidget(self._bell)
        self.set_problems(0, 0)
        self.set_runs("", is_live=False)
        self.set_export("")
        self.set_faults([])
        self.set_outbox("")
        self.set_safe_mode(on=False)
        self.set_toolchain("")
        self.set_notifications(on=True)

    def equip(self) -> None:
        """Right after the first paint: a click leaves the keyboard where it is."""
        from PySide6.QtCore import Qt  # not before the first paint

        for each in self.findChildren(QPushButton):
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_problems(self, errors: int, warnings: int) -> None:
        """Show how many problems the project has; nothing where there is none."""
        _fill(self._errors, "mdi6.close-circle", "failed" if errors else "muted", str(errors))
        _fill(self._warnings, "mdi6.alert", "canceled" if warnings else "muted", str(warnings))
        self._errors.setAccessibleName(self.tr("Errors: {}").format(errors))
        self._warnings.setAccessibleName(self.tr("Warnings: {}").format(warnings))
        self._errors.setToolTip(self._errors.accessibleName())
        self._warnings.setToolTip(self._warnings.accessibleName())

    def set_runs(self, text: str, *, is_live: bool) -> None:
        """Show what runs, such as `2 running, 1 queued`."""
        _fill(self._runs, "mdi6.play-circle-outline", "running" if is_live else "muted", text)
        self._runs.setVisible(bool(text))
        self._runs.setAccessibleName(text or self.tr("Runs"))

    def set_export(self, text: str) -> None:
        """Show that a model is being exported; nothing where none is."""
        _fill(self._export, "mdi6.cube-send", "running", text)
        self._export.setVisible(bool(text))
        self._export.setAccessibleName(text or self.tr("No model is being exported"))
        self._export.setToolTip(self.tr("Show the export"))

    def set_faults(self, titles: Sequence[str]) -> None:
        """Show which backends can't be asked how their runs are; nothing where all answer."""
        text = self.tr("{}: no answer").format(", ".join(titles)) if titles else ""
        _fill(self._faults, "mdi6.lan-disconnect", "failed", text)
        self._faults.setVisible(bool(text))
        self._faults.setAccessibleName(text or self.tr("All backends answer"))
        self._faults.setToolTip(self.tr("Say why"))

    def set_outbox(self, text: str) -> None:
        """Show what waits to be sent, such as `Offline: 1 job waiting to be sent`; nothing where nothing waits."""
        _fill(self._outbox, "mdi6.cloud-off-outline" if text.startswith("Offline") else "mdi6.cloud-upload-outline",
              "muted", text)  # fmt: skip
        self._outbox.setVisible(bool(text))
        self._outbox.setAccessibleName(text or self.tr("Nothing waits to be sent"))
        self._outbox.setToolTip(self.tr("Show what waits, and why"))

    def set_safe_mode(self, *, on: bool) -> None:
        """Show that plugins which don't ship with the program take no part; nothing where they do."""
        _fill(self._safe, "mdi6.shield-alert-outline", "canceled", self.tr("Safe mode") if on else "")
        self._safe.setVisible(on)
        self._safe.setAccessibleName(self.tr("Safe mode"))
        self._safe.setToolTip(self.tr("Only plugins that ship with Rank Zero take part. A click shows all."))

    def set_toolchain(self, text: str) -> None:
        """Show which toolchain there is."""
        self._toolchain.setText(text)
        self._toolchain.setVisible(bool(text))
        self._toolchain.setAccessibleName(text or self.tr("Toolchains"))
        self._toolchain.setToolTip(self.tr("Toolchains: the Python environments that jobs run in"))

    def set_notifications(self, *, on: bool) -> None:
        """Show whether a run that ends is announced."""
        _fill(self._bell, "mdi6.bell-outline" if on else "mdi6.bell-off-outline", "muted", "")
        words = self.tr("Notifications are on") if on else self.tr("Notifications are off")
        self._bell.setAccessibleName(words)
        on_tip = self.tr("Notifications are on: a run that ends is announced. A click switches them off.")
        off_tip = self.tr("Notifications are off. A click switches them on.")
        self._bell.setToolTip(on_tip if on else off_tip)

    def say_notifications(self, *, on: bool) -> None:
        """Say beside the bell what was just done; an icon that changes is easily missed."""
        words = self.tr("Runs that end are announced") if on else self.tr("Runs that end are not announced any more")
        at = self._bell.mapToGlobal(self._bell.rect().topLeft())
        QToolTip.showText(at, words, self._bell, QRect(), _SAID_MS)


def _part(signal: object) -> QPushButton:
    made = QPushButton()
    made.setProperty("role", "status")
    made.setIconSize(icon_size(wide=True))
    made.clicked.connect(lambda _checked=False: signal.emit())  # type: ignore[attr-defined]
    return made


def _fill(part: QPushButton, icon_name: str, role: str, text: str) -> None:
    part.setIcon(icon(icon_name, role))
    part.setText(text)
