"""Whole runs of real processes: what a rank finds, what is written down, and how a good run ends."""

from __future__ import annotations

import json
import stat
import struct
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.api._records import from_json
from desktop_app.backends.local import submitting
from tests.helpers import local_runs
from tests.helpers.processes import children


def test_two_ranks_complete(runs: Path) -> None:
    folder = local_runs.start(runs, ["echo one", "echo two; echo wrong >&2"])
    run = from_json(RunSnapshot, local_runs.end_of(folder))
    assert run.status is RunStatus.COMPLETED
    assert run.exit_code == 0
    assert run.reason == ""
    assert [(each.rank, each.status, each.exit_code) for each in run.ranks] == [
        (0, RunStatus.COMPLETED, 0),
        (1, RunStatus.COMPLETED, 0),
    ]
    assert local_runs.log(folder, 0) == "one\n"
    assert local_runs.log(folder, 1) == "two\nwrong\n"


def test_phases_follow_each_other(runs: Path) -> None:
    run = from_json(RunSnapshot, local_runs.end_of(local_runs.start(runs, ["true"])))
    assert [each.name.value for each in run.phases] == ["Preparing", "Running", "Finalizing"]
    times = [time for each in run.phases for time in (each.started, each.ended)]
    assert None not in times
    assert times == sorted(each for each in times if each is not None)
    assert run.started == run.phases[1].started
    assert run.ended is not None


def test_the_supervisor_is_alive_when_start_returns(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 0.2"])
    for who in ("supervisor", "guardian"):
        assert Path(f"/proc/{local_runs.state(folder)[who]['pid']}").exists()
    local_runs.end_of(folder)


def test_a_rank_runs_in_the_working_copy_with_its_own_variables(runs: Path, tmp_path: Path) -> None:
    script = tmp_path / "größe 'x'.sh"
    script.write_text("echo moin")
    script.chmod(0o755)
    command = "pwd; echo $RANK $AZUREML_RUN_ID; ./*.sh; ls; cat - | wc -c"
    folder = local_runs.start(runs, [command], files=[script])
    local_runs.end_of(folder)
    lines = local_runs.log(folder).split("\n")
    assert lines[0] == str(folder / "code")
    assert lines[1] == f"0 {folder.name}"
    assert lines[2:6] == ["moin", script.name, "logs", "outputs"]
    assert lines[6] == "0", "standard input is empty"
    assert stat.S_IMODE((folder / "code" / script.name).stat().st_mode) == 0o755


def test_another_runs_variables_are_not_inherited(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "64")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "other")
    monkeypatch.setenv("MINE", "stays")
    folder = local_runs.start(runs, ['echo "[$WORLD_SIZE][$TORCHELASTIC_RUN_ID][$MINE]"'])
    local_runs.end_of(folder)
    assert local_runs.log(folder) == "[][][stays]\n"


def test_proxies_do_not_stand_between_a_rank_and_its_tracking(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "intern.example")
    folder = local_runs.start(runs, ['echo "$no_proxy"'])
    local_runs.end_of(folder)
    assert local_runs.log(folder) == "intern.example,127.0.0.1,localhost\n"


def test_arrival_marks_tell_when_bytes_came(runs: Path) -> None:
    folder = local_runs.start(runs, ["echo a; sleep 0.4; echo bc"])
    run = local_runs.end_of(folder)
    marks = list(struct.iter_unpack("<dQ", (folder / "clock" / "0.bin").read_bytes()))
    assert [size for _, size in marks] == [2, 5]
    assert marks[1][0] - marks[0][0] > 0.2
    start, end = (datetime.fromisoformat(run[each]).timestamp() for each in ("started", "ended"))
    assert start <= marks[0][0] <= marks[1][0] <= end


def test_a_file_that_changed_after_planning_goes_along_and_is_said(runs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("planned")
    plan = local_runs.shell_plan(runs, ["cat data.txt"], files=[data])
    data.write_text("changed since")
    folder = local_runs.start_plan(plan, runs)
    assert local_runs.end_of(folder)["status"] == "Completed"
    assert local_runs.log(folder) == "changed since"
    assert [each["path"] for each in local_runs.events(folder) if each["event"] == "file-changed"] == ["data.txt"]


def test_a_file_that_went_after_planning_fails_the_run(runs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("planned")
    plan = local_runs.shell_plan(runs, ["cat data.txt"], files=[data])
    data.unlink()
    run = local_runs.end_of(local_runs.start_plan(plan, runs))
    assert run["status"] == "Failed"
    assert "data.txt is gone" in run["reason"]
    assert [each["status"] for each in run["ranks"]] == ["Canceled"]


def test_a_plan_that_cannot_be_read(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["true"]), runs)
    (folder / "plan.json").write_text('{"half')
    submitting.start(folder)
    run = local_runs.end_of(folder)
    assert run["status"] == "Failed"
    assert "plan.json" in run["reason"]


def test_strays_of_a_good_run_are_ended(runs: Path) -> None:
    command = "(sleep 600 &) ; setsid sleep 600 & (setsid bash -c '(sleep 600 &) ; sleep 600' &) ; sleep 0.2; echo done"
    folder = local_runs.start(runs, [command])
    assert local_runs.end_of(folder)["status"] == "Completed"
    assert local_runs.left_of(folder) == []


def test_many_ranks(runs: Path) -> None:
    folder = local_runs.start(runs, [f"echo {rank}" for rank in range(40)])
    run = local_runs.end_of(folder)
    assert run["status"] == "Completed"
    assert [local_runs.log(folder, rank) for rank in range(40)] == [f"{rank}\n" for rank in range(40)]


@pytest.mark.parametrize("name", ["with space", "quo'te\"s", "Ümläut", "x" * 255, "dollar $HOME `id`"])
def test_names_of_any_kind(tmp_path: Path, name: str) -> None:
    runs = tmp_path / name
    runs.mkdir()
    file = tmp_path / ("y" * 251 + ".txt")
    file.write_text("whole")
    folder = local_runs.start(runs, ["cat *.txt; pwd"], files=[file])
    assert local_runs.end_of(folder)["status"] == "Completed"
    assert local_runs.log(folder) == f"whole{folder / 'code'}\n"
    local_runs.assert_nothing_left(runs)


def test_the_launcher_leaves_no_zombie_and_no_child(runs: Path) -> None:
    before = children()
    folder = local_runs.start(runs, ["true"])
    assert children() <= before
    local_runs.end_of(folder)


def test_points_that_the_disk_did_not_take_are_told(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["sleep 1.5"]), runs)
    (folder / "resources.jsonl").mkdir()  # nothing can be written there
    submitting.start(folder)
    local_runs.end_of(folder)
    (event,) = [each for each in local_runs.events(folder) if each["event"] == "points-dropped"]
    assert event["samples"] >= 1


def test_ranks_see_whole_what_their_plan_writes_once(runs: Path) -> None:
    made = local_runs.shell_plan(runs, ["printf '%s' \"$CLUSTER\" | cksum"] * 3)
    texts = [json.dumps({"cluster": "x" * 50_000, "rank": rank}) for rank in range(3)]
    specs = [replace(each, environment={"CLUSTER": text}) for each, text in zip(made.processes, texts, strict=True)]
    folder = local_runs.start_plan(replace(made, processes=tuple(specs)), runs)
    assert local_runs.end_of(folder)["status"] == "Completed"
    assert (folder / "plan.json").stat().st_size < 60_000
    for rank, text in enumerate(texts):
        sum_of = subprocess.run(["cksum"], input=text.encode(), capture_output=True, check=True).stdout
        assert local_runs.log(folder, rank).encode() == sum_of
