"""What the last words of failed runs mean: the texts are those that Horovod 0.28.1 and Open MPI 4.1.4 really left."""

from __future__ import annotations

import pytest

from desktop_app.api import Distribution, FailureReport, Job
from plugins.horovod.explain import explain

SHUT_DOWN = (
    "horovod.common.exceptions.HorovodInternalError: Horovod has been shut down. This was caused by an exception on "
    "one of the ranks or an attempt to allreduce, allgather or broadcast a tensor after one of the ranks finished."
)
SHUT_DOWN_TF = (
    "tensorflow.python.framework.errors_impl.UnknownError: {{function_node __wrapped__HorovodAllreduce}} Horovod has "
    "been shut down. This was caused by an exception on one of the ranks [Op:HorovodAllreduce] name: t21"
)
NOT_BUILT = """\
Extension horovod.torch has not been built: /x/horovod/torch/mpi_lib_v2.cpython-311-x86_64-linux-gnu.so not found
If this is not expected, reinstall Horovod with HOROVOD_WITH_PYTORCH=1 to debug the build error.
Warning! MPI libs are missing, but python applications are still available.
Traceback (most recent call last):
  File "/x/noext2.py", line 2, in <module>
    hvd.init()
AttributeError: module 'horovod.torch' has no attribute 'init'"""
STALLED = f"""\
[2026-11-21 16:05:43.580338: W stall_inspector.cc:107] One or more tensors were submitted to be reduced, gathered \
or broadcasted by subset of ranks and are waiting for remainder of ranks for more than 3 seconds. This may mean that \
different ranks are trying to submit different tensors or that only subset of ranks is submitting tensors.
Missing ranks:
1: [allreduce.grad.weight]
[2026-11-21 16:05:46.604020: E /x/stall_inspector.cc:105] One or more tensors were submitted to be reduced
Missing ranks:
1!: [allreduce.grad.weight]
One or more rank (marked by "!") is stalled for longer than 6 seconds. Will shutdown.
{SHUT_DOWN}"""
NO_MPI = """\
RuntimeError: cannot load MPI library
libmpi.so: cannot open shared object file: No such file or directory
libmpi.so.12: cannot open shared object file: No such file or directory
libmpi.so.40: cannot open shared object file: No such file or directory"""
NO_SLOTS = """\
--------------------------------------------------------------------------
There are not enough slots available in the system to satisfy the 99
slots that were requested by the application:

  true
--------------------------------------------------------------------------"""
AS_ROOT = """\
--------------------------------------------------------------------------
mpirun has detected an attempt to run as root.

Running as root is *strongly* discouraged as any mistake (e.g., in"""
NO_HOST = """\
ssh: Could not resolve hostname node-1: Name or service not known
--------------------------------------------------------------------------
ORTE was unable to reliably start one or more daemons.
This usually is caused by:"""
PEER_GONE = """\
--------------------------------------------------------------------------
An MPI communication peer process has unexpectedly disconnected.  This
usually indicates a failure in the peer process (e.g., a crash or
otherwise exiting without calling MPI_FINALIZE first)."""
JOB = Job("python t.py", distribution=Distribution("mpi"))
OF_RANKS = [
    ("hvd-not-initialized", "ValueError: Horovod has not been initialized; use hvd.init()."),
    (
        "mismatched-tensors",
        "horovod.common.exceptions.HorovodInternalError: Mismatched ALLREDUCE tensor shapes: One rank sent a tensor of "
        "shape [4], but another rank sent a tensor of shape [5].",
    ),
    ("horovod-not-built", NOT_BUILT),
    (
        "horovod-not-built",
        "ImportError: Extension horovod.tensorflow has not been built: /x/mpi_lib.cpython-311.so not found\n"
        "If this is not expected, reinstall Horovod with HOROVOD_WITH_TENSORFLOW=1 to debug the build error.",
    ),
    ("no-mpi-library", NO_MPI),
    (
        "no-mpi-library",
        "ImportError: libmpi_cxx.so.40: cannot open shared object file: No such file or directory",
    ),
    ("keras3-variables", "AttributeError: 'Variable' object has no attribute 'ref'"),
    ("no-such-module", "ModuleNotFoundError: No module named 'horovod'"),
    ("horovodrun-missing", "/bin/bash: line 1: horovodrun: command not found"),
    ("mpi-truncated", "mpi4py.MPI.Exception: MPI_ERR_TRUNCATE: message truncated"),
    (
        "no-rank-variables",
        "ValueError: Error initializing torch.distributed using env:// rendezvous: environment variable RANK expected, "
        "but not set",
    ),
    (
        "other-mpi",
        "<frozen importlib._bootstrap>:241: RuntimeWarning: suspicious MPI execution environment\n"
        "Your environment has PMI_SIZE=2 set, but mpi4py was built with Open MPI.",
    ),
]  # fmt: skip
OF_MPIRUN = [
    ("too-few-slots", NO_SLOTS, "99 ranks"),
    ("mpirun-as-root", AS_ROOT, "root"),
    ("host-unknown", NO_HOST, "node-1"),
    (
        "rank-killed",
        "mpirun noticed that process rank 1 with PID 0 on node vm exited on signal 11 (Segmentation fault).",
        "Rank 1 was killed by signal 11 (Segmentation fault)",
    ),
    ("mpi-abort", "MPI_ABORT was invoked on rank 1 in communicator MPI_COMM_WORLD\nwith errorcode 1.", "Rank 1"),
    (
        "program-missing",
        "mpirun was unable to find the specified executable file, and therefore\ndid not launch the job.",
        "did not find the program",
    ),
]


def of(tails: dict[int, str], launcher: str = "") -> dict[tuple[str, int | None], bool]:
    """Return the codes with their ranks, and whether each is an echo."""
    found = explain(FailureReport(JOB, first_rank=1, tails=tails, launcher=launcher))
    assert all(each.line and each.cause.endswith(".") and "{" not in each.cause for each in found)
    assert all("{" not in advice for each in found for advice in each.advice)
    return {(each.code, each.rank): each.is_echo for each in found}


@pytest.mark.parametrize(("code", "tail"), OF_RANKS, ids=[f"{each[0]}-{n}" for n, each in enumerate(OF_RANKS)])
def test_a_ranks_last_words(code: str, tail: str) -> None:
    assert of({1: f"Traceback (most recent call last):\n{tail}"}) == {(code, 1): False}


@pytest.mark.parametrize(("code", "text", "cause"), OF_MPIRUN, ids=[each[0] for each in OF_MPIRUN])
def test_mpiruns_words(code: str, text: str, cause: str) -> None:
    (found,) = explain(FailureReport(JOB, launcher=text))
    assert (found.code, found.rank, found.is_echo) == (code, None, False)
    assert cause in found.cause


@pytest.mark.parametrize("echo", [SHUT_DOWN, SHUT_DOWN_TF], ids=["torch", "tensorflow"])
def test_a_shutdown_is_the_echo_of_another_ranks_failure(echo: str) -> None:
    tails = {0: echo, 1: "ModuleNotFoundError: No module named 'horovod.torch'", 2: echo}
    found = of(tails)
    assert found == {("no-such-module", 1): False, ("horovod-shut-down", 0): True, ("horovod-shut-down", 2): True}
    assert next(iter(found)) == ("no-such-module", 1)


def test_an_error_that_nobody_knows_is_the_cause_behind_the_echoes() -> None:
    """Horovod ends the others, at times before the rank that raised has ended: then the first to end is an echo."""
    tails = {0: SHUT_DOWN, 1: "Traceback (most recent call last):\nValueError: no data", 2: SHUT_DOWN}
    (found, *echoes) = explain(FailureReport(JOB, {0: 1, 1: 1, 2: 1}, first_rank=0, tails=tails))
    assert (found.code, found.rank, found.line, found.is_echo) == ("rank-raised", 1, "ValueError: no data", False)
    assert [(each.rank, each.is_echo) for each in echoes] == [(0, True), (2, True)]
    killed = explain(FailureReport(JOB, {0: 1, 1: -15, 2: 1}, first_rank=0, tails=tails))
    assert {each.is_echo for each in killed} == {True}


@pytest.mark.parametrize("kind", ["pytorch", "tensorflow", "ray"])
def test_jobs_that_mpirun_does_not_start_are_left_to_their_own_plugins(kind: str) -> None:
    tails = {1: "ValueError: environment variable RANK expected, but not set"}
    assert explain(FailureReport(Job("python t.py", distribution=Distribution(kind)), tails=tails)) == ()
    assert explain(FailureReport(Job("python t.py"), tails=tails)) == ()
    (found,) = explain(FailureReport(JOB, tails={1: "KeyError: 'LOCAL_RANK'"}))
    assert found.cause == "The script looked for LOCAL_RANK, which mpirun does not set."


def test_who_stalled_is_named_though_the_others_shut_down() -> None:
    found = explain(FailureReport(JOB, first_rank=0, tails={0: STALLED, 1: SHUT_DOWN}))
    assert [(each.code, each.rank, each.is_echo) for each in found] == [
        ("stalled", 0, False),
        ("horovod-shut-down", 0, True),
        ("horovod-shut-down", 1, True),
    ]
    assert found[0].cause == "Rank 1 did not come to the operation allreduce.grad.weight that the others wait for."
    assert found[0].line == "1!: [allreduce.grad.weight]"


def test_a_lost_connection_is_an_echo_in_mpiruns_log_too() -> None:
    assert of({}, PEER_GONE) == {("peer-gone", None): True}


def test_an_exception_before_the_last_one_is_no_cause() -> None:
    assert of({0: "ModuleNotFoundError: No module named 'horovod'\ncaught\nKeyError: 'x'"}) == {}


def test_what_is_not_known_is_left_alone() -> None:
    assert of({0: "KeyError: 'x'", 1: ""}, "all went well") == {}
