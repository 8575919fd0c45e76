"""Questions that need a decision: a dialog that does not block the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget


async def ask(parent: QWidget, title: str, text: str, choices: Sequence[tuple[str, str]], detail: str = "") -> str:
    """Ask, and return the name of the answer that was clicked; the last one is meant by Esc.

    `choices` are (name, text of the button); the first is the default.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(detail)
    buttons: dict[QPushButton, str] = {}
    for name, words in choices:
        made = box.addButton(words, QMessageBox.ButtonRole.ActionRole)
        made.setAccessibleName(words.replace("&", ""))
        made.setProperty("role", {"delete": "danger"}.get(name, "plain"))
        buttons[made] = name
    first, last = next(iter(buttons)), list(buttons)[-1]
    first.setProperty("role", "primary" if buttons[first] != "delete" else "danger")
    box.setDefaultButton(first)
    box.setEscapeButton(last)
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def take(_result: int) -> None:
        if not answer.done():
            clicked = box.clickedButton()
            answer.set_result(next((name for each, name in buttons.items() if each is clicked), choices[-1][0]))

    box.finished.connect(take)
    box.open()
    try:
        return await answer
    finally:
        box.close()
        box.deleteLater()
