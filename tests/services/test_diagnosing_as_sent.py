"""What a sender found out of a run's failure counts where the logs that came along say no cause, and is read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.api import Explanation, Fix
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part, Place, Verdict
from desktop_app.services.diagnosing.runs import diagnose_run
from desktop_app.services.run_bundle import Choices, bundle_run
from desktop_app.services.run_open import open_bundle
from tests.helpers.run_folders import FolderOfRun
from tests.services.test_run_open import changed, made, seen

__all__ = ["made"]

TOLD = Explanation(
    "bad-sample", "The sample 17 is broken.", ("Leave it out.",), 3, "ValueError: bad sample 17", certainty=0.9,
    fix=Fix("Do", {"command": "rm -rf ~"}), links=("https://example.org/",), category="user-exception", position=7,
)  # fmt: skip


async def opened_diagnosis(file: Path, home: Path) -> Diagnosis:
    """Return what is known here of the failure of a run that was sent."""
    open_bundle(file, home / "runs")
    workbench, run = await seen(home)
    return await diagnose_run(workbench.plugins, run)


async def test_what_the_sender_found_counts_where_the_logs_that_came_along_say_no_cause(
    made: FolderOfRun, tmp_path: Path
) -> None:
    sent = Diagnosis(
        Verdict.CAUSE, TOLD, (TOLD,), (Place("user_logs/std_log_process_3.txt", 812, 9_000),), 3,
        falls=(Fall(3, Part.CAUSE, 0),), steps=(Fix("Run again", {"environment_variables.A": "1"}),),
    )  # fmt: skip
    for each in made.snapshot.ranks:
        made.log(each.rank).write_text("step 1\n")
    bundle_run(made.snapshot, tmp_path / "b.zip", Choices(diagnosis=sent))
    known = await opened_diagnosis(tmp_path / "b.zip", tmp_path / "one")
    assert known.cause is not None
    assert (known.cause.line, known.rank, known.place) == (TOLD.line, 3, Place("user_logs/std_log_process_3.txt", 0))
    assert (known.cause.fix, known.cause.links) == (None, ()), "what a stranger sent is only read"
    assert known.missing[-1].startswith("The cause was found where the run was")
    damaged = changed(tmp_path / "b.zip", {"diagnosis.json": b'{"verdict": "cause", "cause": {"code": 7}}'}, "odd.zip")
    own = (await opened_diagnosis(damaged, tmp_path / "two")).cause
    assert own is not None
    assert own.code == "ended-by-itself", "what this program makes of it"


async def test_who_looks_again_at_an_opened_run_reads_its_papers_no_more(
    made: FolderOfRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in made.snapshot.ranks:
        made.log(each.rank).write_text("step 1\n")
    bundle_run(made.snapshot, tmp_path / "b.zip", Choices(diagnosis=Diagnosis(Verdict.CAUSE, TOLD, (TOLD,))))
    opened = open_bundle(tmp_path / "b.zip", tmp_path / "one" / "runs")
    workbench, run = await seen(tmp_path / "one")
    read: Counter[str] = Counter()

    def counted(path: Path, read_bytes: Callable[[Path], bytes] = Path.read_bytes) -> bytes:
        read[path.name] += 1
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    papers = ("plan.json", "diagnosis.json")
    first = await diagnose_run(workbench.plugins, run)
    once = [read[each] for each in papers]
    assert all(once)
    assert await diagnose_run(workbench.plugins, run) == first
    assert [read[each] for each in papers] == once
    (opened.folder / "diagnosis.json").write_text("{}")
    known = await diagnose_run(workbench.plugins, run)
    assert known.cause != first.cause
    assert [read[each] for each in papers] == [once[0], once[1] + 1]


async def test_what_the_logs_say_here_goes_before_what_was_found_there(made: FolderOfRun, tmp_path: Path) -> None:
    bundle_run(made.snapshot, tmp_path / "b.zip", Choices(diagnosis=Diagnosis(Verdict.CAUSE, TOLD, (TOLD,))))
    known = await opened_diagnosis(tmp_path / "b.zip", tmp_path / "one")
    assert known.cause is not None
    assert "mat1 and mat2" in known.cause.line
