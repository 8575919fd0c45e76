"""What the PyTorch plugin makes of the ends of logs; the texts are what torch really says, also asked of it anew."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from desktop_app.api import Distribution, Explanation, FailureReport, Job
from desktop_app.api.kit.log_lines import cleaned
from desktop_app.core.diagnosis.foreign import judged_logs
from plugins.pytorch.explain import explain

TRACE = 'Traceback (most recent call last):\n  File "train.py", line 41, in <module>\n    main()\n'
GLOO = (
    "RuntimeError: [/__w/pytorch/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:553] Connection closed by peer "
    "[127.0.0.1]:20361. This is typically caused by a remote worker crashing."
)
LINES = {
    GLOO: "peer-gone",
    "RuntimeError: [/w/gloo/pair.cc:537] Read error [127.0.0.1]:9876: Connection reset by peer.": "peer-gone",
    "torch.distributed.DistBackendError: NCCL error in: NCCLUtils.hpp:317, remote process exited or there was a "
    "network error, NCCL version 2.21.5": "peer-gone",
    "RuntimeError: [/w/gloo/unbound_buffer.cc:129] Timed out waiting 6000ms for send operation to complete":
        "gloo-timed-out",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 22.00 MiB. GPU 0 has a total capacity of 23 GiB":
        "gpu-memory-full",
    "RuntimeError: CUDA error: invalid device ordinal": "no-such-gpu",
    "RuntimeError: CUDA error: device-side assert triggered": "index-on-gpu",
    "RuntimeError: CUDA error: an illegal memory access was encountered": "gpu-memory-access",
    "RuntimeError: CUDA error: unknown error": "cuda-error",
    "RuntimeError: DataLoader worker (pid 71) is killed by signal: Bus error. It is possible that dataloader's workers "
    "are out of shared memory. Please try to raise your shared memory limit.": "shared-memory-full",
    "RuntimeError: DataLoader worker (pid(s) 30437) exited unexpectedly": "data-worker-died",
    "torch.distributed.DistStoreError: Timed out after 4 seconds waiting for clients. 1/2 clients joined.":
        "ranks-missing",
    "RuntimeError: [1]: params[0] in this process with sizes [4, 4] appears not to match sizes of the same param in "
    "process 0.": "models-differ",
    "RuntimeError: ProcessGroupGloo::allgather: invalid tensor size at index 0 (expected (3), got (2))":
        "tensors-differ",
    "KeyError: 'AZ_BATCHAI_MPI_MASTER_NODE'": "variable-of-v1",
    "KeyError: 'LOCAL_RANK'": "no-rank-variables",
    "KeyError: 'OMPI_COMM_WORLD_RANK'": "variable-of-mpirun",
    "AttributeError: module 'torch._C' has no attribute '_cuda_setDevice'": "no-gpu",
}  # fmt: skip
TORCHRUN = """Traceback (most recent call last):
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
[1]:
  rank      : 0 (local_rank: 0)
  exitcode  : -15 (pid: 30688)  (SIGTERM)
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  rank      : 1 (local_rank: 1)
  exitcode  : {code}
  error_file: <N/A>
============================================================
"""


def told(*logs: str, job: Job | None = None) -> tuple[Explanation, ...]:
    return explain(FailureReport(job or Job("python train.py"), tails=dict(enumerate(logs))))


@pytest.mark.parametrize(("line", "code"), LINES.items(), ids=list(LINES.values()))
@pytest.mark.parametrize("prefix", ["", "[rank0]: "])
def test_last_words_are_recognised(line: str, code: str, prefix: str) -> None:
    log = "".join(f"{prefix}{each}\n" for each in (TRACE + line).splitlines())
    (found,) = told("epoch 1 loss 0.4\n" + log)
    assert (found.code, found.rank, cleaned(found.line)[0]) == (code, 0, line)
    assert "{" not in found.cause + "".join(found.advice)
    assert found.is_echo is (code in {"peer-gone", "child-failed"})
    assert found.is_symptom is (code in {"gloo-timed-out", "ranks-missing"})


@pytest.mark.parametrize(
    "log", ["", "all is well\n", TRACE + "ValueError: bad sample 17\n", "RuntimeError: \n", "\0\ufffd"]
)
def test_what_is_not_known_is_left_alone(log: str) -> None:
    assert told(log) == ()


def test_an_error_that_was_caught_before_the_last_one_is_not_the_cause() -> None:
    log = TRACE + "RuntimeError: CUDA out of memory.\nretry\n" + TRACE + "ValueError: bad sample 17\n"
    cause = judged_logs(told(log), {0: log}).cause
    assert cause is not None
    assert cause.line == "ValueError: bad sample 17"


def test_the_cause_comes_before_echoes_of_other_ranks() -> None:
    found = told(TRACE + GLOO, TRACE + "IndexError: Target 7 is out of bounds.")
    assert [(each.code, each.rank) for each in found] == [("label-out-of-range", 1), ("peer-gone", 0)]


def test_an_abort_after_the_last_word_is_no_fault_of_the_training() -> None:
    (found,) = told(
        "epoch 12 done\n", "epoch 12 done\nterminate called without an active exception\n[vm] Signal: Aborted\n"
    )
    assert (found.code, found.rank) == ("gloo-outlived-python", 1)
    assert [each.code for each in told(TRACE + GLOO + "\nterminate called without an active exception\n")] == [
        "peer-gone"
    ]


def test_waiting_at_a_barrier_tells_of_no_uneven_batches() -> None:
    """Ranks count no batches there: what kept the others away stands elsewhere."""
    waited = "RuntimeError: [/w/gloo/unbound_buffer.cc:81] Timed out waiting 1800000ms for recv operation to complete"
    for call, is_symptom in (("dist.barrier()", True), ("dist.all_reduce(total)", False)):
        log = f'Traceback (most recent call last):\n  File "t.py", line 4, in <module>\n    {call}\n{waited}'
        assert [(each.code, each.is_symptom) for each in told(log)] == [("gloo-nothing-came", is_symptom)]


def test_the_rank_that_torchrun_names_is_found_in_its_log() -> None:
    log = "[rank1]: " + TRACE.replace("\n", "\n[rank1]: ") + "ValueError: bad sample 17\n[rank0]: " + GLOO + "\n"
    found = told(log + TORCHRUN.format(code="1 (pid: 30689)"))
    assert [(each.code, each.is_echo) for each in found] == [
        ("rank-of-torchrun-failed", False), ("peer-gone", True), ("child-failed", True),
    ]  # fmt: skip
    assert found[0].cause == "Rank 1, which torchrun started, failed first, with the exit code 1."
    whole = log + TORCHRUN.format(code="1 (pid: 30689)")
    cause = judged_logs(found, {0: whole}).cause
    assert cause is not None
    assert (cause.cause, cause.about) == ("The program raised ValueError: bad sample 17.", 1)
    assert cause.line == "[rank1]: ValueError: bad sample 17"


def test_an_exception_that_only_torchruns_report_holds_is_said() -> None:
    report = TORCHRUN.format(code="1 (pid: 30689)").replace(
        "error_file: <N/A>", "error_file: /tmp/e.json\n  traceback : Traceback (most recent call last):\n"
        '    File "train.py", line 41, in main\n      read("b")\n    my.data.SampleError: no b\n',
    )  # fmt: skip
    found = told(report)[0]
    assert (found.cause, found.about) == ("The program raised SampleError: no b.", 1)


def test_a_rank_that_torchrun_saw_killed_is_named_though_it_says_nothing() -> None:
    found = told("[rank0]: " + GLOO + "\n" + TORCHRUN.format(code="-9 (pid: 30689)  (SIGKILL)"))
    assert found[0].cause == "Rank 1, which torchrun started, was killed by SIGKILL."
    assert found[0].line == "exitcode  : -9 (pid: 30689)  (SIGKILL)"


def test_fixes_change_the_job_only_where_they_mend_something() -> None:
    line = TRACE + "KeyError: 'RANK'"
    mpi = Job("python train.py", distribution=Distribution("tensorflow", worker_count=2))
    (found,) = told(line, job=mpi)
    assert found.fix is not None
    assert found.fix.set == {"distribution.type": "pytorch", "distribution.process_count_per_instance": 1}
    assert found.fix.unset == ("distribution.worker_count",)
    assert told(line, job=Job("python train.py", distribution=Distribution("PyTorch")))[0].fix is None
    taken = TRACE + "torch.distributed.DistNetworkError: code: -98, name: EADDRINUSE, message: address already in use"
    assert told(taken)[0].fix is None
    (found,) = told(taken, job=Job("python train.py", environment_variables={"MASTER_PORT": "6105"}))
    assert found.fix is not None
    assert found.fix.unset == ("environment_variables.MASTER_PORT",)


REAL = """
import os, socket, sys, traceback
for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
    os.environ.pop(name, None)
import torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as Parallel

def port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        dist.init_process_group("gloo", init_method=url, rank=0, world_size=1)

def unused_parameters():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = torch.nn.Linear(4, 3), torch.nn.Linear(4, 3)
        def forward(self, x):
            return self.used(x)
    model = Parallel(Model())
    for _ in range(2):
        model(torch.ones(2, 4)).sum().backward()

linear, entropy = torch.nn.Linear(4, 3), torch.nn.functional.cross_entropy
for code, act in {
    "no-gpu": lambda: torch.zeros(1).cuda(),
    "no-nccl": lambda: dist.init_process_group("nccl", store=dist.HashStore(), rank=0, world_size=1),
    "no-rank-variables": lambda: dist.init_process_group("gloo"),
    "group-not-initialized": lambda: Parallel(linear),
    "port-in-use": port_in_use,
    "shapes-differ": lambda: linear(torch.zeros(2, 5)),
    "size-mismatch": lambda: linear.load_state_dict(torch.nn.Linear(5, 3).state_dict()),
    "label-out-of-range": lambda: entropy(linear(torch.ones(2, 4)), torch.tensor([0, 7])),
    "module-missing": lambda: __import__("no_such_package"),
    "unused-parameters": unused_parameters,
}.items():
    print("=====", code, flush=True)
    try:
        act()
    except BaseException:
        traceback.print_exc(file=sys.stdout)
sys.stdout.flush()
os._exit(0)
"""


def test_what_torch_really_says_is_recognised(torch_toolchain: Path, tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    script.write_text(REAL)
    command = [str(torch_toolchain), "-W", "ignore", str(script)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, cwd=tmp_path)
    parts = [each.partition("\n") for each in said.stdout.split("===== ")[1:]]
    assert [(code, [each.code for each in told(log)]) for code, _, log in parts] == [
        (code, [code]) for code, _, _ in parts
    ]
    assert len(parts) == 10
    fields = {code: told(log)[0].cause for code, _, log in parts}
    assert fields["shapes-differ"] == "A layer expects 4 features and got 5."
    assert fields["module-missing"] == "The module no_such_package is not there."


def test_what_mpirun_does_not_set_is_left_to_the_plugin_for_mpi() -> None:
    tails = {0: "ValueError: environment variable RANK expected, but not set", 1: "KeyError: 'RANK'"}
    assert explain(FailureReport(Job("python t.py", distribution=Distribution("mpi")), tails=tails)) == ()


@pytest.mark.parametrize(
    ("started", "is_foreign", "is_cause"), [(2, False, True), (3, False, False), (4, False, False), (2, True, False)]
)
def test_a_script_that_waits_for_more_ranks_than_there_are_is_told_so(
    started: int, is_foreign: bool, is_cause: bool
) -> None:
    """Where fewer came than were started others are to blame; of logs from elsewhere nobody knows how many were."""
    said = "torch.distributed.DistStoreError: Timed out after 21 seconds waiting for clients. 2/4 clients joined."
    codes = dict.fromkeys(range(started), 1)
    job = Job("python t.py", distribution=Distribution("pytorch"))
    (found,) = explain(FailureReport(job, codes, 0, {0: said}, is_foreign=is_foreign))
    assert found.is_symptom is not is_cause
    assert (found.cause == "The script waits for 4 ranks, and the run has 2: all of them came.") is is_cause
