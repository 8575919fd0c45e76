"""What helps while one writes a file: suggestions, explanations, fixes and the outline, all at the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu

from desktop_app.api import Diagnostic
from desktop_app.documents.kinds import may_be_known
from desktop_app.presenters.completion import Suggestions, suggestions
from desktop_app.presenters.hover import Explanation, explain
from desktop_app.presenters.quick_fixes import QuickFix, fixes_at
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.completion import Completer
from desktop_app.ui.files.hover import Explainer
from desktop_app.ui.files.outline import open_outline
from desktop_app.ui.icons import icon
from desktop_app.ui.palette import Palette

Mend = Callable[[Sequence[Diagnostic]], object]


class Assist(QObject):
    """The helpers of one editor; of a file of another language they know what is wrong, and nothing else."""

    def __init__(self, editor: CodeEditor, path: Callable[[], Path], mend: Mend) -> None:
        super().__init__(editor)
        self.editor = editor
        self._path = path
        self._mend = mend
        self.completer = Completer(editor, self._suggest)
        self.explainer = Explainer(editor, self._explain, lambda found: mend([found]))
        editor.helpers.append(self._key)
        editor.fix_asked.connect(self.open_fixes)

    async def open_outline(self) -> Palette | None:
        """Show the file's structure; returns it, None where the file was closed meanwhile."""
        self.explainer.close()
        return await open_outline(self.editor)

    def open_fixes(self, line: int = 0) -> QMenu | None:
        """Show the fixes at the cursor, or of a line (from 1), as a menu; returns it, None where there is none."""
        self.explainer.close()
        self.completer.close()
        here, column = self.editor.cursor_column()
        found = fixes_at(self._problems_now(), line or here + 1, column + 1 if not line else None)
        menu = self._menu(found)
        if line:
            self.editor.go_to(line, 1)
        place = self.editor.viewport().mapToGlobal(self.editor.cursorRect().bottomLeft())
        menu.popup(place)
        return menu

    def _problems_now(self) -> list[Diagnostic]:
        """Return what can be mended at the lines where it stands now, which typing may have moved."""
        return self.editor.marks.placed_now()

    def _menu(self, found: Sequence[QuickFix]) -> QMenu:
        menu = QMenu(self.editor)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(self.tr("Fixes"))
        for each in found:
            action = menu.addAction(icon("mdi6.lightbulb-on-outline", "accent"), each.title.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, problems=each.problems: self._mend(problems))
        if not found:
            menu.addAction(self.tr("Nothing to fix in this line")).setEnabled(False)
        elif menu.actions():
            menu.setActiveAction(menu.actions()[0])
        return menu

    def _key(self, event: QKeyEvent) -> bool:
        """Do what a key means here: Ctrl+. offers fixes, as in the list of problems."""
        if event.key() == Qt.Key.Key_Period and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.open_fixes()
            return True
        return False

    def _suggest(self, text: str, line: int, column: int, indent: str) -> Suggestions | None:
        return suggestions(self._path(), text, line, column, indent) if may_be_known(self._path().name) else None

    def _explain(self, text: str, line: int, column: int) -> Explanation | None:
        return explain(self._path(), text, line, column) if may_be_known(self._path().name) else None
