"""Removing a plugin keeps its settings, unless the person says that they go, too."""

from __future__ import annotations

from argparse import ArgumentParser
from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop_app.cli import plugins, plugins_changing
from desktop_app.cli.plugins_desk import Desk
from desktop_app.places import Places
from desktop_app.services.settings import Settings


class Manager:
    """Removes, and says so."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    async def remove(self, plugin_id: str, _progress: object) -> str:
        self.removed.append(plugin_id)
        return plugin_id


@pytest.mark.parametrize(("words", "kept"), [([], {"hours": 4}), (["--forget-settings"], None)])
async def test_settings_stay_unless_the_person_says_so(
    places: Places, monkeypatch: pytest.MonkeyPatch, words: list[str], kept: object
) -> None:
    settings, manager = Settings(places.settings), Manager()
    settings.set("plugins.settings.acme", {"hours": 4})
    parser = ArgumentParser()
    plugins.configure(parser)
    options = parser.parse_args(["remove", "acme", *words])
    options.json = False
    workbench = SimpleNamespace(settings=settings)
    desk: Any = SimpleNamespace(
        options=options,
        manager=manager,
        progress=None,
        workbench=workbench,
        found=lambda name: SimpleNamespace(id=name),
        knows=lambda _name: True,
    )
    monkeypatch.setattr(plugins_changing, "_ended", lambda _desk, changes: len(changes))
    assert await plugins_changing.remove(cast("Desk", desk)) == 1
    assert (manager.removed, settings.get("plugins.settings.acme")) == (["acme"], kept)
