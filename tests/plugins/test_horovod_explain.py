"""What the last words of failed runs mean: the texts are those that Horovod 0.28.1 and Open MPI 4.1.4 really left."""

from __future__ import annotations

import pytest

from desktop_app.api import Distribution, FailureReport, Job
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.core.diagnosis.foreign import judged_logs
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
    found, *reports = explain(FailureReport(JOB, launcher=text))
    assert (found.code, found.rank, found.is_echo) == (code, None, False)
    assert cause in found.cause
    assert all(each.certainty <= found.certainty for each in reports)


@pytest.mark.parametrize("echo", [SHUT_DOWN, SHUT_DOWN_TF], ids=["torch", "tensorflow"])
def test_a_shutdown_is_the_echo_of_another_ranks_failure(echo: str) -> None:
    tails = {0: echo, 1: "ModuleNotFoundError: No module named 'horovod.torch'", 2: echo}
    found = of(tails)
    assert found == {("no-such-module", 1): False, ("horovod-shut-down", 0): True, ("horovod-shut-down", 2): True}
    assert next(iter(found)) == ("no-such-module", 1)


def test_an_error_that_nobody_knows_is_left_to_be_read_from_the_log() -> None:
    tails = {0: SHUT_DOWN, 1: "Traceback (most recent call last):\nValueError: no data", 2: SHUT_DOWN}
    found = explain(FailureReport(JOB, {0: 1, 1: 1, 2: 1}, first_rank=0, tails=tails))
    assert [(each.rank, each.is_echo) for each in found] == [(0, True), (2, True)]


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


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Stalled ops:\ngrads_0 [missing ranks: 2]\ngrads_1 [missing ranks: 2, 3]", 2),
        ("and are waiting for remainder of ranks\nMissing ranks:\n3: [broadcast.weight, broadcast.bias ...]", 3),
        ("submitted to be reduced by subset of ranks\nMissing ranks:\n1!: [grad.0]\n", 1),
    ],
    ids=["0.14", "0.19", "shutdown"],
)
def test_who_is_missing_is_named_in_the_words_of_every_version(text: str, missing: int) -> None:
    (found,) = explain(FailureReport(JOB, tails={0: text}))
    assert (found.rank, found.about, found.is_symptom, found.is_echo) == (0, missing, False, False)
    assert found.category == "collective-mismatch"


def test_a_tracebacks_line_of_code_is_not_what_it_raised() -> None:
    code = "    raise ValueError('Gloo support has not been built.  If this is not expected, ensure CMake is'"
    raised = "ValueError: Gloo support has not been built.  If this is not expected, ensure CMake is installed."
    trace = f'Traceback (most recent call last):\n  File "launch.py", line 752, in run_controller\n{code}\n{raised}\n'
    (found,) = explain(FailureReport(JOB, launcher=trace))
    assert (found.code, found.line) == ("horovod-no-controller", raised)


def test_ranks_of_which_none_is_named_are_a_symptom() -> None:
    text = "One or more tensors were submitted to be reduced, gathered or broadcasted by subset of ranks and wait"
    (found,) = explain(FailureReport(JOB, tails={0: f"WARNING: {text}. Stalled ops: a [ready ranks: 0, 2]"}))
    assert (found.code, found.is_symptom, found.about) == ("stall-seen", True, None)


@pytest.mark.parametrize(
    ("line", "rank"),
    [
        ("mpirun noticed that process rank 4 with PID 10 on node a exited on signal 9 (Killed).", 4),
        ("prterun noticed that process rank 2 with PID 10 on node a exited on signal 15 (Terminated).", 2),
        ("MPI_ABORT was invoked on rank 7 in communicator MPI_COMM_WORLD", 7),
        ("=   RANK 3 PID 99 RUNNING AT worker-1", 3),
        ("application called MPI_Abort(MPI_COMM_WORLD, 5) - process 6", 6),
        ("mpirun detected that one or more processes exited with non-zero status, thus causing\n"
            "the job to be terminated. The first process to do so was:\n\n  Process name: [[411,1],5]\n", 5),
        ("prterun detected that one or more processes exited with non-zero status, thus causing\n"
            "the job to be terminated. The first process to do so was:\n\n   Process name: [prterun-vm-77@1,8]\n", 8),
    ],
)  # fmt: skip
def test_a_launcher_says_who_and_no_more(line: str, rank: int) -> None:
    (found,) = explain(FailureReport(JOB, launcher=line))
    assert (found.about, found.rank, found.is_echo, found.is_symptom) == (rank, None, False, False)
    assert found.certainty <= 0.5


HARMLESS = """\
--------------------------------------------------------------------------
WARNING: There was an error initializing an OpenFabrics device.

  Local host:   worker-0
  Local device: mlx5_0
--------------------------------------------------------------------------
[worker-0:00012] 3 more processes have sent help message help-mpi-btl-openib.txt / error in device init
WARNING: Linux kernel CMA support was requested via the
btl_vader_single_copy_mechanism MCA variable, but CMA support is
not available due to restrictive ptrace settings.
[worker-0:00012] PMIX ERROR: ERROR in file gds_ds12_lock_pthread.c at line 168
hwloc/linux: Ignoring PCI device with non-16bit domain.
WARNING: Open MPI will create a shared memory backing file in a
Warning: Permanently added 'worker-1,10.0.0.5' (ECDSA) to the list of known hosts.
[0]<stderr>:[W stall_inspector.cc:107] HOROVOD_STALL_SHUTDOWN_TIME_SECONDS is less than HOROVOD_STALL_CHECK_TIME_SECONDS
-- Could NOT find MPI_CXX (missing: MPI_CXX_LIB_NAMES MPI_CXX_HEADER_DIR)
-- Could not find CCache. Consider installing CCache to speed up compilation.
max locked memory       (kbytes, -l) 64
"""


def test_warnings_that_good_runs_print_mean_nothing() -> None:
    assert explain(FailureReport(JOB, tails={0: HARMLESS}, launcher=HARMLESS)) == ()


def test_logs_from_elsewhere_are_read_whatever_the_job_says() -> None:
    tails = {1: "ValueError: Horovod has not been initialized; use hvd.init()."}
    foreign = FailureReport(Job(""), tails=tails, is_foreign=True)
    assert [each.code for each in explain(foreign)] == ["hvd-not-initialized"]


def test_a_lost_connection_is_an_echo_in_mpiruns_log_too() -> None:
    assert of({}, PEER_GONE) == {("peer-gone", None): True}


def test_an_exception_before_the_last_one_is_no_cause() -> None:
    assert of({0: "ModuleNotFoundError: No module named 'horovod'\ncaught\nKeyError: 'x'"}) == {}


def test_what_is_not_known_is_left_alone() -> None:
    assert of({0: "KeyError: 'x'", 1: ""}, "all went well") == {}


def test_what_mpirun_cannot_read_at_a_jobs_end_is_below_who_was_killed() -> None:
    noise = (
        "[n1:4711] [[31337,0],0] ORTE_ERROR_LOG: Data unpack would read past end of buffer in file "
        "../../../orte/util/show_help.c at line 501"
    )
    killed = "mpirun noticed that process rank 1 with PID 0 on node n1 exited on signal 9 (Killed)."
    logs = {UNKNOWN_RANKS: f"{noise}\n{noise}\n{killed}\n"}
    known = judged_logs(explain(FailureReport(Job(command=""), tails=logs, is_foreign=True)), logs)
    assert known.cause is not None
    assert (known.cause.line, known.rank) == (killed, 1)
    alone = {UNKNOWN_RANKS: noise}
    assert judged_logs(explain(FailureReport(Job(command=""), tails=alone, is_foreign=True)), alone).cause is None
