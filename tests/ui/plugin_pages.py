"""Plugins pages for tests, over a manager that is told what to say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from desktop_app.services.workbench import Workbench
from desktop_app.ui.plugins.card import PluginCardView
from desktop_app.ui.plugins.page import PluginsPage
from desktop_app.ui.plugins.plan_sheet import PlanSheet
from desktop_app.ui.tasks import running
from tests.helpers.fake_shell import FakeShell
from tests.helpers.told_plugins import ToldPlugins
from tests.ui.windows import until

ACME = """[plugin]
id = "acme"
name = "Acme wizards"
version = "1.0.0"
api = "1"
summary = "Company templates"
author = "Acme"
license = "MIT"
homepage = "https://acme.example/wizards"
hooks = "hooks.py"

[contributes]
wizards = ["acme-wizard"]
"""


class Pages:
    """Makes pages, and lets go of them."""

    def __init__(self, shell: FakeShell) -> None:
        self.shell = shell
        self.made: list[PluginsPage] = []

    async def open(self, bench: Workbench) -> PluginsPage:
        """Return a page that is shown and has looked."""
        page = PluginsPage(bench, self.shell)
        self.made.append(page)
        page.resize(1000, 700)
        page.show()
        await at_rest()
        return page


@pytest.fixture
async def pages(shell: FakeShell) -> AsyncIterator[Pages]:
    """Pages that are closed after the test."""
    made = Pages(shell)
    yield made
    await at_rest()
    for page in made.made:
        page.desk.close()
        page.deleteLater()
        page.desk.host.close()


async def at_rest() -> None:
    """Wait until nothing goes on."""
    await until(lambda: not running())


def view(page: PluginsPage, plugin_id: str = "rankzero-pytorch") -> PluginCardView:
    """Return a plugin's card."""
    return page.list.views[plugin_id]


def told(bench: Workbench) -> ToldPlugins:
    """Return the manager that is told what to say."""
    return cast("ToldPlugins", bench.plugin_manager)


def add_acme(bench: Workbench, hooks: str = "") -> None:
    """Put a plugin into the person's folder."""
    folder = bench.places.plugins / "acme"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(ACME)
    (folder / "hooks.py").write_text(hooks)
    bench.plugins.discover()


async def sheet_of(page: PluginsPage) -> PlanSheet:
    """Return the plan that is shown, as soon as it is."""
    await until(lambda: page.sheet is not None and page.sheet.isVisible())
    assert page.sheet is not None
    return page.sheet
