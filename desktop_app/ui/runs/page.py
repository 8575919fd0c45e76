"""The Runs page: the table of all runs, and the page of the one that is open."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from desktop_app.api import RunSnapshot
from desktop_app.services.workbench import Workbench
from desktop_app.ui.runs.page_actions import add_run_actions
from desktop_app.ui.runs.run_page import RunPage
from desktop_app.ui.runs.table_page import RunsList
from desktop_app.ui.shell import Shell

_OPEN = "runs.open"


class RunsPage(QStackedWidget):
    """Implements `ui.shell.RunsView`. A run's page is made when the first run is opened, and used again for others."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._workbench, self._shell = workbench, shell
        self.list = RunsList(workbench, shell)
        self.run_page: RunPage | None = None
        self._wanted = str(shell.state.get(_OPEN, "") or "")
        self.addWidget(self.list)
        add_run_actions(self, shell)
        self.list.opened.connect(self.show_run)
        self.list.deeds.download_asked.connect(self._download)
        self.list.deeds.export_asked.connect(self._export)
        self._disconnect = workbench.store.changed.connect(self._arrived)
        # Qt may destroy the page while services live on: they must not call into it then.
        endings = [self._disconnect, self.list.model.close]
        self.destroyed.connect(lambda: [each() for each in endings])
        self._endings = endings
        if self._wanted:
            self._arrived(frozenset(workbench.store.runs))

    @property
    def opened(self) -> RunPage | None:
        """The page of the run that is open, None while the table is shown."""
        return self.run_page if self.run_page is not None and self.currentWidget() is self.run_page else None

    def show_run(self, handle: str) -> None:
        """Show a run's page; of a run that is not known yet as soon as it is."""
        run = self._workbench.store.get(handle)
        if run is None:
            self._wanted = handle
            return
        self._wanted = ""
        page = self._page()
        page.show_run(run)
        self.setCurrentWidget(page)
        page.tabs.bar.setFocus()
        self.list.view.select(handle)
        self._shell.state.set(_OPEN, handle)

    def show_list(self) -> None:
        """Show the table of all runs."""
        self._wanted = ""
        self.setCurrentWidget(self.list)
        self.list.view.setFocus()
        self._shell.state.set(_OPEN, "")

    def close_down(self) -> None:
        """Listen to nothing any longer, and end what reads."""
        self._disconnect()
        self.list.close_down()
        if self.run_page is not None:
            self.run_page.close_down()

    def _download(self, run: RunSnapshot) -> None:
        self.show_run(run.handle)
        self._page().show_download()

    def _export(self, run: RunSnapshot) -> None:
        self.show_run(run.handle)
        self._page().show_export()

    def _page(self) -> RunPage:
        if self.run_page is None:
            self.run_page = RunPage(self._workbench, self._shell)
            self.run_page.back_asked.connect(self.show_list)
            self.run_page.opened.connect(self.show_run)
            self._endings += [self.run_page.stop_following, self.run_page.trials.stop_following]
            self.addWidget(self.run_page)
        return self.run_page

    def _arrived(self, handles: frozenset[str]) -> None:
        if self._wanted and self._wanted in handles:
            self.show_run(self._wanted)
