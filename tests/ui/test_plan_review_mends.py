"""A toolchain that a plan lacks is set up from the plan itself: what it costs, how far it is, a way to stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QPushButton

from desktop_app.api import Diagnostic, Job, Severity, SubmissionPlan, Topology
from desktop_app.core.words import cost_text
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.widgets import InlineMessage
from tests.helpers.fake_toolchains import FakeToolchains
from tests.helpers.made_toolchains import spec_of
from tests.ui.audit import assert_sound
from tests.ui.files_bench import quiet, until

MESSAGE = "The toolchain horovod-pytorch (Horovod) is not made yet: run `rankzero toolchains create horovod-pytorch`."


def plan(*findings: Diagnostic) -> SubmissionPlan:
    return SubmissionPlan("local", Job("python train.py"), "job.yml", Topology(1, 2), (), diagnostics=findings)


@dataclass
class Reviewed:
    """A plan that lacks its toolchain, in its dialog; planning again finds nothing wrong."""

    dialog: PlanReview
    toolchains: FakeToolchains

    @property
    def mend(self) -> QPushButton:
        """The button that makes the toolchain."""
        return next(each for each in self.dialog.findChildren(QPushButton) if each.text().startswith("Set up"))

    def errors(self) -> list[InlineMessage]:
        """What is said of errors, from above."""
        items = [self.dialog.messages.itemAt(at) for at in range(self.dialog.messages.count())]
        found = [each.widget() for each in items if each is not None]
        return [each for each in found if isinstance(each, InlineMessage) and each.isVisible()]


@pytest.fixture
async def reviewed(bench: Workbench) -> AsyncIterator[Reviewed]:
    async def plan_again() -> SubmissionPlan:
        return plan()

    dialog = PlanReview(plan(Diagnostic(Severity.ERROR, "toolchain-missing", MESSAGE)), bench, None, plan_again)
    dialog.show()
    toolchains = bench.toolchains
    assert isinstance(toolchains, FakeToolchains)
    yield Reviewed(dialog, toolchains)
    dialog.reject()
    dialog.deleteLater()
    await quiet()


async def test_the_button_says_what_it_costs(reviewed: Reviewed) -> None:
    spec = spec_of("horovod-pytorch")
    cost = cost_text(spec.minutes, spec.size_mb)
    assert cost.startswith("about")
    assert reviewed.mend.text() == f"Set up the horovod-pytorch toolchain ({cost})"
    assert not reviewed.dialog.run_button.isEnabled()
    assert_sound(reviewed.dialog)


async def test_it_is_made_with_progress_and_planned_again(reviewed: Reviewed) -> None:
    dialog = reviewed.dialog
    reviewed.mend.click()
    await until(lambda: reviewed.toolchains.calls)
    assert reviewed.toolchains.calls == [("create", "horovod-pytorch")]
    assert (dialog.state.text(), dialog.progress.value()) == ("Downloading torch 2.13.0", 400)
    assert not reviewed.mend.isEnabled()
    reviewed.toolchains.go.set()
    await until(dialog.run_button.isEnabled)
    assert not reviewed.errors()


async def test_cancel_stops_the_making_and_leaves_the_plan_open(reviewed: Reviewed) -> None:
    reviewed.mend.click()
    await until(lambda: reviewed.toolchains.calls)
    reviewed.dialog.cancel_button.click()
    await until(reviewed.mend.isEnabled)
    assert reviewed.dialog.isVisible()
    assert not reviewed.dialog.progress.isVisible()
    assert len(reviewed.errors()) == 1


async def test_what_failed_is_said_once_with_its_output(reviewed: Reviewed) -> None:
    reviewed.toolchains.fails = True
    reviewed.toolchains.go.set()
    for _ in range(2):
        reviewed.mend.click()
        await until(lambda: len(reviewed.errors()) == 2 and reviewed.mend.isEnabled())
    first = reviewed.errors()[0]
    assert first.heading.text() == "The toolchain could not be made."
    assert first.hint.text() == "Look at the network."
    assert first.details.toPlainText() == "pip said no"
    assert reviewed.mend.isEnabled()
