"""`runs compare` and `runs bundle`, as a person types them, over two small runs."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.helpers.program import Program

COMMAND = "echo $MY_TOKEN at $MLFLOW_TRACKING_URI; exit ${{{{inputs.code}}}}"
MORE = "\ninputs:\n  code: 0\nenvironment_variables:\n  MY_TOKEN: hunter2hunter\n"


def two_runs(program: Program, make_job: Callable[..., Path], tmp_path: Path) -> tuple[str, str]:
    """Run a job twice, the second time with another input and other code; return both names."""
    job = make_job(COMMAND.replace("{{{{", "{{").replace("}}}}", "}}"))
    job.write_text(job.read_text() + MORE)
    first = program("run", job, "--json").json["run"]
    (tmp_path / "src" / "main.sh").write_text("echo changed\n")
    second = program("run", job, "--json", "--set", "inputs.code=3").json["run"]
    return first, second


def test_compare_and_bundle(program: Program, make_job: Callable[..., Path], tmp_path: Path) -> None:
    first, second = two_runs(program, make_job, tmp_path)

    shown = program("runs", "compare", first, second, "--diff")
    assert shown.code == 0, shown.err
    assert "status" in shown.out
    assert "inputs.code" in shown.out
    assert "+echo changed" in shown.out
    assert "hunter2hunter" not in shown.out
    found = program("runs", "compare", first, second, "--json").json
    assert (found["runs"], found["same"]) == ([first, second], False)
    assert set(found["differences"]) == {"result", "job", "plan", "code", "packages", "metrics", "phases", "ranks"}
    assert found["likely"][0] == {"about": "outcome", "part": "result", "path": "status"}
    causes = [each["path"] for each in found["likely"] if each["about"] in ("code", "arguments")]
    assert causes[:2] == ["main.sh", "inputs.code"]
    assert found["differences"]["job"] == [{"path": "inputs.code", "kind": "changed", "first": 0, "second": 3}]
    assert [each["path"] for each in found["differences"]["code"]] == ["main.sh"]
    itself = program("runs", "compare", first, first)
    assert (itself.code, itself.out) == (1, "")
    assert itself.err == f"error: Both are {first}. Name two different runs to compare.\n"

    bundled = program("runs", "bundle", second)
    assert bundled.code == 0, bundled.err
    assert bundled.out == f"{tmp_path / second}.zip\n"
    assert "covered " in bundled.err
    with zipfile.ZipFile(tmp_path / f"{second}.zip") as archive:
        everything = {each: archive.read(each).decode("utf-8", "replace") for each in archive.namelist()}
    assert "Python: ok" in everything["doctor.txt"]
    assert everything["user_logs/std_log_process_0.txt"].startswith("••• at http://127.0.0.1:")
    assert "hunter2hunter" not in "".join(everything.values())
    assert json.loads(everything["run.json"])["status"] == "Failed"
    again = program("runs", "bundle", second)
    assert (again.code, len(again.err.splitlines())) == (1, 1)

    as_json = program("runs", "bundle", second, "--output", "other.zip", "--with-code", "--json").json
    assert "code/main.sh" in {each["path"] for each in as_json["files"]}
    assert as_json["bytes"] == (tmp_path / "other.zip").stat().st_size
    nowhere = program("runs", "bundle", second, "--output", tmp_path / "no" / "b.zip")
    assert (nowhere.code, len(nowhere.err.splitlines())) == (3, 1)

    small = subprocess.run(
        program.command("runs", "bundle", second, "--output", "small.zip"),
        cwd=tmp_path, env=program.variables(), capture_output=True, check=False, timeout=240,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )  # fmt: skip
    assert small.returncode == 3, small.stderr
    assert not [each.name for each in tmp_path.iterdir() if "small.zip" in each.name]

    shutil.rmtree(program.home / "runs" / second)
    gone = program("runs", "compare", first, second)  # by what the archive knows
    assert gone.code == 0, gone.err
    assert "inputs.code" not in gone.out
    assert "Failed" in gone.out
    assert f"the folder of {second} is gone" in gone.err
    lost = program("runs", "bundle", second)
    assert (lost.code, len(lost.err.splitlines())) == (1, 1)


def test_a_bundle_is_opened_in_another_home(program: Program, make_job: Callable[..., Path], tmp_path: Path) -> None:
    """As a colleague does who got it by mail."""
    run = program("run", make_job("echo hello; exit 3"), "--json").json["run"]
    assert program("runs", "bundle", run, "--output", "sent.zip").code == 0
    home = ("--home", tmp_path / "colleague")
    opened = program("runs", "open", "sent.zip", *home)
    assert (opened.code, opened.out) == (0, f"{run}\n"), opened.err
    assert "nothing of it runs here" in opened.err
    shown = program("runs", "show", run, "--json", *home).json
    assert (shown["status"], shown["exit_code"]) == ("Failed", 3)
    assert shown["from_bundle"].endswith(" UTC")
    assert "From " in program("runs", "show", run, *home).out
    assert "opened: " in program("runs", "list", *home).out
    assert "hello" in program("runs", "logs", run, *home).out
    again = program("runs", "open", "sent.zip", *home)
    assert (again.code, len(again.err.splitlines())) == (1, 1)
    assert program("runs", "cancel", run, *home).code == 1
    assert program("runs", "rm", run, *home).code == 0
    assert not list((tmp_path / "colleague" / "runs").iterdir())
    (tmp_path / "cut.zip").write_bytes((tmp_path / "sent.zip").read_bytes()[:-100])
    cut = program("runs", "open", "cut.zip", "--json", *home)
    assert cut.code == 1
    assert "cut off" in cut.json["error"]["message"]


def test_stragglers_are_told_or_why_not(program: Program, make_job: Callable[..., Path]) -> None:
    loop = "for step in 1 2 3 4 5 6 7 8; do echo step $step step_ms $((100 + 300 * RANK)); done"
    run = program("run", make_job(loop), "--json").json["run"]
    told = program("runs", "stragglers", run)
    assert told.code == 0, told.err
    said = "Rank 1 takes 4.0 × as long for a step as the other (median 400 ms against 100 ms)"
    assert told.out.splitlines()[0].startswith(said)
    assert "runs diagnose" not in told.err, "it did not fail"
    shape = program("runs", "stragglers", run, "--json").json
    assert (shape["verdict"], shape["stragglers"], shape["by"]) == ("straggler", [1], "step")
    assert [each["times"]["step"] for each in shape["ranks"]] == [0.1, 0.4]
    failed = program("run", make_job("exit 3"), "--json").json["run"]
    assert f"`rankzero runs diagnose {failed}` says" in program("runs", "stragglers", failed).err
