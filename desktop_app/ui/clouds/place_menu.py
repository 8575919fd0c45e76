"""The menu of places: this machine, each workspace with how it stands, and the ways to more of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from desktop_app.presenters.clouds.places import offer_text
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.icons import icon


def fill(menu: QMenu, desk: CloudDesk, connect: Callable[[], object], manage: Callable[[], object]) -> None:
    """Put every place into the menu; `connect` is called for a new one, with the offered one if there is an offer."""
    menu.clear()
    group = QActionGroup(menu)
    found = desk.places
    for at, each in enumerate(found):
        if at and each.note and not found[at - 1].note:
            menu.addSeparator()
        entry = menu.addAction(icon(each.icon, each.role), each.text.replace("&", "&&"))
        entry.setCheckable(True)
        entry.setChecked(each.chosen)
        font = entry.font()
        font.setBold(each.chosen)
        entry.setFont(font)
        group.addAction(entry)
        entry.triggered.connect(partial(_choose, desk, each.key))
    menu.addSeparator()
    _add_rest(menu, desk, connect, manage)


def _add_rest(menu: QMenu, desk: CloudDesk, connect: Callable[..., object], manage: Callable[[], object]) -> None:
    if desk.offered is not None:
        folder, workspace = desk.offered
        entry = menu.addAction(icon("mdi6.file-cog-outline", "accent"), offer_text(workspace, folder))
        entry.triggered.connect(lambda _on=False: connect(workspace))
    more: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("mdi6.cloud-plus-outline", menu.tr("&Connect a workspace…"), connect),
        ("mdi6.cloud-cog-outline", menu.tr("&Manage…"), manage),
    )
    for picture, text, act in more:
        made: QAction = menu.addAction(icon(picture), text)
        made.triggered.connect(lambda _on=False, act=act: act())


def _choose(desk: CloudDesk, key: str, _checked: bool = False) -> None:
    desk.choose(key)
