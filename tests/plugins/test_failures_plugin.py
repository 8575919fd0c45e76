"""The plugin of known failures: what it says of runs, and the changes of the job file that it offers."""

from __future__ import annotations

import pytest

from desktop_app.api import Explanation, FailureReport, Fix, Job, Resources
from plugins.failures import fixes, hooks


def explained(text: str, job: Job | None = None) -> tuple[Explanation, ...]:
    return tuple(hooks.explain_failure(FailureReport(job or Job(command="python train.py"), tails={0: text})))


def codes(text: str) -> list[str]:
    return [each.code for each in explained(text)]


def test_a_full_shared_memory_is_explained_with_its_fix() -> None:
    (found,) = explained("epoch 1\nrun.sh: line 4: 99 Bus error (core dumped) python train.py\n")
    assert (found.code, found.category, found.rank, found.position) == ("bus-error", "shared-memory", 0, 1)
    assert found.fix == Fix("Ask for 16 GB of shared memory", {"resources.shm_size": "16g"})


@pytest.mark.parametrize(
    ("now", "then"),
    [(None, "16g"), ("64m", "16g"), ("2g", "16g"), ("8G", "32g"), ("32g", "128g"), ("64g", ""), ("lots", "16g")],
)
def test_shared_memory_grows_to_what_helps(now: str | None, then: str) -> None:
    fix = fixes.more_shared_memory(Job(command="", resources=Resources(shm_size=now)))
    assert (fix.set["resources.shm_size"] if fix else "") == then


@pytest.mark.parametrize(("now", "title"), [(1200, "40 minutes"), (3600, "2 hours"), (5400, "3 hours")])
def test_a_time_limit_is_doubled(now: int, title: str) -> None:
    fix = fixes.longer_timeout(Job(command="", timeout=now))
    assert fix == Fix(f"Let it run for up to {title}", {"limits.timeout": now * 2})


def test_a_job_without_a_limit_needs_no_longer_one() -> None:
    assert fixes.longer_timeout(Job(command="")) is None


@pytest.mark.parametrize(("tier", "is_offered"), [("Spot", True), ("spot", True), ("Standard", False), (None, False)])
def test_spot_nodes_are_changed_for_others(tier: str | None, is_offered: bool) -> None:
    fix = fixes.kept_nodes(Job(command="", extra={"queue_settings": {"job_tier": tier}} if tier else {}))
    assert fix == (
        Fix("Ask for nodes that are not taken away", {"queue_settings.job_tier": "standard"}) if is_offered else None
    )


def test_each_fix_that_the_files_name_is_there() -> None:
    from desktop_app.api.kit import load_knowledge

    named = {each.fix for each in load_knowledge(hooks.KNOWLEDGE).signatures if each.fix}
    assert named <= set(fixes.FIXES)


@pytest.mark.parametrize(
    "text",
    [
        "epoch 3 loss 0.52",
        "WARNING: 2 workers found, 4 expected",
        "Downloading: 100%|##########| 4.2M/4.2M [00:01<00:00]",
    ],
)
def test_lines_of_a_good_run_are_no_failure(text: str) -> None:
    assert codes(text) == []
