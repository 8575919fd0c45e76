"""The command palette (Ctrl+K): every action, recent file and run, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPainterPath, QRegion, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.presenters.palette import Entry, Match, search
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, sized_font, text_sizes, theme_manager
from desktop_app.ui.widgets.labels import label

_Index = QModelIndex | QPersistentModelIndex
_MATCH = Qt.ItemDataRole.UserRole
_ROWS = 12


class Palette(QFrame):
    """A field and a list below it; Enter carries out, Esc closes."""

    def __init__(
        self, parent: QWidget, entries: Sequence[Entry], recent: Sequence[str], run: Callable[[Entry], object]
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries, self._recent, self._run = list(entries), recent, run
        self._moved = False
        self.field = QLineEdit(placeholderText=self.tr("Type a command, a file or a run"))
        self.model = MatchModel(self)
        self.list = QListView()
        self._nothing = label(self.tr("Nothing is called that."), "muted")
        self._build()
        self._search("")

    def open_over(self, window: QWidget) -> None:
        """Show the palette at the top of `window`, in its middle."""
        width = min(max(560, self.fontMetrics().averageCharWidth() * 72), window.width() - 2 * Space.XL)
        self.resize(width, self.height())
        self._fit()
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - width) // 2, corner.y() + Space.S - 2)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def add(self, entries: Sequence[Entry]) -> None:
        """Offer more, such as files that took a while to list; what is chosen stays chosen."""
        known = {each.key for each in self._entries}
        self._entries = [*self._entries, *(each for each in entries if each.key not in known)]
        chosen = self.list.currentIndex().data(_MATCH)
        self._search(self.field.text())
        if isinstance(chosen, Match) and self._moved:
            self.list.setCurrentIndex(self.model.index(self.model.row_of(chosen.entry.key)))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: round corners, also where no compositor would let a translucent window through."""
        super().resizeEvent(event)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), Space.S, Space.S)
        self.setMask(QRegion(shape.toFillPolygon().toPolygon()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: the arrow keys move in the list while the field keeps the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _ROWS, Qt.Key.Key_PageUp: -_ROWS}
        if event.key() in steps:
            self._move(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True

    def _build(self) -> None:
        body = QFrame()
        body.setProperty("role", "popup")
        outer = self._outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        column = self._body = QVBoxLayout(body)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.setSpacing(Space.S)
        column.addWidget(self.field)
        column.addWidget(self.list)
        column.addWidget(self._nothing, 1, Qt.AlignmentFlag.AlignCenter)
        self.field.setAccessibleName(self.tr("Search commands, files and runs"))
        self.field.addAction(icon("mdi6.magnify", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._typed)
        self.list.setModel(self.model)
        self.list.setItemDelegate(MatchDelegate(self.list))
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setProperty("role", "bare")
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.clicked.connect(self._take)

    def _fit(self) -> None:
        """Be as high as what was found, up to a dozen rows."""
        rows = max(1, min(_ROWS, self.model.rowCount()))
        self.list.setFixedHeight(rows * (self.fontMetrics().height() + Space.M) + 2)
        self._body.activate()
        self._outer.activate()
        self.resize(self.width(), self._body.minimumSize().height())

    def _typed(self, typed: str) -> None:
        self._moved = False
        self._search(typed)

    def _search(self, typed: str) -> None:
        self.model.show(search(self._entries, typed, self._recent))
        self.list.setCurrentIndex(self.model.index(0))
        self.list.setVisible(self.model.rowCount() > 0)
        self._nothing.setVisible(self.model.rowCount() == 0)
        self._fit()

    def _move(self, steps: int) -> None:
        count = self.model.rowCount()
        if count:
            wanted = self.list.currentIndex().row() + steps
            row = wanted % count if abs(steps) == 1 else min(max(wanted, 0), count - 1)
            self.list.setCurrentIndex(self.model.index(row))
            self._moved = True

    def _take(self, index: QModelIndex) -> None:
        match = index.data(_MATCH)
        if isinstance(match, Match):
            self.close()
            self._run(match.entry)


class MatchModel(QAbstractListModel):
    """What was found, best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._matches: list[Match] = []

    def show(self, matches: list[Match]) -> None:
        """Show other matches."""
        self.beginResetModel()
        self._matches = matches
        self.endResetModel()

    def row_of(self, key: str) -> int:
        """Return the row of an entry, the first where it is not shown."""
        return next((row for row, each in enumerate(self._matches) if each.entry.key == key), 0)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Called by Qt for the number of rows."""
        return 0 if parent.isValid() else len(self._matches)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Called by Qt for what a row shows."""
        if not index.isValid():
            return None
        match = self._matches[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return match.entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(each for each in (match.entry.title, match.entry.shortcut, match.entry.detail) if each)
        return match if role == _MATCH else None


class MatchDelegate(QStyledItemDelegate):
    """Paints an entry: icon, title with the letters that were typed, detail, shortcut at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt for the size of a row."""
        return QSize(0, option.fontMetrics.height() + Space.M)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Called by Qt to paint a row."""
        match: Match = index.data(_MATCH)
        theme = theme_manager().theme
        painter.save()
        self._ground(painter, option)
        rest = option.rect.adjusted(Space.S, 0, -Space.S, 0)
        side = icon_size().width()
        picture = QRect(rest.left(), rest.center().y() - side // 2, side, side)
        icon(match.entry.icon or "mdi6.chevron-right", "muted").paint(painter, picture)
        rest.setLeft(picture.right() + Space.S)
        small = sized_font(text_sizes().small)
        rest.setRight(_right(painter, rest, match.entry.shortcut, small, theme.muted))
        used = _title(painter, rest, match, option.font)
        rest.setLeft(rest.left() + used + Space.S)
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        detail = QFontMetrics(small).elidedText(match.entry.detail, Qt.TextElideMode.ElideMiddle, max(0, rest.width()))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), detail)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        theme = theme_manager().theme
        for state, color in ((QStyle.StateFlag.State_Selected, theme.selection), (_HOVER, theme.hover)):
            if option.state & state:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(color))
                painter.drawRoundedRect(option.rect, Space.XS, Space.XS)
                return


_HOVER = QStyle.StateFlag.State_MouseOver


def _right(painter: QPainter, rect: QRect, text: str, font: QFont, color: str) -> int:
    """Paint a text at the right of `rect`; returns where it begins."""
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), text)
    return rect.right() - QFontMetrics(font).horizontalAdvance(text) - (Space.S if text else 0)


def _title(painter: QPainter, rect: QRect, match: Match, font: QFont) -> int:
    """Paint the title letter by letter where letters are marked; returns the width it took."""
    theme = theme_manager().theme
    strong = QFont(font)
    strong.setWeight(QFont.Weight.DemiBold)
    at = rect.left()
    for text, is_marked in pieces(match.entry.title, match.letters):
        used = strong if is_marked else font
        width = QFontMetrics(used).horizontalAdvance(text)
        painter.setFont(used)
        painter.setPen(QColor(theme.accent if is_marked else theme.text))
        room = QRect(at, rect.top(), max(0, rect.right() - at), rect.height())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        at += width
    return at - rect.left()


def pieces(title: str, letters: Sequence[int]) -> list[tuple[str, bool]]:
    """Split a title into runs of marked and unmarked letters."""
    made: list[tuple[str, bool]] = []
    marked = set(letters)
    for place, letter in enumerate(title):
        is_marked = place in marked
        if made and made[-1][1] == is_marked:
            made[-1] = (made[-1][0] + letter, is_marked)
        else:
            made.append((letter, is_marked))
    return made
