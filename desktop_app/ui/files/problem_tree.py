"""The folder's problems as a tree of files and what is wrong in each; takes changes file by file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from desktop_app.api import Diagnostic
from desktop_app.presenters.editor import count_words
from desktop_app.presenters.files import kind_title
from desktop_app.presenters.problems import Filter, Group, ProjectProblems
from desktop_app.ui.files.kind_icons import icon_of
from desktop_app.ui.files.marks import ICONS, ROLES, WORDS
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import theme_manager
from desktop_app.ui.widgets.tips import tip

_Index = QModelIndex | QPersistentModelIndex
MESSAGE, LINE, FIX = range(3)


class ProblemTree(QAbstractItemModel):
    """Files at the top, their problems below; columns are message, line and fix."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.problems: ProjectProblems | None = None
        self._keys: dict[int, Group] = {}  # an index carries a key: a pointer would outlive its group
        self._key_of: dict[str, int] = {}
        self._next_key = 1
        theme_manager().changed.connect(self._on_theme)

    # ----- what the panel asks

    def show(self, problems: ProjectProblems | None) -> None:
        """Show another folder's problems."""
        self.beginResetModel()
        self.problems = problems
        self._anew()
        self.endResetModel()

    def set_filter(self, wanted: Filter) -> None:
        """Show other problems."""
        if self.problems is not None:
            self.beginResetModel()
            self.problems.set_filter(wanted)
            self._anew()
            self.endResetModel()

    def refresh(self, paths: Iterable[Path | None]) -> None:
        """Show what is wrong with some files now. Those that are new come in runs: each run costs as much as one."""
        if self.problems is None:
            return
        new: list[Group] = []
        for path in dict.fromkeys(paths):
            if path is not None:
                new += self._refresh(path, self.problems)
        new.sort(key=lambda each: each.key)
        while new:
            row = self.problems.place_of(new[0])
            after = self.problems.groups[row].key if row < len(self.problems.groups) else None
            count = sum(1 for each in new if after is None or each.key < after)
            self._insert(row, new[:count])
            del new[:count]

    def _refresh(self, path: Path, problems: ProjectProblems) -> list[Group]:
        """Change or remove a file's rows; returns it where it has none yet."""
        group = problems.group_of(path)
        key = self._key_of.get(group.name if group else problems.name_of(path))
        if key is not None and group is not None:
            self._change(self._keys[key], group)
        elif key is not None:
            self._remove(self._keys[key], key)
        elif group is not None:
            return [group]
        return []

    def group(self, index: _Index) -> Group | None:
        """Return the file of a row, its own or that of its problem."""
        if not index.isValid() or self.problems is None:
            return None
        key = index.internalId()
        if key:
            return self._keys.get(key)
        return self.problems.groups[index.row()] if index.row() < len(self.problems.groups) else None

    def problem(self, index: _Index) -> Diagnostic | None:
        """Return the problem of a row; None for a file's."""
        group = self.group(index) if index.isValid() and index.internalId() else None
        return group.problems[index.row()] if group and index.row() < len(group.problems) else None

    # ----- Qt's model

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's
        """Return a cell's index."""
        if row < 0 or not 0 <= column <= FIX or self.problems is None:
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, column, 0) if row < len(self.problems.groups) else QModelIndex()
        group = self.group(parent)
        if parent.internalId() or parent.column() or group is None or row >= len(group.problems):
            return QModelIndex()
        return self.createIndex(row, column, self._key_of[group.name])

    def parent(self, index: _Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 - Qt's
        """Return a problem's file."""
        group = self._keys.get(index.internalId()) if index.isValid() and index.internalId() else None
        if group is None or self.problems is None:
            return QModelIndex()
        return self.createIndex(self.problems.place_of(group), 0, 0)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return how many files there are, or problems in one."""
        if not parent.isValid():
            return len(self.problems.groups) if self.problems else 0
        group = self.group(parent) if not parent.internalId() and parent.column() == 0 else None
        return len(group.problems) if group else 0

    def columnCount(self, _parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return 3: message, line, fix."""
        return 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        """Return the columns' names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole and 0 <= section <= FIX:
            return (self.tr("Problem"), self.tr("Line"), self.tr("Fix"))[section]
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return what a cell shows."""
        found = self.problem(index)
        if found is not None:
            return self._of_problem(found, index.column(), role)
        group = self.group(index)
        return self._of_group(group, index.column(), role) if group else None

    # ----- cells

    def _of_group(self, group: Group, column: int, role: int) -> Any:
        if column != MESSAGE:
            return None
        words = count_words(group.problems)
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{group.name}   {words}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(each for each in (group.name, kind_title(group.kind), words) if each)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{group.path}\n{kind_title(group.kind)}".rstrip()
        if role == Qt.ItemDataRole.DecorationRole:
            return icon_of(group.kind)
        return _font(strong=True) if role == Qt.ItemDataRole.FontRole else None

    def _of_problem(self, found: Diagnostic, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            line = self.tr("line {}").format(found.line) if found.line else ""
            return (found.message, line, found.fix.title if found.fix else "")[column]
        if column == MESSAGE and role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{WORDS[found.severity]}: {found.message}"
        if column == MESSAGE and role == Qt.ItemDataRole.DecorationRole:
            return icon(ICONS[found.severity], ROLES[found.severity])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"{WORDS[found.severity]}: {found.message}") if column == MESSAGE else None
        return self._looks(column, role)

    def _looks(self, column: int, role: int) -> Any:
        theme = theme_manager().theme
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor({LINE: theme.muted, FIX: theme.accent}.get(column, theme.text))
        return _font(link=True) if role == Qt.ItemDataRole.FontRole and column == FIX else None

    # ----- changes

    def _anew(self) -> None:
        self._keys, self._key_of = {}, {}
        for each in self.problems.groups if self.problems else ():
            self._add_key(each)

    def _add_key(self, group: Group) -> None:
        self._keys[self._next_key] = group
        self._key_of[group.name] = self._next_key
        self._next_key += 1

    def _insert(self, row: int, groups: list[Group]) -> None:
        assert self.problems is not None
        self.beginInsertRows(QModelIndex(), row, row + len(groups) - 1)
        self.problems.groups[row:row] = groups
        for each in groups:
            self._add_key(each)
        self.endInsertRows()

    def _remove(self, group: Group, key: int) -> None:
        assert self.problems is not None
        row = self.problems.place_of(group)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.problems.groups[row]
        del self._keys[key], self._key_of[group.name]
        self.endRemoveRows()

    def _change(self, group: Group, now: Group) -> None:
        """Show other problems of a file that is there already; rows that stay keep their place and selection."""
        assert self.problems is not None
        top = self.index(self.problems.place_of(group), MESSAGE)
        before, after = len(group.problems), len(now.problems)
        if after < before:
            self.beginRemoveRows(top, after, before - 1)
            group.problems = group.problems[:after]
            self.endRemoveRows()
        elif after > before:
            self.beginInsertRows(top, before, after - 1)
            group.problems = now.problems
            self.endInsertRows()
        group.problems, group.kind = now.problems, now.kind
        self.dataChanged.emit(top, top)
        self.dataChanged.emit(self.index(0, MESSAGE, top), self.index(after - 1, FIX, top))

    def _on_theme(self) -> None:
        rows = self.rowCount()
        if rows:
            self.dataChanged.emit(self.index(0, MESSAGE), self.index(rows - 1, FIX))


def _font(*, strong: bool = False, link: bool = False) -> QFont:
    made = QFont()
    made.setBold(strong)
    made.setUnderline(link)
    return made
