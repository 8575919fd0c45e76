"""A row of the form as a widget: title, controls, buttons, and below what there is to say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.presenters.form.findings import count_inside
from desktop_app.presenters.form.model import Action, Cell, Control, Opener, Row
from desktop_app.presenters.form.paths import starts_with
from desktop_app.ui.files.form.adder_row import AdderRow
from desktop_app.ui.files.form.cell import CellEditor
from desktop_app.ui.files.form.cells import editor_for
from desktop_app.ui.files.form.said import Finding
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.topology_picture import TopologyPicture
from desktop_app.ui.widgets import ElidedLabel, flat_button, label, link_button, tool_button
from desktop_app.ui.widgets.tips import tip

_PICTURES = {"remove": "mdi6.close", "up": "mdi6.arrow-up", "down": "mdi6.arrow-down"}
_FILE = "file"
_MARK = 2
_VALUES = 8  # parts of a row beside the 3 of a name
_NARROW = 95  # letters
_TO_TEXT = 7  # pixels from a field's top to its text: padding and border of the style sheet


class RowWidget(QWidget):
    """Signals: `asked` (cell, text, settled), `acted` (changes), `adding` (adder, name, way), `toggled` (key),
    `fix_asked` and `chosen` (finding), `entered` (path), `undo_asked` (again), `typed`, `resized`.
    """

    asked = Signal(object, str, bool)
    acted = Signal(object)
    adding = Signal(object, str, object)
    toggled = Signal(str)
    fix_asked = Signal(Diagnostic)
    chosen = Signal(Diagnostic)
    opener_asked = Signal(object)  # Opener
    entered = Signal(str)
    undo_asked = Signal(bool)
    typed = Signal()
    resized = Signal()

    def __init__(self, row: Row, folder: Path, *, is_tree: bool) -> None:
        super().__init__()
        self.row = row
        self.is_tree = is_tree or row.depth > 0
        self.editors: list[CellEditor] = []
        self.adder: AdderRow | None = None
        self.title = ElidedLabel(row.title, "muted")
        self.expander: QToolButton | None = None
        self._summary: ElidedLabel | None = None
        self._buttons: list[QToolButton] = []
        self._openers: list[QPushButton] = []
        self._said: list[QWidget] = []
        self._picture: TopologyPicture | None = None
        self._refused = ""
        self._marked = False
        self._is_narrow = False
        self._shown: tuple[object, ...] = ()
        self._line, self._below = QHBoxLayout(), QVBoxLayout()
        self._build(folder)
        self.show_row(row, is_open=row.is_open)

    # ----- what the form asks

    def show_row(self, row: Row, *, is_open: bool) -> None:
        """Show what the file says now; controls, cursor and focus stay."""
        self.row = row
        self._show_cells()
        if self.adder is not None and row.adder is not None:
            self.adder.show_adder(row.adder)
        self._show_openers()
        self._show_actions()
        if self.title.text() != row.title:
            self.title.setText(row.title)
        if self.expander is not None:
            self._show_group(is_open=is_open)
        inside = "" if is_open or not row.is_group else count_inside(row)
        wanted = (row.findings, row.notes, row.topology, self._refused, inside, self._files())
        if wanted != self._shown:
            self._shown = wanted
            self._say(inside)

    def refuse(self, error: UserError, *, keeps: bool) -> None:
        """Say why an edit is not made; the field goes back, unless the person may still be typing (`keeps`)."""
        if not keeps:
            for each in self.editors:
                each.take_back()
        self._refused = f"{error.message} {error.hint}".strip()
        self._refresh()

    def forget_refusal(self) -> None:
        """An edit was made: what was refused before is over."""
        if self._refused:
            self._refused = ""
            self._refresh()

    def set_title_width(self, width: int) -> None:
        """Keep to the column of titles; 0 puts nothing before the controls."""
        indent = self.row.depth * Space.L if self.is_tree else 0
        before = self.expander if self.expander is not None else self.title
        before.setFixedWidth(max(40, width - indent))
        self._indent.setFixedWidth(indent)
        left = indent + before.minimumWidth() + self._line.spacing() * (2 if indent else 1)
        self._below.setContentsMargins(left + self._lead(), 0, 0, 0)

    def rekey(self, old: str, new: str) -> None:
        """Follow an entry to its new name."""
        for each in self.editors:
            if starts_with(each.cell.path, old):
                each.cell = dataclasses.replace(each.cell, path=f"{new}{each.cell.path[len(old) :]}")

    def set_marked(self, marked: bool) -> None:
        """Mark as the place of the text's cursor."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    @property
    def is_marked(self) -> bool:
        """Whether the text's cursor is here."""
        return self._marked

    @property
    def controls(self) -> list[QWidget]:
        """Everything that Tab comes to, in order."""
        found: list[QWidget] = [self.expander] if self.expander is not None else []
        found += [each for editor in self.editors for each in editor.controls]
        found += [*self._openers, *self._buttons]
        if self.adder is not None:
            found += [*self.adder.buttons, self.adder.name]
        found += [each for each in self._said if isinstance(each, QPushButton)]
        return found + [each.fix for each in self._said if isinstance(each, Finding) and each.fix is not None]

    def settle(self) -> None:
        """Ask for what was typed, now."""
        for each in self.editors:
            each.settle()

    # ----- building

    def _lead(self) -> int:
        return Space.S

    def _build(self, folder: Path) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, Space.XS, 0)
        column.setSpacing(Space.XS)
        column.addLayout(self._line)
        self._below.setSpacing(Space.XS)
        column.addLayout(self._below)
        self._indent = QWidget()
        self._line.setSpacing(Space.S)
        self._line.setContentsMargins(Space.S, 0, 0, 0)
        self._line.addWidget(self._indent)
        self._indent.setVisible(self.is_tree and self.row.depth > 0)
        if self.row.is_group:
            self._build_expander()
        self._line.addWidget(self.title, 0, Qt.AlignmentFlag.AlignTop)
        side = Qt.AlignmentFlag.AlignLeft if self.is_tree else Qt.AlignmentFlag.AlignRight
        self.title.setAlignment(side | Qt.AlignmentFlag.AlignTop)
        self.title.setContentsMargins(0, _TO_TEXT, 0, 0)
        self.title.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.title.setVisible(not self.row.is_group)
        self._fill_line(folder)

    def _fill_line(self, folder: Path) -> None:
        self._folder = folder
        self._cells, self._values, self._more_cells = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        both = QVBoxLayout()
        both.setSpacing(Space.XS)
        for each in (self._cells, self._more_cells):
            each.setSpacing(Space.S - 2)
            both.addLayout(each)
        self._values.setSpacing(Space.S - 2)
        self._cells.addLayout(self._values, _VALUES)
        if not self.row.is_group and self.row.adder is None:
            self._line.addLayout(both, 1)
        if self.row.is_group:
            self._summary = ElidedLabel("", "muted")
            self._line.addWidget(self._summary, 1)
        if self.row.adder is not None:
            self.adder = AdderRow(self.row.adder)
            self.adder.asked.connect(lambda name, way: self.adding.emit(self.row.adder, name, way))
            self.adder.height_changed.connect(self.resized)
            self._line.addWidget(self.adder, 1)
        self._choosers = QHBoxLayout()
        self._line.addLayout(self._choosers)

    def _build_expander(self) -> None:
        self.expander = QToolButton()
        self.expander.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.expander.setProperty("role", "expander")
        self.expander.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.expander.clicked.connect(lambda: self.toggled.emit(self.row.key))
        self._line.addWidget(self.expander)

    def _button(self, index: int, action: Action) -> None:
        made = tool_button(_PICTURES[action.role], action.title, lambda: self._act(index))
        policy = made.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        made.setProperty("does", action.role)
        made.setSizePolicy(policy)
        made.setVisible(self._has_focus())
        made.installEventFilter(self)
        self._buttons.append(made)
        self._line.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)

    def _act(self, index: int) -> None:
        self.settle()
        self.acted.emit(self.row.actions[index].changes)

    def _listen(self, editor: CellEditor) -> None:
        editor.asked.connect(lambda text, settled: self.asked.emit(editor.cell, text, settled))
        editor.undo_asked.connect(self.undo_asked)
        editor.typed.connect(self.typed)
        editor.entered.connect(lambda: self.entered.emit(editor.cell.path))
        editor.height_changed.connect(self.resized)
        for each in editor.controls:
            each.installEventFilter(self)

    # ----- showing

    def _show_cells(self) -> None:
        """Show the values; controls that stay keep cursor and focus, others come and go."""
        known = {_make(each.cell): each for each in self.editors}
        editors = []
        for cell in self.row.cells:
            editor = known.pop(_make(cell), None)
            if editor is None:
                editor = editor_for(cell, self._folder)
                self._listen(editor)
            else:
                editor.show_cell(cell)
            editors.append(editor)
        for gone in known.values():
            gone.hide()
            gone.setParent(None)
            gone.deleteLater()
        if editors != self.editors:
            self.editors = editors
            self._place_cells()

    def _place_cells(self) -> None:
        """Put the controls beside each other; where that is too narrow, the long ones stand below."""
        for each in self.editors:
            long = each.cell.breaks and self._is_narrow
            names = each.cell.control is Control.NAME
            if names:
                self._cells.insertWidget(0, each, each.cell.share)  # all names of a table are as wide
            else:
                (self._more_cells if long else self._values).addWidget(each, each.cell.share)
            each.show()

    def set_room(self, width: int) -> None:
        """Keep to so much room, in pixels, for everything."""
        narrow = width < self.fontMetrics().averageCharWidth() * _NARROW
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._place_cells()

    def _show_openers(self) -> None:
        """Show the buttons that let a person choose in a window of its own."""
        names = [(each.title, each.name) for each in self.row.openers if each.role != _FILE]
        if [(each.text(), each.accessibleName()) for each in self._openers] == names:
            return
        for gone in self._openers:
            self._choosers.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self._openers = [self._opener_button(each, flat_button) for each in self.row.openers if each.role != _FILE]
        for made in self._openers:
            self._choosers.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)

    def _opener_button(self, opener: Opener, make: Callable[[str], QPushButton]) -> QPushButton:
        made = make(opener.title)
        made.setAccessibleName(opener.name)
        made.setToolTip(opener.name)
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        made.clicked.connect(lambda: self._open(opener.name))
        return made

    def _open(self, name: str) -> None:
        """Open what a button is for, as the row is now: what stands there may have changed since it was made."""
        found = next((each for each in self.row.openers if each.name == name), None)
        if found is not None:
            self.opener_asked.emit(found)

    def _files(self) -> tuple[Opener, ...]:
        return tuple(each for each in self.row.openers if each.role == _FILE)

    def _show_actions(self) -> None:
        roles = [each.role for each in self.row.actions]
        if [each.property("does") for each in self._buttons] != roles:
            for gone in self._buttons:
                self._line.removeWidget(gone)
                gone.hide()
                gone.deleteLater()
            self._buttons = []
            for index, action in enumerate(self.row.actions):
                self._button(index, action)
        for made, action in zip(self._buttons, self.row.actions, strict=True):
            made.setAccessibleName(action.title)
            made.setToolTip(tip(action.title))

    def _refresh(self) -> None:
        self._shown = ()
        self.show_row(self.row, is_open=self._is_open())

    def _is_open(self) -> bool:
        return self.expander is not None and bool(self.expander.property("open"))

    def _show_group(self, *, is_open: bool) -> None:
        if self.expander is None or self._summary is None:
            return
        self.expander.setProperty("open", is_open)
        self.expander.setText(self.row.title)
        self.expander.setIcon(icon("mdi6.chevron-down" if is_open else "mdi6.chevron-right", "muted"))
        self.expander.setAccessibleName(self.row.title)
        self.expander.setAccessibleDescription(self.tr("open") if is_open else self.tr("closed"))
        self._summary.setText("" if is_open else self.row.summary)

    def _say(self, inside: str) -> None:
        for each in self._said:
            self._below.removeWidget(each)
            each.hide()
            each.deleteLater()
        self._said = []
        self._show_picture()
        for note in self.row.notes:
            self._add(label(note, "small", wraps=True))
        for opener in self._files():
            self._add(self._opener_button(opener, link_button))
            self._below.setAlignment(self._said[-1], Qt.AlignmentFlag.AlignLeft)
        for found in self.row.findings:
            self._add(self._finding(found))
        if self._refused:
            self._add(Finding(Diagnostic(Severity.ERROR, "not-made", self._refused)))
        if inside:
            self._add(label(self.tr("{} inside").format(inside), "warning", wraps=True))
        if self.row.is_unknown and not self.row.findings:
            self._add(label(self.tr("Azure ML does not know this key here."), "small", wraps=True))
        self._describe()
        self.resized.emit()

    def _add(self, made: QWidget) -> None:
        self._said.append(made)
        self._below.addWidget(made)
        made.show()

    def _finding(self, found: Diagnostic) -> Finding:
        made = Finding(found)
        made.fix_asked.connect(lambda: self.fix_asked.emit(found))
        made.chosen.connect(lambda: self.chosen.emit(found))
        return made

    def _show_picture(self) -> None:
        if self.row.topology is None:
            if self._picture is not None:
                self._picture.hide()
                self._picture.deleteLater()
                self._picture = None
            return
        if self._picture is None:
            self._picture = TopologyPicture(most_height=200)
            self._below.insertWidget(0, self._picture)
        self._picture.show_topology(self.row.topology)
        self._picture.show()

    def _describe(self) -> None:
        wrong = bool(self._refused) or any(each.severity is Severity.ERROR for each in self.row.findings)
        words = [self._refused, *(each.message for each in self.row.findings), *self.row.notes, self.row.help]
        said = ". ".join(each.rstrip(".") for each in words if each)
        at = {each.path for each in self.row.findings}
        for each in self.editors:
            own = wrong and (each.cell.path in at or len(self.editors) == 1 or bool(self._refused))
            each.mark(invalid=own, description=said or each.cell.help)
        if self.row.help and not self.title.toolTip():
            self.title.setToolTip(tip(self.row.help))

    # ----- Qt's events

    def _show_buttons(self, *, shown: bool) -> None:
        for each in self._buttons:
            each.setVisible(shown)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: under the mouse a row shows its buttons."""
        super().enterEvent(event)
        self._show_buttons(shown=True)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: without mouse and focus the buttons are hidden."""
        super().leaveEvent(event)
        self._show_buttons(shown=self._has_focus())

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for the controls' events: with the focus a row shows its buttons."""
        if event.type() == QEvent.Type.FocusIn:
            self._show_buttons(shown=True)
        elif event.type() == QEvent.Type.FocusOut:
            self._show_buttons(shown=self.underMouse() or self._has_focus())
        return False

    def _has_focus(self) -> bool:
        at: QWidget | None = self.window().focusWidget()
        return at is not None and self.isAncestorOf(at)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the mark of the cursor's place is a thin line at the left."""
        super().paintEvent(event)
        if self._marked:
            painter = QPainter(self)
            painter.fillRect(0, 2, _MARK, self.height() - 4, QColor(theme_manager().theme.accent))
            painter.end()


def _make(cell: Cell) -> tuple[object, ...]:
    """Return what a control is made for."""
    return cell.key, cell.control, bool(cell.choices), cell.suffix, cell.share


def widest_title(rows: Sequence[Row], metrics_of: QLabel, most: int) -> int:
    """Return the width of the column of titles: what the longest needs, and no more than `most`."""
    metrics = metrics_of.fontMetrics()
    beside = icon_size().width() + Space.M  # a group's chevron
    widths = [metrics.horizontalAdvance(each.title) + beside * each.is_group for each in rows if each.title]
    return min(most, max(widths, default=0) + Space.XS)
