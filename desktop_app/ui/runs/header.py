"""The top of a run's page: its name, id and state, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.presenters.clouds.run_files import is_cloud
from desktop_app.presenters.run_drills import MOST, DrillChoice, drills_of
from desktop_app.presenters.run_page import actions_of
from desktop_app.presenters.run_words import is_logs_alone, note_of, origin_words, state_shown
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, StateLabel, button, danger_button, tool_button
from desktop_app.ui.widgets.giving_way import Words


def download_words(run: RunSnapshot) -> str:
    """Return what getting a run's outputs is called: those of a workspace are elsewhere."""
    tr = QCoreApplication.translate
    return tr("runs", "Download o&utputs…") if is_cloud(run) else tr("runs", "Copy o&utputs…")


class Header(QWidget):
    """What it asks (`drill_asked` carries a `DrillChoice`) is for the page; the rest goes to the actions.

    `picked` tells the rank that a drill is aimed at, -1 for none.
    """

    back_asked = Signal()
    cancel_asked = Signal()
    remove_asked = Signal()
    drill_asked = Signal(object)

    def __init__(self, deeds: RunActions, picked: Callable[[], int]) -> None:
        super().__init__()
        self._deeds = deeds
        self._picked = picked
        self._run: RunSnapshot | None = None
        self._said: tuple[RunStatus | str, str] | None = None
        self._row = QHBoxLayout(self)
        self.back = tool_button("mdi6.arrow-left", self.tr("All runs"), self.back_asked.emit, shortcut="Alt+Left")
        self.title = ElidedLabel("", "title")
        self.identifier = button("", "", self._copy_id, role="status")
        self.state = StateLabel()
        self.origin = ElidedLabel("", "muted")
        self.cancel = danger_button(self.tr("&Cancel"), "mdi6.stop", self.cancel_asked.emit)
        again = self.tr("Run again  Ctrl+R")  # the page's own key: a shortcut of the button would be the window's too
        self.again = button(self.tr("Run &again"), "mdi6.restart", lambda: self._with(self._deeds.again), tip=again)
        self.clone = button(self.tr("C&lone…"), "mdi6.content-copy", lambda: self._with(self._deeds.clone))
        self.download = button(self.tr("Copy o&utputs…"), "mdi6.download", lambda: self._with(self._deeds.download))
        self.export = button(self.tr("E&xport to ONNX…"), "mdi6.cube-send", lambda: self._with(self._deeds.export))
        self.more = tool_button("mdi6.dots-horizontal", self.tr("More actions"), self._show_menu)
        self._words = Words(self, (self.again, self.clone, self.download, self.export))
        self._build()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: the room that everything likes to have."""
        return self._words.full(super().sizeHint()) + QSize(self._identifier_width(hidden=True), 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: in less room buttons are icons only, and the id is in the menu."""
        return self._words.least(super().minimumSizeHint()) - QSize(self._identifier_width(hidden=False), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().resizeEvent(event)
        self._fit()

    def show_run(self, run: RunSnapshot, now: datetime) -> None:
        """Show the run as it is now."""
        said = (state_shown(run), " · ".join(filter(None, (note_of(run, now), self._deeds.quiet_text(run)))))
        if said != self._said:
            self._said = said
            self.state.set_state(*said)
            self._fit_title(run.display_name)
            self._fit()
        if run == self._run:
            return
        self._run = run
        self.title.setText(run.display_name)
        self._fit_title(run.display_name)
        self.identifier.setText(run.run)
        self.identifier.setAccessibleName(self.tr("Copy the id {}").format(run.run))
        self.origin.setText(origin_words(run))
        self.origin.setToolTip(self.tr("Opened to be looked at: nothing of it runs on this machine."))
        self.origin.setVisible(bool(run.from_bundle))
        can = actions_of(run)
        self._words.say(self.download, download_words(run))
        self.cancel.setVisible(not run.is_over)
        self.cancel.setEnabled(can.cancel)
        for each, possible in (
            (self.again, can.again),
            (self.clone, can.clone),
            (self.download, can.download),
            (self.export, can.download),
        ):
            each.setEnabled(possible)
        for each in (self.again, self.download, self.export):
            each.setVisible(run.is_over and not run.from_bundle)
        self.clone.setVisible(not is_logs_alone(run))
        self._fit()

    def menu(self) -> QMenu:
        """Return what is not on a button."""
        menu = QMenu(self)
        run = self._run
        if run is None:
            return menu
        can = actions_of(run)
        folder = menu.addAction(
            icon("mdi6.folder-outline"), self.tr("Open &folder"), lambda: self._with(self._deeds.open_folder)
        )
        folder.setEnabled(can.folder)
        if not run.is_over:  # else it is on a button, or it is somebody else's
            again = menu.addAction(icon("mdi6.restart"), self.tr("Run &again"), lambda: self._with(self._deeds.again))
            again.setEnabled(can.again)
        menu.addAction(icon("mdi6.identifier"), self.tr("Copy &id"), self._copy_id)
        bundle = menu.addAction(
            icon("mdi6.folder-zip-outline"), self.tr("&Bundle for support…"), lambda: self._with(self._deeds.bundle)
        )
        bundle.setEnabled(can.folder)
        self._add_drills(menu, run)
        menu.addSeparator()
        remove = menu.addAction(icon("mdi6.delete-outline", "failed"), self.tr("&Remove…"), self.remove_asked.emit)
        remove.setEnabled(can.remove)
        return menu

    def _add_drills(self, menu: QMenu, run: RunSnapshot) -> None:
        choices = drills_of(run, self._picked()) if self._deeds.can_drill(run) else ()
        if choices:
            below = menu.addMenu(icon("mdi6.lightning-bolt-outline"), self.tr("Fault &drill"))
            groups: dict[str, QMenu] = {"": below}
            for each in choices:
                if each.group not in groups:
                    groups[each.group] = below.addMenu(each.group)
                groups[each.group].addAction(f"{each.title}…", self._asker(each))
            if len({each.order.rank for each in choices}) > MOST:  # more live than a menu lists
                below.addAction(self.tr("For another rank, click its cell first")).setEnabled(False)

    def _asker(self, choice: DrillChoice) -> Callable[[], None]:
        return lambda: self.drill_asked.emit(choice)

    def _fit_title(self, name: str) -> None:
        self.title.ensurePolished()  # its font comes from the style sheet
        metrics = self.title.fontMetrics()
        wanted = metrics.horizontalAdvance(name) + Space.XS
        self.title.setMaximumWidth(wanted)
        self.title.setMinimumWidth(min(wanted, 8 * metrics.averageCharWidth()))

    def _fit(self) -> None:
        """Let the words of buttons go where there is little room, and the id where there is less."""
        self._words.fit()
        room = self.width() - self._words.least(super().sizeHint()).width()
        taken = self._identifier_width(hidden=False)
        if not self._words.shown and taken and room < 0:
            self.identifier.hide()
        elif self._identifier_width(hidden=True) and (self._words.shown or room >= self._identifier_width(hidden=True)):
            self.identifier.show()

    def _identifier_width(self, *, hidden: bool) -> int:
        """Return the room that the id takes, or would take where it is `hidden`; 0 where it is not so."""
        is_so = self.identifier.isHidden() == hidden
        return self.identifier.sizeHint().width() + self._row.spacing() if is_so else 0

    def _show_menu(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        at = self.more.mapToGlobal(self.more.rect().bottomRight())
        menu.popup(at - QPoint(menu.sizeHint().width(), 0))

    def _with(self, call: object) -> None:
        if self._run is not None:
            call(self._run)  # type: ignore[operator]

    def _copy_id(self) -> None:
        if self._run is not None:
            self._deeds.copy_text(self._run.run, self.tr("The id was copied."))

    def _build(self) -> None:
        self.identifier.setToolTip(self.tr("Copy the id"))
        self.title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        row = self._row
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.back)
        row.addWidget(self.title)
        row.addWidget(self.identifier)
        row.addWidget(self.state)
        row.addWidget(self.origin, 100)  # all the room there is, where it is shown at all
        row.addStretch(1)
        for each in (self.cancel, self.again, self.clone, self.download, self.export, self.more):
            row.addWidget(each)
