"""A failed run's card with what plugins know: cause, advice, copying, and the fix from card to editor."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import QApplication

from desktop_app.api import FirstFailure, Fix, JobBackend, RunStatus
from desktop_app.places import Places
from desktop_app.services.remedies import with_unused_parameters
from desktop_app.ui.environments.dialog import EnvironmentsDialog
from desktop_app.ui.files.mend_dialog import MendDialog
from tests.helpers.fake_shell import FakeShell
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.run_folders import FolderOfRun, fail, make_run
from tests.ui.audit import assert_sound
from tests.ui.files_bench import FilesWindow, dialog_of, pane_of, project
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]

RAISED = 'Traceback (most recent call last):\n  File "train.py", line 4, in <module>\nValueError: a bad batch\n'


class Far:
    """A backend whose logs lie elsewhere and come in two parts, each when it is told to."""

    def __init__(self, made: FolderOfRun) -> None:
        self.made, self.parts = made, (asyncio.Event(), asyncio.Event())

    async def look(self, handle: str) -> None:
        """Bring the logs."""
        for part, text in zip(self.parts, (RAISED, "Connection closed by peer\n"), strict=True):
            await part.wait()
            self.made.append(int(text != RAISED), text.encode(), 1000.0)


async def test_a_cause_is_shown_as_soon_as_its_log_is_here_and_the_rest_may_follow(runs_bench: RunsBench) -> None:
    made = make_run(runs_bench.places.runs, "r-1", RunStatus.FAILED, processes=2)
    made.write_state(replace(made.snapshot, ranks=made.snapshot.ranks, from_bundle="a colleague's"))
    await runs_bench.workbench.monitor.refresh()
    page, far = await runs_bench.open(await runs_bench.add("r-0", RunStatus.COMPLETED)), Far(made)
    page._looking._backend_of = lambda _handle: cast("JobBackend", far)
    runs_bench.page.show_run(made.snapshot.handle)
    assert not page.failure.cause.isVisible()
    far.parts[0].set()
    await until(lambda: page.failure.text.text() == "ValueError: a bad batch")
    assert page._looking.is_busy, "the rest is on its way"
    far.parts[1].set()
    await until(lambda: not page._looking.is_busy)
    await quiet()
    assert page.failure.text.text() == "ValueError: a bad batch"
    assert len(page.failure.falls.rows) == 2


async def test_a_run_that_its_time_limit_ended_opens_on_who_was_silent_and_offers_more_time(
    runs_bench: RunsBench,
) -> None:
    made = make_run(runs_bench.places.runs, "r-1", RunStatus.CANCELED, processes=2, seconds=600)
    run = made.snapshot
    assert run.started is not None
    began = run.started.timestamp()
    for rank, last in ((0, 590), (1, 30)):
        for second in range(5, last + 1, 5):
            made.append(rank, f"step {second}\n".encode(), began + second)
    made.write_state(replace(run, reason="Its time limit of 600 s was reached."))
    plan = made.path / "plan.json"
    data = json.loads(plan.read_text())
    data["job"]["timeout"] = 600
    plan.write_text(json.dumps(data))
    job = Path(data["source"])
    job.parent.mkdir(parents=True, exist_ok=True)
    job.write_text("command: x\n")
    await runs_bench.workbench.monitor.refresh()
    page = await runs_bench.open_and_read(made)
    card = page.failure
    await until(card.fix.isVisible)
    assert card.heading.text() == "Its time limit ended the run"
    assert card.cause.text().startswith("Rank 1 wrote nothing for the last 570 s")
    assert (card.property("tone"), page.state_message.isHidden()) == ("warning", True), "it is said once"
    assert page.header.state.label.text() == "Canceled · time limit after 10:00"
    card.fix.click()
    fix = Fix("Let it run for up to 20 min", {"limits.timeout": 1200})
    assert runs_bench.shell.calls[-1] == ("mend_file", job, fix)
    assert_sound(runs_bench.page)
    await quiet()


KNOWS = """
from desktop_app.api import Explanation, Fix, hookimpl


@hookimpl
def explain_failure(report):
    found = []
    for rank, text in report.tails.items():
        for line in text.splitlines():
            if "closed by peer" in line:
                found.append(Explanation("peer-gone", "Another was gone.", (), rank, line, True))
            elif "mat1 and mat2" in line:
                fix = Fix("Take one process", {"distribution.process_count_per_instance": 1})
                found.append(Explanation("a-shapes", "The sizes don't fit.", ("Look.", "Mend."), rank, line, fix=fix))
    return found
"""
FIX = Fix("Take one process", {"distribution.process_count_per_instance": 1})


async def test_the_card_says_cause_and_advice_and_hands_on_the_fix(runs_bench: RunsBench) -> None:
    write_plugin(runs_bench.workbench.places.plugins, "aaa-knows", KNOWS)
    runs_bench.workbench.plugins.discover()
    job = runs_bench.places.home / "project" / "job.yml"
    job.parent.mkdir(parents=True, exist_ok=True)
    job.write_text("command: x\n")
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    card = page.failure
    await until(card.fix.isVisible)
    assert (card.heading.text(), card.cause.text()) == ("Rank 3 failed first: exit 1", "The sizes don't fit.")
    assert card.text.text().startswith("RuntimeError: mat1")
    assert card.advice.text() == "•  Look.\n•  Mend."
    assert card.fix.text() == "Take one process…"
    assert "The sizes don't fit. RuntimeError" in card.accessibleName()
    card.copy.click()
    assert "- Mend." in QApplication.clipboard().text()
    card.fix.click()
    assert runs_bench.shell.calls[-1] == ("mend_file", job, FIX)
    assert_sound(runs_bench.page)
    await quiet()


async def test_without_a_plugin_that_knows_the_exception_says_it_and_a_fix_needs_its_file(
    runs_bench: RunsBench,
) -> None:
    for info in runs_bench.workbench.plugins.plugins:
        runs_bench.workbench.plugins.disable(info.id)
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    await until(page.failure.cause.isVisible)
    assert page.failure.text.text().startswith("RuntimeError: mat1 and mat2")
    assert [each.isVisible() for each in (page.failure.fix, page.failure.remedy)] == [False] * 2
    write_plugin(runs_bench.workbench.places.plugins, "aaa-knows", KNOWS)
    runs_bench.workbench.plugins.discover()
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-2"))
    await until(lambda: page.failure.cause.text() == "The sizes don't fit.")
    assert not page.failure.fix.isVisible()
    await quiet()


MENDS = """
from desktop_app.api import Explanation, Remedy, RemedyKind, hookimpl


@hookimpl
def explain_failure(report):
    found = []
    for rank, text in report.tails.items():
        for line in text.splitlines():
            if "mat1 and mat2" in line:
                remedy = Remedy(RemedyKind.ADD_PACKAGE, "pandas")
                found.append(Explanation("a-shapes", "The sizes don't fit.", (), rank, line, remedy=remedy))
    return found
"""


async def test_the_card_offers_what_mends_an_environment(runs_bench: RunsBench) -> None:
    write_plugin(runs_bench.workbench.places.plugins, "aaa-knows", MENDS)
    runs_bench.workbench.plugins.discover()
    job = runs_bench.places.home / "project" / "job.yml"
    job.parent.mkdir(parents=True, exist_ok=True)
    job.write_text("command: x\nenvironment:\n  image: ubuntu\n  conda_file: {dependencies: []}\n")
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    card = page.failure
    await until(card.remedy.isVisible)
    assert card.remedy.accessibleName() == "Add pandas to the environment"
    card.remedy.click()
    await until(lambda: runs_bench.shell.calls and runs_bench.shell.calls[-1][0] == "change_file")
    assert runs_bench.shell.calls[-1][1:3] == (job, "Add pandas to job.yml")
    assert_sound(runs_bench.page)
    await quiet()


async def test_another_image_is_chosen_among_those_that_there_are(runs_bench: RunsBench) -> None:
    knows = MENDS.replace('Remedy(RemedyKind.ADD_PACKAGE, "pandas")', "Remedy(RemedyKind.OTHER_IMAGE)")
    write_plugin(runs_bench.workbench.places.plugins, "aaa-knows", knows)
    runs_bench.workbench.plugins.discover()
    job = runs_bench.places.home / "project" / "job.yml"
    job.parent.mkdir(parents=True, exist_ok=True)
    job.write_text("$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
                   "command: x  # tuned\nenvironment: azureml:old@latest\n")  # fmt: skip
    before = job.read_text()
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    await until(page.failure.remedy.isVisible)
    assert page.failure.remedy.accessibleName() == "Choose another image"
    page.failure.remedy.click()
    await until(lambda: dialog_of(EnvironmentsDialog))
    dialog = dialog_of(EnvironmentsDialog)
    assert dialog is not None
    await until(lambda: dialog.environment is not None and dialog.use_button.isEnabled())
    dialog.use_current()
    await until(lambda: runs_bench.shell.calls and runs_bench.shell.calls[-1][0] == "change_file")
    _called, path, title, make = runs_bench.shell.calls[-1]
    assert (path, title) == (job, "Put another environment into job.yml")
    assert callable(make)
    after = make(before)
    assert after.startswith(before.partition("environment:")[0])
    assert "azureml:old@latest" not in after
    assert job.read_text() == before, "nothing changes before it was shown"
    await quiet()


async def test_where_the_job_file_is_elsewhere_the_change_is_said_and_not_offered(runs_bench: RunsBench) -> None:
    write_plugin(runs_bench.workbench.places.plugins, "aaa-knows", KNOWS)
    runs_bench.workbench.plugins.discover()
    made = fail(make_run(runs_bench.places.runs, "r-1", RunStatus.FAILED, nodes=2, processes=2), 3)
    made.write_state(replace(made.snapshot, from_bundle="host, 2026-11-22"))
    await runs_bench.workbench.monitor.refresh()
    card = (await runs_bench.open_and_read(made)).failure
    await until(card.elsewhere.isVisible)
    assert card.elsewhere.text() == "Its job file is not on this machine. Where the run came from: take one process."
    assert not card.fix.isVisible()
    await quiet()


async def test_the_fix_is_shown_first_and_is_one_step_to_undo(tmp_path: Path, places: Places, shell: FakeShell) -> None:
    folder = project(tmp_path / "digits")
    files = FilesWindow(places, shell, folder)
    await files.open()
    job = folder / "job.yml"
    before = job.read_text("utf-8")
    files.page.mend_file(job, FIX)
    await until(lambda: dialog_of(MendDialog))
    dialog = dialog_of(MendDialog)
    assert dialog is not None
    assert dialog.windowTitle() == "Take one process"
    pane = pane_of(files.page)
    assert pane.editor.text() == before
    dialog.accept()
    await until(lambda: "process_count_per_instance: 1" in pane.editor.text())
    assert job.read_text("utf-8") == before
    pane.editor.undo()
    assert pane.editor.text() == before
    files.page.mend_file(job, Fix("Take two", {"distribution.process_count_per_instance": 2}))
    await until(pane.note.isVisible)
    assert pane.note.heading.text() == "job.yml says so already."
    await files.close()


async def test_a_script_is_changed_the_same_way(tmp_path: Path, places: Places, shell: FakeShell) -> None:
    folder = project(tmp_path / "digits")
    files = FilesWindow(places, shell, folder)
    await files.open()
    script = folder / "wrap.py"
    script.write_text("model = DDP(model)\n")
    files.page.change_file(script, "Set it in wrap.py", with_unused_parameters)
    await until(lambda: dialog_of(MendDialog))
    dialog = dialog_of(MendDialog)
    assert dialog is not None
    dialog.accept()
    pane = pane_of(files.page)
    await until(lambda: pane.editor.text() == "model = DDP(model, find_unused_parameters=True)\n")
    assert script.read_text() == "model = DDP(model)\n"
    pane.editor.undo()
    assert pane.editor.text() == "model = DDP(model)\n"
    pane.editor.change_to("model = model\n")
    files.page.change_file(script, "Set it in wrap.py", with_unused_parameters)
    await until(pane.note.isVisible)
    assert "is not called here any more" in pane.note.heading.text()
    await files.close()


TORCHRUN = """epoch 0
[rank1]: Traceback (most recent call last):
[rank1]:   File "{code}/train.py", line 8, in <module>
[rank1]:     raise ValueError("expected 64 channels, got 3")
[rank1]: ValueError: expected 64 channels, got 3
Traceback (most recent call last):
  File "/x/torch/distributed/launcher/api.py", line 383, in launch_agent
    raise ChildFailedError(
torch.distributed.elastic.multiprocessing.errors.ChildFailedError: 
============================================================
Root Cause (first observed failure):
[0]:
  rank      : 1 (local_rank: 1)
  exitcode  : 1 (pid: 683)
"""  # noqa: W291 - as torchrun writes it


async def test_a_rank_of_torchrun_is_one_story_and_opens_at_its_exception(runs_bench: RunsBench) -> None:
    made = make_run(runs_bench.places.runs, "r-1", RunStatus.FAILED, processes=1)
    source = runs_bench.places.home / "project" / "src" / "train.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("x\n" * 9)
    plan = made.path / "plan.json"
    plan.write_text(plan.read_text().replace(str(made.path.parent.parent / "project"), str(source.parent.parent)))
    text = TORCHRUN.format(code=made.path / "code")
    made.append(0, text.encode(), 1000.0)
    run, words = made.snapshot, text.splitlines()[8]
    assert run.ended is not None
    made.write_state(replace(
        run, first_failure=FirstFailure(0, run.ended, 1, words, 9),
        ranks=(replace(run.ranks[0], role="agent", status=RunStatus.FAILED, exit_code=1),),
    ))  # fmt: skip
    await runs_bench.workbench.monitor.refresh()
    page = await runs_bench.open_and_read(made)
    card, view = page.failure, page.logs.view
    heading = "Rank 1, which the launcher started, failed"
    await until(lambda: card.heading.text() == heading and card.open_code.isVisible())
    assert card.cause.text() == "The program raised ValueError: expected 64 channels, got 3."
    code = 'train.py:8 reads: raise ValueError("expected 64 channels, got 3")'
    assert card.explanation.text() == f"The launcher ended with exit code 1. {code}"
    assert card.open_code.text() == "&Open train.py:8"
    await until(lambda: (view.seen_key or (0, 0, 0))[2] == text.index("[rank1]: ValueError"))
    page.logs.to_first_error()
    await until(lambda: (view.seen_key or (0, 0, 0))[2] == text.index("[rank1]: ValueError"))
    await quiet()


async def test_a_rank_that_wrote_no_error_is_named_above_the_echoes_of_others(runs_bench: RunsBench) -> None:
    made = make_run(runs_bench.places.runs, "r-1", RunStatus.FAILED, processes=3)
    made.append(1, b"ERROR:tensorflow: worker 1 failed\n", 1000.0)
    run = made.snapshot
    assert run.ended is not None
    ranks = tuple(replace(each, role="worker" if each.rank else "ps") for each in run.ranks)
    made.write_state(replace(run, first_failure=FirstFailure(2, run.ended, -9), ranks=ranks))
    await runs_bench.workbench.monitor.refresh()
    page = await runs_bench.open_and_read(made)
    assert page.failure.heading.text() == "w1 (rank 2) failed first: SIGKILL"
    await until(page.logs.message.isVisible)
    assert page.logs.message.heading.text() == "w1 (2) wrote no error; red lines are other ranks' echoes."
    await quiet()
