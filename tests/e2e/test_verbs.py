"""Every verb once, as a person types it: real processes, exit codes, JSON shapes, lines on standard error."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.program import Program, Said
from tests.helpers.waiting import wait_until

MakeJob = Callable[..., Path]
HELLO = "mkdir -p outputs; echo hello from $RANK of $WORLD_SIZE; echo result $RANK > outputs/$RANK.txt"
LONG = "echo started; exec sleep 300"
RUN_KEYS = {
    "run", "backend", "status", "display_name", "experiment", "created", "started", "ended", "exit_code", "phases",
    "ranks", "metrics", "outputs", "folder", "diagnosis",
}  # fmt: skip


def is_one_line(said: Said) -> bool:
    """Whether all that was said is one line that says what is at fault."""
    return len(said.err.splitlines()) == 1 and said.err.startswith("error: ") and said.out == ""


def test_a_run_from_start_to_end_and_all_that_can_be_asked_of_it(
    program: Program, make_job: MakeJob, tmp_path: Path
) -> None:
    said = program("run", make_job(HELLO))
    assert said.code == 0, said.err
    assert sorted(said.out.splitlines()) == ["[0] hello from 0 of 2", "[1] hello from 1 of 2"]
    assert "Running\n" in said.err
    assert " Completed in " in said.err

    (run,) = program("runs", "list", "--json").json["runs"]
    assert 0 < said.err.index(f"{run['run']}: ") < said.err.index("Running\n"), "its name, while it can be of use"
    assert set(run) >= RUN_KEYS
    assert (run["status"], run["exit_code"], run["diagnosis"]) == ("Completed", 0, None)
    assert [each["name"] for each in run["phases"]][-2:] == ["Running", "Finalizing"]
    assert [(each["rank"], each["status"], each["exit_code"]) for each in run["ranks"]] == [
        (0, "Completed", 0),
        (1, "Completed", 0),
    ]
    name = run["run"]
    assert name in program("runs", "list").out
    assert program("runs", "show", name, "--json").json == run
    assert program("runs", "show", name[-3:]).out.startswith("Run ")

    assert program("runs", "logs", name, "--rank", "1").out == "hello from 1 of 2\n"
    assert sorted(program("runs", "logs", name).out.splitlines()) == sorted(said.out.splitlines())
    assert is_one_line(program("runs", "logs", name, "--rank", "7"))

    target = tmp_path / "down load"
    assert program("runs", "download", name, target).out == f"{target}\n"
    assert (target / "outputs" / "1.txt").read_text() == "result 1\n"
    assert (target / "user_logs" / "std_log_process_0.txt").read_text() == "hello from 0 of 2\n"
    again = program("runs", "download", name, target)
    assert again.code == 1
    assert is_one_line(again)

    assert program("runs", "cancel", name).code == 1, "it is over"
    assert program("runs", "rm", name).code == 0
    assert program("runs", "list", "--json").json == {"runs": []}
    assert not Path(run["folder"]).exists()
    gone = program("runs", "show", name)
    assert gone.code == 1
    assert is_one_line(gone)


def test_a_failed_run_says_which_rank_fell_first(program: Program, make_job: MakeJob) -> None:
    command = "if [ $RANK = 1 ]; then echo 'ValueError: no'; exit 3; fi; exec sleep 300"
    said = program("run", make_job(command), "--json")
    assert said.code == 1
    assert said.json["status"] == "Failed"
    assert said.json["first_failure"]["rank"] == 1
    assert said.json["first_failure"]["exit_code"] == 3
    (error,) = [each for each in said.err.splitlines() if each.startswith("error: r-")]
    assert "Rank 1 fell first, with exit code 3" in error
    assert said.json["diagnosis"]["root_cause"]["text"] == "ValueError: no"


def test_a_detached_run_goes_on_and_is_canceled(program: Program, make_job: MakeJob) -> None:
    said = program("run", make_job(LONG), "--detach")
    assert said.code == 0, said.err
    name = said.out.strip()
    wait_until(lambda: program("runs", "show", name, "--json").json["status"] == "Running", what="the run to start")
    assert program("runs", "rm", name).code == 1, "it is still going on"
    canceled = program("runs", "cancel", name, "--json")
    assert canceled.code == 0
    assert canceled.json["status"] == "Canceled"


def test_a_detached_run_as_json(program: Program, make_job: MakeJob) -> None:
    said = program("run", make_job("true"), "--detach", "--json")
    assert set(said.json) >= RUN_KEYS
    name = said.json["run"]
    followed = program("runs", "logs", name, "--follow")
    assert followed.code == 0
    assert program("runs", "show", name, "--json").json["status"] == "Completed"


def test_ctrl_c_cancels_the_run_and_exits_130(program: Program, make_job: MakeJob) -> None:
    following = program.start("run", make_job(LONG), "--json")
    assert following.stderr is not None
    for line in following.stderr:
        if b"started" in line:
            break
    following.send_signal(signal.SIGINT)
    out, err = following.communicate(timeout=60)
    assert following.returncode == 130, err
    assert json.loads(out)["status"] == "Canceled"
    assert b"Traceback" not in err


def test_ctrl_c_ends_the_following_of_logs_and_leaves_the_run(program: Program, make_job: MakeJob) -> None:
    name = program("run", make_job(LONG), "--detach").out.strip()
    following = program.start("runs", "logs", name, "--follow")
    assert following.stdout is not None
    assert b"started" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    _out, err = following.communicate(timeout=60)
    assert following.returncode == 130
    assert b"Traceback" not in err
    assert program("runs", "show", name, "--json").json["status"] == "Running"
    assert program("runs", "cancel", name).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_reader_that_goes_away_takes_no_result_along(program: Program, make_job: MakeJob) -> None:
    following = program.start("run", make_job("for i in $(seq 200); do echo line $i; done; sleep 0.5; echo last"))
    assert following.stdout is not None
    following.stdout.readline()
    following.stdout.close()
    _out, err = following.communicate(timeout=60)
    assert following.returncode == 0, err
    assert b"Broken pipe" not in err


def test_output_piped_into_head_ends_quietly(program: Program) -> None:
    listing = program.start("new", "job", "--list")
    assert listing.stdout is not None
    listing.stdout.close()
    _out, err = listing.communicate(timeout=60)
    assert (listing.returncode, err) == (0, b"")


def test_values_for_one_run(program: Program, make_job: MakeJob) -> None:
    job = make_job("echo $GREETING")
    sets = ["--set", "environment_variables.GREETING=hello world", "--set", "distribution.process_count_per_instance=1"]
    said = program("run", job, *sets)
    assert (said.code, said.out) == (0, "hello world\n"), said.err
    assert "GREETING" not in job.read_text().replace("$GREETING", "")


@pytest.mark.parametrize("folder", ["with space", "it's “quoted”", "Übung", "a$b;c", "x" * 200])
def test_odd_names(folder: str, program: Program, make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job("pwd > /dev/null; echo fine", processes=1)
    moved = tmp_path / folder
    moved.mkdir()
    (tmp_path / "src").rename(moved / "src")
    job.rename(moved / "job.yml")
    said = program("run", moved / "job.yml")
    assert (said.code, said.out) == (0, "fine\n"), said.err


def test_validate_names_lines_and_fixes(program: Program, make_job: MakeJob) -> None:
    job = make_job("python main.py")
    good = program("validate", job.parent / "job.yml", "--json")
    job.write_text(job.read_text().replace("process_count_per_instance", "proces_count_per_instance"))
    said = program("validate", job.parent, "--json")
    assert good.json["files"][0]["kind"] == "commandJob"
    (finding,) = [each for each in said.json["files"][0]["diagnostics"] if each["code"] == "unknown-key"]
    assert {"severity", "code", "message", "path", "line", "column", "end_line", "end_column", "fix"} <= set(finding)
    assert (finding["path"], finding["line"], finding["column"]) == ("distribution.proces_count_per_instance", 9, 3)
    assert finding["fix"]["set"] == {"distribution.process_count_per_instance": 2}


def test_validate_says_an_error_in_a_line_and_exits_1(program: Program, make_job: MakeJob) -> None:
    job = make_job("echo ${{inputs.nothing}}")
    said = program("validate", job)
    assert said.code == 1
    assert said.err.startswith(f"error: {job}:4:8: ")
    assert said.out.endswith("1 file checked: 1 error, 0 warnings\n")
    refused = program("run", job)
    assert refused.code == 1
    assert f"error: {job}:4:8: " in refused.err
    assert program("runs", "list", "--json").json == {"runs": []}, "nothing was started"


def test_validate_says_all_findings_in_one_order_on_one_stream(program: Program, make_job: MakeJob) -> None:
    job = make_job("echo ${{inputs.nothing}}")
    job.write_text(job.read_text() + "proces: 3\n")
    program("plugins", "disable", "rankzero-pytorch")
    said = program("validate", job)
    kinds = [line.partition(":")[0] for line in said.err.splitlines()]
    assert {"error", "warning"} <= set(kinds)
    assert len(said.out.splitlines()) == 1, "the summary alone"


def test_validate_walks_build_and_dist_and_says_what_it_passes_by(program: Program, tmp_path: Path) -> None:
    for name in ("build", "dist", "env", "venv", ".github", "node_modules", "tools"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.yml").write_text("command: echo\n")
    (tmp_path / "tools" / "pyvenv.cfg").write_text("home = /usr\n")
    (tmp_path / "linked").symlink_to(tmp_path / "build")
    found = program("validate", ".", "--json").json
    assert [each["path"] for each in found["files"]] == [f"{each}/job.yml" for each in ("build", "dist", "env", "venv")]
    assert sorted(found["passed_by"]) == [".github", "linked", "node_modules", "tools"]
    said = program("validate", ".")
    assert said.err.splitlines()[-1].startswith("4 folders passed by: ")
    assert "virtual environments" in program("validate", "--help").out


@pytest.mark.parametrize(
    "text", ["command: [", "- a\n", "", "name: env\nimage: x\n", "command: |\n  echo\ncode: nowhere\n", "\x00\xff"]
)
def test_what_is_no_job_is_refused_with_lines(text: str, program: Program, tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text(text, encoding="latin-1")
    said = program("run", tmp_path / "odd.yml")
    assert said.code == 1
    assert all(line.startswith(("error: ", "warning: ")) for line in said.err.splitlines()), said.err
    assert said.out == ""


def test_a_missing_toolchain_refuses_the_job_with_the_command(program: Program, make_job: MakeJob) -> None:
    program("toolchains", "remove", "pytorch")
    said = program("run", make_job("true"))
    assert said.code == 1
    assert "`rankzero toolchains create pytorch`" in said.err


def test_toolchains(program: Program, tmp_path: Path) -> None:
    chosen = toolchain(program)
    assert (chosen["name"], chosen["origin"], chosen["python"]) == ("pytorch", "chosen", sys.executable)
    checked = program("toolchains", "check", "pytorch")
    assert checked.code == 3, "this Python has no torch"
    assert program("toolchains", "use", "rankzero-pytorch", tmp_path / "none").code == 1
    assert program("toolchains", "use", "rankzero-pytorhc", sys.executable).err.endswith(
        "Did you mean “rankzero-pytorch”?\n"
    )
    refused = program("toolchains", "use", "rankzero-pytorch", "/bin/true")
    assert (refused.code, is_one_line(refused)) == (1, True)
    assert "lacks torch" in program("toolchains", "use", "rankzero-pytorch", sys.executable).err
    assert program("toolchains", "remove", "pytorch").code == 0
    assert toolchain(program)["state"] == "missing"


def toolchain(program: Program, name: str = "pytorch") -> dict[str, Any]:
    """Return what the list says of one toolchain."""
    listed: list[dict[str, Any]] = program("toolchains", "list", "--json").json["toolchains"]
    return next(each for each in listed if each["name"] == name)


def wizards_of(program: Program, plugin: str) -> list[str]:
    """Return the wizards of one plugin that are offered."""
    listed = program("new", "job", "--list", "--json").json["wizards"]
    return [each["wizard"] for each in listed if each["plugin"] == plugin]


def test_plugins_are_switched_off_and_on(program: Program) -> None:
    listed = program("plugins", "list", "--json").json["plugins"]
    plugin = next(each for each in listed if each["name"] == "rankzero-pytorch")
    assert set(plugin) >= {"name", "version", "api", "enabled", "source", "status", "reason", "contributes"}
    assert set(plugin["contributes"]) == {"wizards", "exporters", "environments", "backends"}
    assert (plugin["name"], plugin["status"], plugin["enabled"]) == ("rankzero-pytorch", "ok", True)
    listed = program("plugins", "disable", "rankzero-pytorch", "--json").json["plugins"]
    off = next(each for each in listed if each["name"] == "rankzero-pytorch")
    assert (off["status"], off["enabled"]) == ("disabled", False)
    assert wizards_of(program, "rankzero-pytorch") == []
    assert program("plugins", "enable", "rankzero-pytorch").code == 0
    assert wizards_of(program, "rankzero-pytorch")
    assert is_one_line(program("plugins", "enable", "rankzero-pytroch"))


def test_a_broken_plugin_stops_nothing(program: Program) -> None:
    folder = program.home / "plugins" / "broken"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(
        '[plugin]\nid = "broken"\nname = "Broken"\nversion = "1"\napi = "1"\nhooks = "hooks.py"\n'
    )
    (folder / "hooks.py").write_text("raise RuntimeError('alas')\n")
    plugins = {each["name"]: each for each in program("plugins", "list", "--json").json["plugins"]}
    assert plugins["broken"]["status"] == "failed"
    assert "alas" in plugins["broken"]["reason"]
    assert plugins["rankzero-pytorch"]["status"] == "ok"
    safe = program("--safe-mode", "plugins", "list", "--json").json["plugins"]
    assert all(each["name"] != "broken" or each["status"] == "disabled" for each in safe)


def test_a_job_from_a_wizard(program: Program, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import argparse\n")
    wizards = program("new", "job", "--list", "--json").json["wizards"]
    assert {"ddp", "torchrun"} <= {each["wizard"] for each in wizards}
    assert all({"name", "kind", "default", "title", "step"} <= set(each) for each in wizards[0]["questions"])
    (tmp_path / "answers.json").write_text(json.dumps({"script": "train.py"}))
    words = ["new", "job", "--plugin", "rankzero-pytorch", "--wizard", "ddp", "--answers", "answers.json"]
    made = program(*words, "--output", "new.yml")
    assert made.code == 0, made.err
    assert made.out == f"{tmp_path / 'new.yml'}\n"
    assert program("validate", "new.yml").code == 0
    assert is_one_line(program(*words, "--output", "new.yml"))
    (tmp_path / "answers.json").write_text("[")
    assert is_one_line(program(*words, "--output", "other.yml"))
    assert program("new", "job").code == 2


def test_doctor(program: Program) -> None:
    said = program("doctor", "--json")
    checks = {each["name"]: each for each in said.json["checks"]}
    assert checks["Python"]["status"] == "ok"
    assert checks["Toolchain pytorch"]["status"] == "missing", "this Python has no torch"
    assert {"Qt", "State", "Cache", "Plugin rankzero-pytorch", "Toolchain pytorch", "GPUs", "mpirun"} <= set(checks)
    assert said.code == (3 if any(each["status"] == "missing" for each in checks.values()) else 0)
    assert said.json["ok"] is (said.code == 0)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_the_window_without_a_display_is_one_line(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for words in ((), ("open", ".")):
        said = program(*words)
        assert said.code == 3
        assert is_one_line(said)


def test_wrong_usage(program: Program) -> None:
    for words in (
        ("run",),
        ("runs",),
        ("runs", "frobnicate"),
        ("run", "--rank", "x"),
        ("validate",),
        ("toolchains", "use", "a"),
    ):
        said = program(*words)
        assert said.code == 2, words
        assert is_one_line(said), words


@pytest.mark.torch
def test_the_sample_learns_its_digits(program: Program, torch_toolchain: Path) -> None:
    program("toolchains", "use", "rankzero-pytorch", torch_toolchain)
    said = program("run", "--sample", "--json")
    assert said.code == 0, said.err
    run = said.json
    assert run["status"] == "Completed"
    assert (Path(run["outputs"]) / "model.pt").stat().st_size > 0
    accuracy = {name: value["last"] for name, value in run["metrics"].items() if "acc" in name}
    assert max(accuracy.values()) > 0.95, run["metrics"]
