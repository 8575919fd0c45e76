"""`run --backend azureml`, `runs` and `outbox`: a job goes, waits, is taken back; what is wrong is said before."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.emulator.directory import OTHER_TENANT, READER
from tests.helpers.emulators import Emulator
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
display_name: a cloud test
command: python {script}
code: src
environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest
compute: azureml:gpu-cluster
"""
HELLO = """\
import os, pathlib
print("hello from", os.environ.get("RANK", "0"))
pathlib.Path("outputs/m.pt").write_text("w")
"""
ENDLESS = "import time\nprint('going', flush=True)\nwhile True:\n    time.sleep(0.1)\n"
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def at_work(verbs: Program) -> Program:
    """A person with a job that says hello, one that never ends, and a cluster for them."""
    source = verbs.cwd / "src"
    source.mkdir()
    (source / "hello.py").write_text(HELLO)
    (source / "endless.py").write_text(ENDLESS)
    for script in ("hello", "endless"):
        (verbs.cwd / f"{script}.yml").write_text(JOB.format(script=f"{script}.py"))
    if not [each for each in verbs("compute", "list", "--json").json["computes"] if each["name"] == "gpu-cluster"]:
        assert verbs("compute", "create", "gpu-cluster").code == 0
    return verbs


def offline(program: Program) -> Program:
    """Return the same person without a network."""
    return Program(program.home, program.cwd, {**program.environment, "HTTPS_PROXY": DEAD, "https_proxy": DEAD})


def as_someone(program: Program, **variables: str) -> Program:
    """Return the same person signed in as somebody else."""
    return Program(program.home, program.cwd, {**program.environment, **variables})


def jobs_of(emulator: Emulator) -> list[str]:
    """Return the jobs that were made in the service, each as often as it was."""
    return [each["path"].rpartition("/")[2] for each in emulator.log()
            if each["method"] == "PUT" and "/jobs/" in each["path"] and each["status"] == 201]  # fmt: skip


def test_a_run_goes_from_the_first_file_to_the_last_log(at_work: Program) -> None:
    ran = at_work("run", "hello.yml", "--backend", "azureml")
    assert ran.code == 0, ran.err
    assert ran.out == "hello from 0\n"
    assert "Completed in" in ran.err
    assert "fetches what it made" in ran.err
    (run,) = at_work("runs", "list", "--json").json["runs"]
    assert (run["backend"], run["status"], run["display_name"]) == ("azureml", "Completed", "a cloud test")
    assert at_work("runs", "logs", run["run"]).out == "hello from 0\n"
    assert at_work("runs", "show", run["run"], "--json").json["handle"].startswith("azureml://")
    again = at_work("runs", "cancel", run["run"])
    assert again.code == 1
    assert "is over" in again.err
    assert at_work("runs", "rm", run["run"]).code == 0
    assert at_work("runs", "list", "--json").json == {"runs": []}


def test_a_run_that_goes_on_is_followed_and_canceled(at_work: Program) -> None:
    begun = at_work("run", "endless.yml", "--backend", "azureml", "--detach")
    assert begun.code == 0, begun.err
    run = begun.out.strip()
    wait_until(lambda: at_work("runs", "logs", run).out == "going\n", timeout=120, what="the first line of the log")
    away = offline(at_work)("runs", "list")
    assert "Running" in away.out
    assert "can't be reached at the moment: its runs are shown as they were seen last" in away.err
    canceled = at_work("runs", "cancel", run)
    assert canceled.code == 0, canceled.err
    assert at_work("runs", "show", run, "--json").json["status"] == "Canceled"


def test_ctrl_c_cancels_what_is_followed(at_work: Program) -> None:
    process = at_work.start("run", "endless.yml", "--backend", "azureml")
    assert process.stdout is not None
    assert process.stdout.readline() == b"going\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "was Canceled" in err.decode()


def test_offline_it_waits_and_is_sent_once(at_work: Program, emulator: Emulator) -> None:
    kept = offline(at_work)("run", "hello.yml", "--backend", "azureml", "--detach")
    assert kept.code == 3
    run = kept.out.strip()
    assert f"`rankzero outbox send {run}` tries again." in kept.err
    (waiting,) = at_work("outbox", "list", "--json").json["waiting"]
    assert (waiting["run"], waiting["workspace"], waiting["files"]) == (run, "emulated", 2)
    (at_work.cwd / "src" / "hello.py").write_text("raise SystemExit('changed after it was submitted')")
    sent = at_work("outbox", "send")
    assert sent.code == 0, sent.err
    assert at_work("outbox", "list", "--json").json == {"waiting": []}
    assert jobs_of(emulator).count(run) == 1
    wait_until(lambda: at_work("runs", "show", run, "--json").json["status"] == "Completed", timeout=120)
    assert at_work("runs", "logs", run).out == "hello from 0\n"


def test_what_waits_is_taken_back(at_work: Program, emulator: Emulator) -> None:
    run = offline(at_work)("run", "hello.yml", "--backend", "azureml", "--detach").out.strip()
    assert offline(at_work)("outbox", "send", run).code == 3
    wrong = at_work("outbox", "withdraw", "nope")
    assert wrong.code == 1
    assert "No job “nope” waits" in wrong.err
    taken = offline(at_work)("outbox", "withdraw", run, "--json").json
    assert taken["withdrawn"] == run
    wait_until(lambda: at_work("outbox", "send").code == 0 and not at_work("outbox", "list", "--json").json["waiting"])
    assert run not in jobs_of(emulator)


def test_what_stands_in_the_way_is_said_before_anything_is_sent(at_work: Program, emulator: Emulator) -> None:
    before = len(jobs_of(emulator))
    missing = at_work("run", "hello.yml", "--backend", "azureml", "--set", "compute=gpucluster")
    assert missing.code == 1
    assert "has no compute target “gpucluster”. Did you mean “gpu-cluster”?" in missing.err
    assert len(jobs_of(emulator)) == before
    many = at_work("run", "hello.yml", "--backend", "azureml", "--set", "resources.instance_count=9", "--detach")
    assert "The job wants 9 nodes, and gpu-cluster grows to 4 at most" in many.err
    at_work("runs", "cancel", many.out.strip())


NOT_LET_IN = [
    ({"AZURE_TENANT_ID": OTHER_TENANT}, f"You are signed in to the tenant {OTHER_TENANT}", "AZURE_TENANT_ID"),
    ({"AZURE_TENANT_ID": OTHER_TENANT[:-1] + "7"}, "There is no such tenant.", "Correct the tenant"),
    ({"AZURE_CLIENT_SECRET": "no"}, "The secret of the service principal is wrong.", "Give the secret's value"),
    ({"AZURE_CLIENT_ID": ""}, "Nobody is signed in to emulated.", "Sign in by browser or device code"),
]


def test_who_is_not_let_in_is_told_so_and_nothing_waits(at_work: Program, emulator: Emulator) -> None:
    before = len(jobs_of(emulator))
    for variables, told, cure in NOT_LET_IN:
        refused = as_someone(at_work, **variables)("run", "hello.yml", "--backend", "azureml", "--detach")
        assert (refused.code, refused.out) == (3, "")
        assert f"error: {told}" in refused.err
        assert cure in refused.err
    assert at_work("outbox", "list", "--json").json == {"waiting": []}
    assert len(jobs_of(emulator)) == before


def test_a_role_that_may_only_read(at_work: Program, emulator: Emulator) -> None:
    reader = as_someone(at_work, AZURE_CLIENT_ID=READER)
    assert reader("compute", "list").code == 0
    refused = reader("run", "hello.yml", "--backend", "azureml")
    assert refused.code == 3
    # The upload of the code is refused, or where the workspace has it already, the job.
    assert "workspaces/jobs/write" in refused.err or "workspaces/codes/versions/" in refused.err
    assert "Ask an owner of the workspace" in refused.err
    assert at_work("outbox", "list", "--json").json == {"waiting": []}
    for verb in (("compute", "delete", "gpu-cluster"), ("data", "register", "d", "https://example.com/x")):
        said = reader(*verb)
        assert said.code == 3
        assert "Your role in this workspace does not allow" in said.err


def test_the_wrong_tenant(at_work: Program) -> None:
    said = as_someone(at_work, AZURE_TENANT_ID=OTHER_TENANT)("compute", "list")
    assert said.code == 3
    assert "but the subscription belongs to" in said.err


def test_nobody_signed_in(at_work: Program) -> None:
    said = as_someone(at_work, AZURE_CLIENT_ID="", AZURE_CLIENT_SECRET="")("models", "list")
    assert said.code == 3
    assert "Nobody is signed in" in said.err


def test_no_workspace_yet(newcomer: Program) -> None:
    (newcomer.cwd / "src").mkdir()
    (newcomer.cwd / "src" / "hello.py").write_text(HELLO)
    (newcomer.cwd / "hello.yml").write_text(JOB.format(script="hello.py"))
    said = newcomer("run", Path("hello.yml"), "--backend", "azureml")
    assert said.code == 1
    assert "No Azure ML workspace is in use." in said.err
