"""Opens the real window in this process and does what a person would; says each step as a line of JSON.

    python -m tests.helpers.window_driver SCENARIO HOME FOLDER

The process is the program: `desktop_app.app` puts it together, and a coroutine beside it presses the buttons.
Tests kill it, and start it again.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget

from desktop_app import app as root
from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.presenters.models.export import Source
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.page import FilesPage
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.runs.page import RunsPage

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)
_LIMIT = 240.0


def say(step: str, **facts: Any) -> None:
    """Write one step for the test that watches."""
    print(json.dumps({"step": step, **facts}), flush=True)


async def until(find: Callable[[], T | None], what: str) -> T:
    """Return what `find` returns once it is not empty, looking at every turn of the loop."""
    async with asyncio.timeout(_LIMIT):
        while not (found := find()):  # noqa: ASYNC110 - pages have no event for each thing a person sees
            await asyncio.sleep(0.02)
    say("saw", what=what)
    return found


def shown(kind: type[W]) -> W | None:
    """Return the visible window of that kind."""
    fitting = (each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible())
    return next(fitting, None)


def runs(window: MainWindow) -> list[RunSnapshot]:
    """Return what the window knows of runs."""
    session = window._session
    return [] if session is None else list(session.workbench.store.runs.values())


async def run_the_job(window: MainWindow) -> None:
    """Open the folder's job.yml, press Run here, review, run, and watch until the window is killed or the run ends."""
    await until(lambda: window._session, "services")
    window.open_file(Path(sys.argv[3], "job.yml"))
    page = cast("FilesPage", window.pages.page("files"))
    await until(
        lambda: page.pane and page.pane.file.path.name == "job.yml" and page.editors.run_button.isEnabled(), "the job"
    )
    QTest.mouseClick(page.editors.run_button, Qt.MouseButton.LeftButton)
    review = await until(lambda: shown(PlanReview), "the plan")
    await until(review.run_button.isEnabled, "a plan without errors")
    QTest.mouseClick(review.run_button, Qt.MouseButton.LeftButton)
    run = (await until(lambda: runs(window), "the run"))[0]
    say("submitted", handle=run.handle)
    await watch(window)


async def watch(window: MainWindow) -> None:
    """Follow the only run to its end on its page, saying each state that the window knows."""
    await until(lambda: window._session, "services")
    seen: RunStatus | None = None
    run = (await until(lambda: runs(window), "a run"))[0]
    window.show_run(run.handle)
    page = cast("RunsPage", window.pages.page("runs"))
    while not run.is_over or seen is not run.status:
        if run.status is not seen:
            seen = run.status
            say("status", status=str(seen), text=[each.status for each in run.ranks])
        await asyncio.sleep(0.02)
        run = runs(window)[0]
    await until(lambda: page.run_page and page.run_page.isVisible(), "the run's page")
    say("over", status=str(run.status), reason=run.reason, outputs=run.outputs)


async def cancel(window: MainWindow) -> None:
    """Wait until ranks run, then cancel by the action of the page."""
    await until(lambda: runs(window) and runs(window)[0].status is RunStatus.RUNNING, "a running run")
    run = runs(window)[0]
    session = window._session
    assert session is not None
    await session.workbench.backends["local"].cancel(run.handle)
    await watch(window)


async def type_on(window: MainWindow) -> None:
    """Type into the folder's job.yml, a line every tenth of a second, until the window is killed."""
    page = await the_job(window)
    for number in range(2000):
        page.editor.appendPlainText(f"# line {number}")
        say("typed", number=number, at=time.time())
        await asyncio.sleep(0.1)


async def read_on(window: MainWindow) -> None:
    """Say the text that job.yml opens with, and the processes that check the folder."""
    pane = await the_job(window)
    page = cast("FilesPage", window.pages.page("files"))
    check = await until(lambda: page.project.check, "the check of the folder")
    await until(lambda: check.pids, "its process")
    say("text", text=pane.editor.text(), pids=check.pids)
    await until(lambda: page.project.state.is_done, "the end of the check")
    pane.editor.document().setModified(False)


async def the_job(window: MainWindow) -> EditorPane:
    """Return the folder's job.yml once it is open."""
    await until(lambda: window._session, "services")
    window.open_file(Path(sys.argv[3], "job.yml"))
    page = cast("FilesPage", window.pages.page("files"))
    await until(lambda: page.pane and page.pane.was_checked and page.pane.file.path.name == "job.yml", "the job")
    assert page.pane is not None
    return page.pane


async def export(window: MainWindow) -> None:
    """Export the folder's model, allow what its checkpoint asks for, and look at the report and the graph."""
    await until(lambda: window._session, "services")
    window.export_model(Source(Path(sys.argv[3], "digits.ckpt"), code=Path(sys.argv[3])))
    page = cast("ModelsPage", window.pages.page("models"))
    form = page.export_page
    await until(lambda: form.draft.model is not None and form.export_button.isEnabled(), "the model")
    form.export_button.click()
    await until(lambda: form.working.card, "the question")
    assert form.working.card is not None
    say("question", kind=form.working.card.question.kind)
    for box in form.working.card.findChildren(QCheckBox):
        box.click()
    form.working.card.go_on.click()
    await until(lambda: page.currentWidget() is page.report_page or form.message.isVisible(), "the end")
    report = page.report_page.report
    assert report is not None, form.message.heading.text()
    say("report", verdict=report.verdict.value, output=report.output, said=report.reason)
    page.report_page.graph_button.click()
    await until(lambda: page.graph_page and page.graph_page.view.graph, "the graph")
    page.show_list()
    await until(lambda: page.list.model.rowCount() == 1, "the list")


SCENARIOS: dict[str, Callable[[MainWindow], Awaitable[None]]] = {
    "run": run_the_job, "watch": watch, "cancel": cancel,
    "type": type_on, "read": read_on, "export": export}  # fmt: skip


def main() -> int:
    """Run the program with the scenario beside it."""
    scenario, home, folder = SCENARIOS[sys.argv[1]], sys.argv[2], Path(sys.argv[3])
    bugs: list[BaseException] = []
    app, window = root.first_paint(home, bugs.append)

    async def start() -> None:
        opening = asyncio.create_task(root._open(window, folder, home, safe_mode=False))
        acting = asyncio.create_task(_act(scenario, window))
        done, _ = await asyncio.wait({opening, acting}, return_when=asyncio.FIRST_COMPLETED)
        opening.cancel()
        for each in done:
            each.result()

    code = root._live(app, window, bugs, start)
    reports = sorted(Path(home, "crashes").glob("*")) if Path(home, "crashes").is_dir() else []
    for each in reports:
        say("bug", report=each.read_text(encoding="utf-8"))
    return code or len(bugs) + len(reports)


async def _act(scenario: Callable[[MainWindow], Awaitable[None]], window: MainWindow) -> None:
    try:
        await scenario(window)
    finally:
        window.close()


if __name__ == "__main__":
    sys.exit(main())
