"""What becomes of whole failed PyTorch jobs: the right line of the right rank, whatever others and torchrun say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from desktop_app.api import Explanation, FailureReport, FirstFailure, Job, RankState, RemedyKind, RunStatus
from desktop_app.api.kit.knowledge_files import read_knowledge
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.own import own_explanations
from desktop_app.places import shipped
from plugins.pytorch.explain import explain
from plugins.pytorch.fixes import FIXES
from plugins.pytorch.torchrun_report import FirstFailed, first_failed
from tests.helpers.snapshots import NOW, snapshot

WATCHDOG = (
    "[rank{0}]:[E1122 10:10:00.1 ProcessGroupNCCL.cpp:629] [Rank {0}] Watchdog caught collective operation timeout: "
    "WorkNCCL(SeqNum=8, OpType=ALLREDUCE, NumelIn=4, NumelOut=4, Timeout(ms)=600000) ran for 600080 milliseconds "
    "before timing out.\n"
    "[rank{0}]:[E1122 10:10:00.2 ProcessGroupNCCL.cpp:681] [Rank {0}] Some NCCL operations have failed or timed out. "
    "Due to the asynchronous nature of CUDA kernels, subsequent GPU operations might run on corrupted data.\n"
    "terminate called after throwing an instance of 'c10::DistBackendError'\n"
)
TRACE = 'Traceback (most recent call last):\n  File "/code/train.py", line 41, in <module>\n    main()\n'
PEER = (
    "RuntimeError: [/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:553] Connection closed by peer "
    "[10.0.0.4]:20361. This is typically caused by a remote worker crashing. \n"
)
REPORT = """torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
[1]:
  time      : 2026-11-22_10:10:08
  host      : node-1
  rank      : 5 (local_rank: 1)
  exitcode  : 1 (pid: 812)
  error_file: <N/A>
  traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2026-11-22_10:10:07
  host      : node-1
  rank      : 7 (local_rank: 3)
  exitcode  : {exit}
  error_file: <N/A>
  traceback : {said}
============================================================
"""


def diagnosed(*logs: str) -> Diagnosis:
    tails = dict(enumerate(logs))
    return judged_logs(explain(FailureReport(Job(""), tails=tails, is_foreign=True)), tails)


def cause_of(*logs: str) -> Explanation:
    cause = diagnosed(*logs).cause
    assert cause is not None
    return cause


def test_ranks_that_only_waited_are_not_the_cause() -> None:
    found = diagnosed(WATCHDOG.format(0), WATCHDOG.format(1))
    assert (found.verdict, found.cause) == (Verdict.SYMPTOMS_ONLY, None)
    assert any("TORCH_NCCL_TRACE_BUFFER_SIZE" in each.title for each in found.steps)


def test_what_one_rank_raised_is_the_cause_of_what_the_others_waited_for() -> None:
    oom = TRACE + "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 2 has 1.2 GiB free.\n"
    found = diagnosed(WATCHDOG.format(0), WATCHDOG.format(1), oom, TRACE + PEER)
    assert found.cause is not None
    assert (found.rank, found.cause.code, found.cause.category) == (2, "gpu-memory-full", "oom-gpu")


@pytest.mark.parametrize(
    ("noise", "code"),
    [
        ("NCCL INFO Call to connect returned Connection refused, retrying", None),
        ("NCCL INFO NET/IB : No device found.", None),
        ("[W socket.cpp:426] [c10d] The server socket on [::]:29500 has failed to bind. ignoring the error.", None),
        ("UserWarning: No CUDA GPUs are available", None),
        ("n1:7:9 [0] NCCL WARN NET/Plugin: Could not find: libnccl-net.so", None),
    ],
)
def test_what_is_said_in_passing_is_no_failure(noise: str, code: str | None) -> None:
    found = diagnosed(f"{noise}\nepoch 1 loss 0.4\n{TRACE}ValueError: bad sample 17\n")
    assert found.cause is not None
    assert found.cause.line == "ValueError: bad sample 17"


def test_the_last_error_that_nccl_names_says_why() -> None:
    found = cause_of(
        f"[rank3]: {TRACE}".replace("\n", "\n[rank3]: ")
        + "torch.distributed.DistBackendError: NCCL error in: NCCLUtils.hpp:268, unhandled cuda error "
        "(run with NCCL_DEBUG=INFO for details), NCCL version 2.19.3\n"
        "[rank3]: ncclUnhandledCudaError: Call to CUDA function failed.\n"
        "[rank3]: Last error:\n"
        "[rank3]: Cuda failure 'out of memory'\n"
    )
    assert (found.category, found.about) == ("oom-gpu", 3)
    assert found.line == "[rank3]: Cuda failure 'out of memory'"


def test_without_it_the_error_of_nccl_is_named_with_what_would_tell_more() -> None:
    known = diagnosed(TRACE + "RuntimeError: NCCL error in: c10d.cpp:784, unhandled system error, NCCL version 2.7.8\n")
    assert known.verdict is Verdict.SYMPTOMS_ONLY
    found = next(each for each in known.all if each.code == "nccl-unhandled-error")
    assert found.rerun is not None
    assert found.rerun.set == {"environment_variables.NCCL_DEBUG": "INFO"}


def test_torchruns_report_points_to_the_rank_whose_error_is_not_there() -> None:
    report = REPORT.format(exit="1 (pid: 690)", said="To enable traceback see: https://pytorch.org")
    found = diagnosed(report)
    assert found.verdict is Verdict.SYMPTOMS_ONLY
    pointed = next(each for each in found.all if each.code == "rank-of-torchrun-failed")
    assert (pointed.about, pointed.line) == (7, "exitcode  : 1 (pid: 690)")


@pytest.mark.parametrize(
    ("signal", "number", "category"),
    [("SIGKILL", 9, "oom-host"), ("SIGBUS", 7, "shared-memory"), ("SIGSEGV", 11, "signal")],
)
def test_a_rank_that_was_killed_is_the_cause_and_not_those_that_waited(signal: str, number: int, category: str) -> None:
    row = f"-{number} (pid: 690) ({signal})"
    log = WATCHDOG.format(0) + REPORT.format(exit=row, said=f"Signal {number} ({signal}) received by PID 690")
    found = cause_of(log)
    assert (found.about, found.category, found.line) == (7, category, f"exitcode  : {row}")


def test_a_rank_that_only_died_of_the_others_is_not_the_cause() -> None:
    row = "-6 (pid: 690) (SIGABRT)"
    found = diagnosed(WATCHDOG.format(0) + REPORT.format(exit=row, said="Signal 6 (SIGABRT) received by PID 690"))
    assert found.verdict is Verdict.SYMPTOMS_ONLY


def test_a_desync_report_names_the_rank_that_stayed_away() -> None:
    found = cause_of(
        WATCHDOG.format(0) + "\t - To our best knowledge, the lagging/dead/mismatched ranks that caused the desync are:"
        "\n\t     [5] finished collective #41, but didn't join collective #42 (count from 1)\n"
    )
    assert (found.code, found.about) == ("desync-rank-left-out", 5)


def test_the_report_is_read_in_every_form_that_torch_had() -> None:
    new = REPORT.format(exit="-9 (pid: 690) (SIGKILL)", said="x").splitlines()
    old = ["Root Cause:", "[0]:", "  time: 2021-07-12_15:13:55", "  rank: 2 (local_rank: 0)", "  exitcode: 1 (pid: 4)"]
    assert list(first_failed(new)) == [FirstFailed(7, -9, "SIGKILL", 18)]
    assert list(first_failed(old)) == [FirstFailed(2, 1, "", 4)]
    assert list(first_failed(["Root Cause (first observed failure):", "[0]:", "  rank      : 1 (loc"])) == []
    assert list(first_failed(["Root Cause (first observed failure):", "  exitcode  : 1 (pid: 2)"])) == []
    endless = "9" * 5000
    assert list(first_failed([*old[:3], f"  rank: {endless} (local_rank: 0)", *old[4:]])) == []
    assert list(first_failed([*old[:4], f"  exitcode: {endless} (pid: 4)"])) == []


def test_what_a_rank_raised_is_read_in_the_report_where_it_stands_there_alone() -> None:
    said = 'Traceback (most recent call last):\n    File "/code/train.py", line 9, in main\n  ValueError: too big\n  '
    found = cause_of(REPORT.format(exit="1 (pid: 690)", said=said))
    assert (found.code, found.about, found.line) == ("rank-of-torchrun-failed", 7, "ValueError: too big")


def test_a_symptom_that_the_report_repeats_is_still_no_cause() -> None:
    waited = "torch.distributed.DistStoreError: wait timeout after 300000ms, keys: /default_pg/0"
    log = f"{TRACE}{waited}\n" + REPORT.format(
        exit="1 (pid: 690)", said=f"Traceback (most recent call last):\n  {waited}"
    )
    assert diagnosed(log).verdict is Verdict.SYMPTOMS_ONLY


def test_unused_parameters_can_be_mended_and_missing_packages_added() -> None:
    unused = cause_of(TRACE + "RuntimeError: Expected to have finished reduction in the prior iteration before …\n")
    assert unused.remedy is not None
    assert unused.remedy.kind is RemedyKind.FIND_UNUSED_PARAMETERS
    missing = cause_of(TRACE + "ModuleNotFoundError: No module named 'einops.layers'\n")
    assert missing.remedy is not None
    assert (missing.remedy.kind, missing.remedy.value) == (RemedyKind.ADD_PACKAGE, "einops")


def test_every_symptom_says_what_would_tell_more_and_every_named_fix_is_there() -> None:
    files = sorted((shipped("plugins") / "pytorch" / "knowledge").glob("*.toml"))
    known = [each for path in files for each in read_knowledge(Path(path)).signatures]
    assert len({each.code for each in known}) == len(known) > 90
    assert [each.code for each in known if each.kind == "symptom" and not each.rerun] == []
    assert {each.fix for each in known if each.fix} == set(FIXES)


def test_a_job_and_its_logs_alone_are_told_alike() -> None:
    log = "".join(f"[rank7]: {each}\n" for each in f"{TRACE}KeyError: 'label'".splitlines())
    log += f"[rank5]: {TRACE}".replace("\n", "\n[rank5]: ") + "RuntimeError: something went wrong after that\n"
    log += REPORT.format(exit="1 (pid: 814)", said="To enable traceback see: the documentation")
    tails = {0: log}
    agent = RankState(0, 0, 0, RunStatus.FAILED, exit_code=1, role="agent")
    fallen = FirstFailure(0, NOW, 1, "ChildFailedError:")
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), ranks=(agent,), first_failure=fallen)
    told = explain(FailureReport(Job(""), tails=tails))
    of_job, of_logs = judged([*told, *own_explanations(told, tails)], run, tails), diagnosed(log)
    for known in (of_job, of_logs):
        assert known.cause is not None
        assert (known.cause.cause, known.rank) == ("The program raised KeyError: 'label'.", 7)


def test_a_launcher_that_ends_first_with_echoes_alone_hides_no_cause_in_the_log_of_another() -> None:
    report = REPORT.format(exit="1 (pid: 814)", said="To enable traceback see: the documentation")
    other = f"[rank0]: {TRACE}".replace("\n", "\n[rank0]: ") + PEER + report
    own = f"[rank7]: {TRACE}".replace("\n", "\n[rank7]: ") + "KeyError: 'label'\n" + report
    tails = {0: other, 1: own}
    agents = tuple(RankState(each, 0, each, RunStatus.FAILED, exit_code=1, role="agent") for each in range(2))
    fallen = FirstFailure(0, NOW, 1, "ChildFailedError:")
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), ranks=agents, first_failure=fallen)
    told = explain(FailureReport(Job(""), tails=tails))
    known = judged([*told, *own_explanations(told, tails)], run, tails)
    assert known.cause is not None
    assert (known.cause.line, known.cause.rank, known.rank) == ("[rank7]: KeyError: 'label'", 1, 7)
