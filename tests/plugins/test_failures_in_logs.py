"""Whole logs, as programs write them around a failure: which line the plugin of known failures names, and why."""

from __future__ import annotations

import pytest

from desktop_app.api import FailureReport, Job
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.model import Diagnosis
from plugins.failures import hooks


def diagnosed(log: str) -> Diagnosis:
    logs = {UNKNOWN_RANKS: log}
    report = FailureReport(Job(command=""), tails=logs, is_foreign=True)
    return judged_logs(hooks.explain_failure(report), logs)


LOGS = {
    "memory-limit-killed": (
        "Memory cgroup out of memory: Killed process 71 (python) total-vm:9kB",
        """step 12
[91.4] python invoked oom-killer: gfp_mask=0x1100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
[91.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,task=python,pid=71,uid=0
[91.5] Memory cgroup out of memory: Killed process 71 (python) total-vm:9kB
""",
    ),
    "slurm-memory": (
        "slurmstepd: error: Detected 1 oom_kill event in StepId=1.0.",
        """step 10
slurmstepd: error: Detected 1 oom_kill event in StepId=1.0. Some of the step tasks have been OOM Killed.
srun: Terminating StepId=1.0
slurmstepd: error: *** STEP 1.0 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***
srun: error: n1: tasks 0-1,3: Terminated
""",
    ),
    "slurm-time-limit": (
        "DUE TO TIME LIMIT",
        """epoch 3
slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***
srun: Job step aborted: Waiting up to 32 seconds for job step to finish.
""",
    ),
    "disk-full": (
        "OSError: [Errno 28] No space left on device",
        """Traceback (most recent call last):
  File "/opt/lib/torch/serialization.py", line 850, in save
    _save(obj, opened_zipfile, pickle_module, pickle_protocol)
OSError: [Errno 28] No space left on device

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 70, in <module>
    main()
RuntimeError: [enforce fail at inline_container.cc:595] . unexpected pos 64 vs 0
""",
    ),
    "module-missing": (
        "ModuleNotFoundError: No module named 'timm'",
        """[rank0]: Traceback (most recent call last):
[rank0]:   File "/w/train.py", line 3, in <module>
[rank0]:     import timm
[rank0]: ModuleNotFoundError: No module named 'timm'
""",
    ),
    "variable-not-set": (
        "KeyError: 'API_TOKEN'",
        """Traceback (most recent call last):
  File "t.py", line 9, in <module>
    key = os.environ["API_TOKEN"]
  File "/usr/lib/python3.10/os.py", line 680, in __getitem__
    raise KeyError(key) from None
KeyError: 'API_TOKEN'
""",
    ),
    "conda-package-missing": (
        "- torchvison=0.15",
        """Step 7/15 : RUN conda env create -p /azureml-envs/x -f env.yml
Solving environment: ...working... failed

ResolvePackageNotFound:
  - torchvison=0.15

The command '/bin/sh -c conda env create -p /azureml-envs/x -f env.yml' returned a non-zero code: 1
failed to run step ID: acb_step_0: exit status 1
""",
    ),
    "conda-builds-pinned": (
        "- nothing provides requested zlib ==1.2.13 h5eee18b_0",
        """LibMambaUnsatisfiableError: Encountered problems while solving:
  - nothing provides requested zlib ==1.2.13 h5eee18b_0
  - nothing provides requested xz ==5.2.6 h5eee18b_0
""",
    ),
    "pip-not-found": (
        "ERROR: Could not find a version that satisfies the requirement torch==1.4.0",
        """#9 12.3 Collecting numpy
#9 13.1 ERROR: Could not find a version that satisfies the requirement torch==1.4.0 (from versions: 2.0.0)
#9 13.1 ERROR: No matching distribution found for torch==1.4.0
ERROR: failed to solve: process "/bin/sh -c pip install -r r.txt" did not complete successfully: exit code: 1
""",
    ),
    "build-needs-mpi": (
        "fatal error: mpi.h: No such file or directory",
        """  error: subprocess-exited-with-error

  × Building wheel for mpi4py (pyproject.toml) did not run successfully.
      _configtest.c:2:10: fatal error: mpi.h: No such file or directory
          2 | #include <mpi.h>
      error: Cannot compile MPI programs. Check your configuration!!!
  ERROR: Failed building wheel for mpi4py
""",
    ),
    "image-forbidden": (
        "unauthorized: authentication required",
        """AzureMLCompute job failed.
FailedPullingImage: Unable to pull docker image
\timageName: x.azurecr.io/a:v1
\terror: daemon: Head "https://x.azurecr.io/v2/a/manifests/v1": unauthorized: authentication required
""",
    ),
    "azureml-quota": (
        "ClusterCoreQuotaReached",
        """{"error":{"code":"UserError","message":"ClusterCoreQuotaReached: Standard NCSv3 family vCPU quota of 0 and"}}
""",
    ),
    "driver-mismatch": (
        "nvml error: driver/library version mismatch",
        """docker: Error response from daemon: failed to create task: OCI runtime create failed: exit status 1
nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown.
""",
    ),
    "argument-unknown": (
        "train.py: error: unrecognized arguments: --learning-rate 0.1",
        """usage: train.py [-h] [--lr LR]
train.py: error: unrecognized arguments: --learning-rate 0.1
srun: error: n1: task 0: Exited with exit code 2
""",
    ),
    "threads-refused": (
        "pthread_create failed for thread 5 of 32",
        """OpenBLAS blas_thread_init: pthread_create failed for thread 5 of 32: Resource temporarily unavailable
Segmentation fault (core dumped)
""",
    ),
}


@pytest.mark.parametrize("code", LOGS)
def test_a_whole_log_is_diagnosed_to_its_cause(code: str) -> None:
    line, log = LOGS[code]
    cause = diagnosed(log).cause
    assert cause is not None
    assert (cause.code, line in cause.line) == (code, True), cause


def test_the_rank_in_front_of_a_line_is_blamed() -> None:
    assert diagnosed(LOGS["module-missing"][1]).rank == 0


NOISE = """
WARNING: Could not load dynamic library 'libnvinfer.so.7'; dlerror: libnvinfer.so.7: cannot open shared object file
WARNING:root:No module named 'apex', using torch.optim
[W1120 10:00:00.1 socket.cpp:752] [c10d] The client socket has failed (errno: 99 - Cannot assign requested address).
[W1120 10:00:00.2 socket.cpp:752] [c10d] The server socket has failed to bind (errno: 98 - Address already in use).
UserWarning: No module named 'wandb'; logging to files only
WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(host='x')")'
Terminated early, patience is 3
Killed old session
Aborted trial 3 (pruned)
process exited with code 0
""".strip().splitlines()


@pytest.mark.parametrize("line", NOISE)
def test_what_many_good_runs_print_is_no_cause(line: str) -> None:
    report = FailureReport(Job(command=""), tails={0: f"epoch 1\n{line}\nepoch 2\n"})
    assert tuple(hooks.explain_failure(report)) == ()


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("cv2", "opencv-python-headless"), ("sklearn.metrics", "scikit-learn"), ("PIL", "pillow"), ("yaml", "PyYAML"),
        ("skimage", "scikit-image"), ("einops.layers", "einops"),
    ],
)  # fmt: skip
def test_a_missing_module_is_added_by_the_name_of_its_package(module: str, package: str) -> None:
    cause = diagnosed(f"ModuleNotFoundError: No module named '{module}'\n").cause
    assert cause is not None
    assert cause.remedy is not None
    assert (cause.remedy.value, cause.category) == (package, "missing-module")


def test_a_file_of_ones_own_is_no_package_to_add() -> None:
    cause = diagnosed("ModuleNotFoundError: No module named 'utils.metrics'\n").cause
    assert cause is not None
    assert (cause.code, cause.remedy) == ("module-own", None)


@pytest.mark.parametrize(
    "line",
    [
        "ConnectionRefusedError: [Errno 111] Connection refused", "TimeoutError: [Errno 110] Connection timed out",
        "ConnectionResetError: [Errno 104] Connection reset by peer", "srun: Job step aborted: Waiting for 32 seconds",
    ],
)  # fmt: skip
def test_what_waits_in_vain_or_follows_is_never_the_cause(line: str) -> None:
    made = diagnosed(f"step 3\n{line}\n")
    assert (made.verdict, made.cause) == ("symptoms-only", None)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            "PermissionError: [Errno 13] Permission denied: '/opt'",
            "This user may not read or write this file or folder: /opt",
        ),
        ("PermissionError: [Errno 13] Permission denied", "This user may not read or write this file or folder."),
        ("NameResolutionError", "The name of another machine could not be turned into an address by DNS."),
        ("CondaSSLError: ", "conda could not download what it needs."),
    ],
)
def test_a_sentence_is_whole_where_a_line_tells_less(line: str, cause: str) -> None:
    made = diagnosed(f"step 3\n{line}\n").cause
    assert made is not None
    assert made.cause == cause


MISSING = "FileNotFoundError: [Errno 2] No such file or directory: '/home/ada/runs/r-1/code/digits.npz'"
HEAD = 'Traceback (most recent call last):\n  File "train.py", line 9, in main\n    '


@pytest.mark.parametrize(
    "frames",
    [
        "data = np.load(path)\n",
        'data = np.load(path)\n  File "npyio.py", line 4, in load\n    fid = open(os.fspath(file), "rb")\n',
        'state = torch.load(path)\n  File "serialization.py", line 7, in __init__\n    open(name, mode)\n',
        'json.load(open("digits.npz"))\n',
    ],
)
def test_a_missing_file_that_was_read_is_not_there(frames: str) -> None:
    cause = diagnosed(f"step 1\n{HEAD}{frames}{MISSING}\n").cause
    assert cause is not None
    assert (cause.code, cause.line) == ("file-missing", MISSING)
    assert cause.cause == "The file /home/ada/runs/r-1/code/digits.npz is not there."
    assert ".amlignore" in cause.advice[0]
    assert not any("makedirs" in each for each in cause.advice)


@pytest.mark.parametrize(
    "frames",
    [
        'with open(path, "w") as file:\n',
        "np.savez(path, **found)\n",
        'torch.save(model.state_dict(), path)\n  File "serialization.py", line 7, in __init__\n    open(name, "wb")\n',
        "os.open(path, os.O_CREAT | os.O_WRONLY)\n",
    ],
)
def test_a_missing_file_that_was_written_wants_its_folder(frames: str) -> None:
    cause = diagnosed(f"step 1\n{HEAD}{frames}{MISSING}\n").cause
    assert cause is not None
    assert (cause.code, cause.line) == ("output-folder-missing", MISSING)
    assert cause.cause.endswith("can't be written: the folder that it belongs in is not there.")
    assert "makedirs" in cause.advice[0]
