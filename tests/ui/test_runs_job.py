"""The Job tab: the job file as it was submitted, and its plan with every process's variables."""

from __future__ import annotations

import json

import pytest

from desktop_app.core import shared_texts
from desktop_app.presenters.plan_review import command_text
from desktop_app.ui.runs.run_page import JOB, RunPage
from tests.ui.audit import assert_sound
from tests.ui.runs_bench import RunsBench, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


def variables_of_first(page: RunPage) -> dict[str, str]:
    """Return the variables that are shown of the first process."""
    model = page.job.processes.model()
    first = model.index(0, 0)
    rows = range(model.rowCount(first))
    return {model.index(row, 0, first).data(): model.index(row, 1, first).data() for row in rows}


async def test_the_job_and_its_plan_are_shown(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    page = await runs_bench.open(made)
    page.tabs.show_tab(JOB)
    await until(lambda: page.job.plan is not None)
    assert "tuned by hand" in page.job.text.toPlainText()
    assert page.job.text.isReadOnly()
    model = page.job.processes.model()
    assert model.rowCount() == 2
    assert page.job.plan is not None
    assert model.index(0, 1).data() == command_text(page.job.plan.processes[0])
    variables = variables_of_first(page)
    assert variables["WORLD_SIZE"] == "2"
    assert variables["MASTER_PORT"] == "6105"
    assert_sound(runs_bench.page)


async def test_a_plan_that_is_packed_is_shown_whole(runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_texts, "WORTH", 1)
    made = await runs_bench.add("r-1")
    plan = json.loads((made.path / "plan.json").read_text())
    for rank, each in enumerate(plan["processes"]):
        each["environment"]["TF_CONFIG"] = f'{{"task": {rank}}}'
    (made.path / "plan.json").write_text(json.dumps(shared_texts.packed(plan)))
    page = await runs_bench.open(made)
    page.tabs.show_tab(JOB)
    await until(lambda: page.job.plan is not None)
    assert variables_of_first(page)["TF_CONFIG"] == '{"task": 0}'
