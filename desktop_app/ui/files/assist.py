"""What helps while one writes an Azure ML file: suggestions, explanations and mending, all at the cursor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desktop_app.presenters.completion import Suggestions, suggestions
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.completion import Completer


class Assist:
    """The helpers of one editor; for a file of another language they know nothing and stay silent."""

    def __init__(self, editor: CodeEditor, path: Callable[[], Path]) -> None:
        self._path = path
        self.completer = Completer(editor, self._suggest)

    def _suggest(self, text: str, line: int, column: int, indent: str) -> Suggestions | None:
        return suggestions(self._path(), text, line, column, indent) if is_known(self._path()) else None


def is_known(path: Path) -> bool:
    """Whether a file of this name may be one of Azure ML."""
    return path.name == "config.json" or path.suffix.lower() in {".yml", ".yaml"}
