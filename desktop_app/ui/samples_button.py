"""A button with a menu of the samples, each by its title."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu, QPushButton

from desktop_app.services.samples import samples
from desktop_app.ui.widgets import button


def samples_button(text: str, act: Callable[[str], None]) -> QPushButton:
    """Return a button whose menu hands the name of the chosen sample to `act`."""
    made = button(text, "mdi6.school-outline")
    menu = QMenu(made)
    menu.setAccessibleName(made.accessibleName())
    for each in samples():
        menu.addAction(each.title, partial(act, each.name))
    made.setMenu(menu)
    return made
