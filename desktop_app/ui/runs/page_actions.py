"""The Runs page's actions, for the menus and the palette; they are about the run that is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop_app.api import RunSnapshot

if TYPE_CHECKING:
    from desktop_app.ui.runs.page import RunsPage
    from desktop_app.ui.runs.run_page import RunPage
    from desktop_app.ui.shell import Shell


def add_run_actions(page: RunsPage, shell: Shell) -> None:
    """Add what can be done with the open run; without one, an action shows the table of runs to pick it from."""
    tr, add = page.tr, shell.add_action

    def with_run(act: Callable[[RunPage, RunSnapshot], object]) -> Callable[[], object]:
        def call() -> None:
            shell.show_page("runs")
            opened = page.opened
            if opened is not None and opened.run is not None:
                act(opened, opened.run)

        return call

    def show_all() -> None:
        shell.show_page("runs")
        page.show_list()

    def compare() -> None:
        show_all()
        page.list.compare_chosen()

    add("runs.all", tr("A&ll runs"), "", show_all, menu="run",
        icon="mdi6.format-list-bulleted")  # fmt: skip
    add("runs.again", tr("Run the open run a&gain…"), "", with_run(lambda each, run: each.deeds.again(run)), menu="run",
        icon="mdi6.restart")  # fmt: skip
    add("runs.compare", tr("Co&mpare two runs…"), "", compare, menu="run",
        icon="mdi6.compare-horizontal")  # fmt: skip
    add("runs.cancel", tr("&Cancel the open run…"), "", with_run(lambda each, _run: each.ask_cancel()), menu="run",
        icon="mdi6.stop")  # fmt: skip
    add("runs.first_error", tr("Go to the first &error"), "", with_run(lambda each, _run: each.show_first_error()),
        menu="run", icon="mdi6.flag-outline")  # fmt: skip
    add("runs.export", tr("E&xport a model of the open run…"), "", with_run(lambda each, run: each.deeds.export(run)),
        menu="run", icon="mdi6.cube-send")  # fmt: skip
    add("runs.folder", tr("Open the run's &folder"), "", with_run(lambda each, run: each.deeds.open_folder(run)),
        menu="run", icon="mdi6.folder-outline")  # fmt: skip
