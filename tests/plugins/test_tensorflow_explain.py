"""What the TensorFlow plugin makes of the ends of logs; the texts are what TensorFlow really said, and says anew."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
from pathlib import Path

import pytest

from desktop_app.api import Distribution, Explanation, FailureReport, Host, Job, ScriptScan, ScriptSource
from desktop_app.api.kit import load_knowledge
from desktop_app.backends.local.scripts import find_needs
from plugins.tensorflow.explain import explain
from plugins.tensorflow.scan import scan
from tests.helpers.local_ports import FakePorts
from tests.helpers.tensorflow_jobs import tensorflow_job

KNOWLEDGE = Path(__file__).parents[2] / "plugins" / "tensorflow" / "knowledge"
TRACE = 'Traceback (most recent call last):\n  File "train.py", line 41, in <module>\n    main()\n'
PORT = (
    "E0000 00:00:1795276928.004793   30148 add_port.cc:83] Failed to add port to server: No address added out of total "
    "1 resolved for '0.0.0.0:33301'"
)
PEER = "tensorflow.python.framework.errors_impl.UnavailableError: Graph execution error:"
LINES = {
    PORT: "port-in-use",
    "ValueError: Attempt to convert a value (PerReplica:{": "keras-fit",
    "RuntimeError: Collective ops must be configured at program startup": "strategy-too-late",
    "WARNING:tensorflow:Your environment has TF_USE_LEGACY_KERAS set to True, but you do not have the tf_keras package "
    "installed. You must install it in order to use the legacy tf.keras. Install it via: `pip install tf_keras`":
        "tf-keras-missing",
    "ModuleNotFoundError: No module named 'tf_keras'": "tf-keras-missing",
    "KeyError: 'TF_CONFIG'": "no-tf-config",
    "ValueError: There must be at least one worker.": "no-worker-left",
    "ValueError: To use this dataset, you need to pass this dataset to ClusterCoordinator.create_per_worker_dataset.":
        "dataset-of-no-worker",
}  # fmt: skip
ECHOES = (
    PEER,
    "Collective ops is aborted by: recvmsg:Connection reset by peer",
    "E0000 00:00:1795277474.184909   10797 base_collective_executor.cc:252] BaseCollectiveExecutor::StartAbort "
    "UNAVAILABLE: recvmsg:Connection reset by peer",
    "E0000 00:00:1795275973.443998   17871 base_collective_executor.cc:252] BaseCollectiveExecutor::StartAbort "
    "UNAVAILABLE: Failed to send RPC to coordination service. Either the leader task was preempted/died/restarted",
    "ERROR:tensorflow:Worker /job:worker/replica:0/task:1 failed with UnavailableError():recvmsg:Connection reset by",
    "  (0) UNAVAILABLE:  Socket closed",
    "  (1) UNAVAILABLE:  failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:44805: Failed to "
    "connect to remote host: Connection refused",
)
NOISE = (
    "2026-11-21 16:00:01.1: I external/local_xla/xla/tsl/cuda/cudart_stub.cc:32] Could not find cuda drivers on your "
    "machine, GPU will not be used.\n"
    "E0000 00:00:1 1 cuda_dnn.cc:8310] Unable to register cuDNN factory\n"
    "W0000 00:00:1 1 cuda_executor.cc] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit\n"
)


GOOD_WORDS = """\
2026-03-01 W tensorflow/core/framework/local_rendezvous.cc:404] Local rendezvous is aborting with status: \
OUT_OF_RANGE: End of sequence
2026-03-01 I tensorflow/core/common_runtime/executor.cc:1197] [/device:CPU:0] (DEBUG INFO) Executor start \
aborting (this does not indicate an error and you can ignore this message): INVALID_ARGUMENT: You must feed a value \
for placeholder tensor 'Placeholder/_1' with dtype int32
2026-03-01 W tensorflow/tsl/framework/bfc_allocator.cc:296] Allocator (GPU_0_bfc) ran out of memory trying \
to allocate 1.52GiB with freed_by_count=0. The caller indicates that this is not a failure, but this may mean that \
there could be performance gains if more memory were available.
2026-03-01 W tensorflow/core/framework/cpu_allocator_impl.cc:82] Allocation of 188160000 exceeds 10% of free \
system memory.
2026-03-01 W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library \
'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory
2026-03-01 W tensorflow/stream_executor/cuda/cuda_driver.cc:269] failed call to cuInit: UNKNOWN ERROR (303)
2026-03-01 E tensorflow/stream_executor/cuda/cuda_driver.cc:271] failed call to cuInit: \
CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected
2026-03-01 W tensorflow/core/grappler/optimizers/data/auto_shard.cc:784] AUTO sharding policy will apply \
DATA sharding policy as it failed to apply FILE sharding policy because of the following reason: Found an unshardable \
source dataset: name: "TensorSliceDataset/_2"
2026-03-01 W tensorflow/stream_executor/gpu/asm_compiler.cc:63] Running ptxas --version returned 256
2026-03-01 W tensorflow/stream_executor/gpu/redzone_allocator.cc:314] Couldn't get ptxas version string. \
Relying on driver to perform ptx compilation.
WARNING:tensorflow:Value in checkpoint could not be found in the restored object: (root).optimizer.iter
"""


class ScanningPorts(FakePorts):
    """Scans as the plugin does."""

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        return scan(source) or ScriptScan()


def explained(
    *tails: str, first: int | None = 0, job: Job | None = None, codes: dict[int, int] | None = None
) -> tuple[Explanation, ...]:
    ranks = dict(enumerate(tails))
    return explain(FailureReport(job or tensorflow_job(), codes or dict.fromkeys(ranks, 1), first, ranks))


@pytest.mark.parametrize(("line", "code"), LINES.items(), ids=LINES.values())
def test_a_known_line_is_a_cause(line: str, code: str) -> None:
    (found,) = explained(f"epoch 1\n{NOISE}{TRACE}{line}\n")
    assert (found.code, found.rank, found.line, found.is_echo) == (code, 0, line, False)
    assert found.cause.endswith(".")
    assert found.advice
    assert "{" not in found.cause


def test_codes_stay() -> None:
    known = {each.code for each in load_knowledge(KNOWLEDGE).signatures}
    assert {*LINES.values(), "peer-gone", "peer-silent"} <= known


def test_what_good_runs_print_means_nothing() -> None:
    assert explained(NOISE + GOOD_WORDS) == ()


@pytest.mark.parametrize("line", ECHOES)
def test_what_a_lost_peer_says_is_an_echo(line: str) -> None:
    (found,) = explained("", f"{TRACE}{line}\n")
    assert (found.code, found.rank, found.is_echo) == ("peer-gone", 1, True)


def test_the_last_words_stand_for_all_echoes_of_a_rank() -> None:
    """So that the line is the one that the run shows as what the rank ended on."""
    (found,) = explained("\n".join([*reversed(ECHOES[1:]), TRACE + PEER, *ECHOES]))
    assert found.line == PEER


def test_a_task_that_stopped_answering_is_named() -> None:
    line = (
        "Collective ops is aborted by: Error reported from /job:worker/task:1: The following tasks are unhealthy "
        "(stopped sending heartbeats):"
    )
    found = explained(f"{TRACE}{PEER}\n\n{line}\n/job:worker/replica:0/task:1\nThe tasks have crashed.")
    assert [(each.code, each.is_symptom, each.is_echo) for each in found] == [
        ("peer-silent", True, False),
        ("peer-gone", False, True),
    ]
    assert found[0].cause.startswith("worker 1 stopped answering")
    assert (found[0].rank, found[0].about) == (0, 1)
    assert found[1].line == PEER


def test_a_worker_that_is_named_by_its_index_is_the_rank_after_the_servers() -> None:
    line = "UNAVAILABLE: Task /job:worker/replica:0/task:1 heartbeat timeout. This indicates that it failed"
    job = tensorflow_job(servers=2, workers=2)
    (found,) = explained(line, job=job)
    assert (found.code, found.about) == ("peer-silent", 3)
    server = line.replace("worker", "ps")
    (found,) = explained(server, job=job)
    assert (found.code, found.about, found.cause.split(" stopped")[0]) == ("peer-silent", None, "ps 1")


def test_what_ended_the_operations_of_all_is_told_by_its_cause() -> None:
    shapes = (
        "Collective ops is aborted by: Shape mismatch in the collective instance 104. Op at device "
        "/job:worker/replica:0/task:1/device:CPU:0 expected shape [32,10] but another member in the group expected "
        "shape [17,10]. This is likely due to different input shapes at different members of the collective op."
    )
    (found,) = explained(shapes)
    assert (found.code, found.category, found.is_echo) == ("collective-shapes", "collective-mismatch", False)
    (other,) = explained("Collective ops is aborted by: INTERNAL: the reader failed")
    assert (other.code, other.is_symptom) == ("collective-aborted", True)
    assert other.cause.endswith("INTERNAL: the reader failed")


def test_logs_of_jobs_that_others_start_are_left_alone_unless_they_come_from_elsewhere() -> None:
    pytorch = Job("x", distribution=Distribution("pytorch", 2))
    report = FailureReport(pytorch, tails={0: "KeyError: 'TF_CONFIG'"})
    assert explain(report) == ()
    assert [each.code for each in explain(dataclasses.replace(report, is_foreign=True))] == ["no-tf-config"]


@pytest.mark.parametrize("tail", ["", "epoch 1  loss 0.1", NOISE, TRACE + "ValueError: no data"])
def test_nothing_is_made_of_what_is_not_known(tail: str) -> None:
    assert explained(tail) == ()


def test_causes_come_first_and_a_cause_silences_its_own_echoes() -> None:
    found = explained(PEER, f"{ECHOES[1]}\n{TRACE}RuntimeError: Collective ops must be configured at program startup")
    assert [(each.rank, each.code) for each in found] == [(1, "strategy-too-late"), (0, "peer-gone")]


def test_echoes_of_a_task_that_ended_well_mean_nothing() -> None:
    """A worker that leaves after the chief complains of it, and ends with 0."""
    assert explained(PEER, codes={0: 0}) == ()


def test_the_port_is_named() -> None:
    assert "33301" in explained(PORT)[0].cause


def test_a_port_of_a_tf_config_that_the_script_wrote_is_no_other_programs(tmp_path: Path) -> None:
    """Read as a plan reads it: from the script, with its line in the words."""
    (tmp_path / "train.py").write_text("import os\nimport tensorflow\nos.environ['TF_CONFIG'] = '{}'\n")
    job = tensorflow_job(command="python train.py")
    needs = find_needs(job, tmp_path, ScanningPorts(), Host(("/bin/bash", "-c")))
    tails = {1: f"{TRACE}{PORT}\n"}
    (found,) = explain(FailureReport(job, {1: 1}, 1, tails, findings=tuple(needs.findings)))
    assert (found.code, found.line, found.rank) == ("tf-config-overwritten", PORT, 1)
    assert "overwrites TF_CONFIG (train.py, line 3)" in found.cause
    assert "33301" in found.advice[-1]
    (plain,) = explain(FailureReport(job, {1: 1}, 1, tails, findings=()))
    assert plain.code == "port-in-use"


def test_a_file_that_machines_spoil_for_each_other_is_told_of_where_each_trains_alone(tmp_path: Path) -> None:
    line = "tensorflow.python.framework.errors_impl.DataLossError: Unable to open table file ckpt-3: Data loss"
    (tmp_path / "train.py").write_text("import tensorflow as tf\ns = tf.distribute.MirroredStrategy()\n")
    job = tensorflow_job(command="python train.py")
    needs = find_needs(job, tmp_path, ScanningPorts(), Host(("/bin/bash", "-c")))
    report = FailureReport(job, {1: 1}, 1, {1: f"{TRACE}{line}\n"}, findings=tuple(needs.findings))
    (found,) = explain(report)
    assert found.advice[-1].startswith("Each machine trains a model of its own here")
    assert "(train.py, line 2)" in found.advice[-1]
    (plain,) = explain(dataclasses.replace(report, findings=()))
    assert plain.advice == found.advice[:-1]


def test_a_job_without_tf_config_gets_a_fix() -> None:
    job = Job("x", distribution=Distribution("mpi", 2))
    (found,) = explained("KeyError: 'TF_CONFIG'", job=job)
    assert found.fix is not None
    assert found.fix.set == {"distribution.type": "tensorflow"}
    assert found.fix.unset == ("distribution.process_count_per_instance",)
    assert explained("KeyError: 'TF_CONFIG'")[0].fix is None


LATE = "import tensorflow as tf\ntf.constant(1)\ntf.distribute.MultiWorkerMirroredStrategy()\n"
MISSING = "import sys\nsys.modules['tf_keras'] = None\nimport tensorflow as tf\ntf.keras.Sequential\n"
ALONE = '{"cluster":{"worker":["127.0.0.1:PORT"]},"task":{"type":"worker","index":0}}'


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (LATE, "strategy-too-late"),
        (MISSING, "tf-keras-missing"),
        (LATE.replace("tf.constant(1)", ""), "port-in-use"),
        ("import os; os.environ['TF_CONFIG']", "no-tf-config"),
    ],
    ids=["late", "missing", "port", "variable"],
)
def test_tensorflow_says_so_still(script: str, code: str, tensorflow_toolchain: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("0.0.0.0", 0))
        holder.listen()
        taken = str(holder.getsockname()[1])
        variables = {**os.environ, "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
        if code != "no-tf-config":
            config = ALONE.replace("PORT", taken).replace("]}", ',"127.0.0.1:1"]}' if code == "port-in-use" else "]}")
            variables["TF_CONFIG"] = config
        done = subprocess.run(
            [str(tensorflow_toolchain), "-c", script],
            env=variables,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 1, done.stderr
    assert code in {each.code for each in explained(done.stderr)}, done.stderr
