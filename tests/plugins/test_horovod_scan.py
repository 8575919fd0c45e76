"""What is said of scripts with Horovod and mpi4py: each of the four parts taken away from scripts that are right."""

from __future__ import annotations

import pytest

from desktop_app.api import ScriptSource, Severity
from desktop_app.places import shipped
from plugins.horovod.scan import scan
from tests.helpers.mpi_jobs import findings, scanned

SAMPLES = shipped("resources") / "samples" / "digits" / "src"
TORCH = """
import torch
import horovod.torch as hvd
from torch.utils.data import DataLoader, DistributedSampler

def main():
    hvd.init()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.cuda.set_device(hvd.local_rank())
    sampler = DistributedSampler(data, num_replicas=hvd.size(), rank=hvd.rank())
    loader = DataLoader(data, sampler=sampler)
    model = make().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * hvd.size())
    optimizer = hvd.DistributedOptimizer(optimizer, named_parameters=model.named_parameters())
    hvd.broadcast_parameters(model.state_dict(), root_rank=0)
    hvd.broadcast_optimizer_state(optimizer, root_rank=0)
    for batch in loader:
        loss(model, batch).backward()
        optimizer.step()
    if hvd.rank() == 0:
        torch.save(model.state_dict(), "outputs/model.pt")

if __name__ == "__main__":
    main()
"""
KERAS = """
import tensorflow as tf
import tf_keras as keras
import horovod.tensorflow.keras as hvd
hvd.init()
gpus = tf.config.list_physical_devices("GPU")
if gpus:
    tf.config.set_visible_devices(gpus[hvd.local_rank()], "GPU")
data = tf.data.Dataset.from_tensor_slices((x, y)).shard(hvd.size(), hvd.rank())
model.compile(optimizer=hvd.DistributedOptimizer(keras.optimizers.Adam(0.001 * hvd.size())), loss="mse")
calls = [hvd.callbacks.BroadcastGlobalVariablesCallback(0)]
if hvd.rank() == 0:
    calls.append(keras.callbacks.ModelCheckpoint("model.keras"))
model.fit(data, callbacks=calls)
"""


LEGACY = "import keras, os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'"


def without(text: str, *lines: str) -> str:
    """Return a script without the lines that hold one of these words."""
    kept = [each for each in text.splitlines() if not any(word in each for word in lines)]
    assert len(kept) < len(text.splitlines())
    return "\n".join(kept)


MXNET = """
import horovod.mxnet as hvd
hvd.init()
hvd.broadcast_parameters(parameters, root_rank=0)
trainer = hvd.DistributedTrainer(parameters, "sgd", {"learning_rate": 0.1 * hvd.size()})
loss.backward()
trainer.step(1)
"""


@pytest.mark.parametrize("name", ["train_horovod_pytorch", "train_horovod_tensorflow", "train_mpi"])
def test_nothing_is_said_of_the_samples(name: str) -> None:
    assert scanned((SAMPLES / f"{name}.py").read_text("utf-8")).findings == ()


@pytest.mark.parametrize("text", [TORCH, KERAS], ids=["torch", "keras"])
def test_nothing_is_said_of_a_script_that_has_all_parts(text: str) -> None:
    assert findings(text) == {}


def test_what_a_script_trains_with() -> None:
    assert scanned(TORCH).frameworks == ("horovod", "horovod-pytorch")
    assert scanned(KERAS).frameworks == ("horovod", "horovod-tensorflow")
    assert scanned("from mpi4py import MPI").frameworks == ("mpi4py",)
    assert {"torch", "horovod"} <= {*scanned(TORCH).imports}
    assert scan(ScriptSource("t.py", "import torch")) is None


@pytest.mark.parametrize(
    ("text", "gone", "code", "line", "advice"),
    [
        (TORCH, ["hvd.init"], "hvd-init-missing", 9, "hvd.init()"),
        (TORCH, ["broadcast"], "hvd-broadcast-missing", 7, "hvd.broadcast_parameters(model.state_dict()"),
        (TORCH, ["DistributedOptimizer"], "hvd-averaging-missing", 7, "hvd.DistributedOptimizer(optimizer"),
        (TORCH, ["set_device", "device.type"], "gpu-not-pinned", 8, "torch.cuda.set_device(hvd.local_rank())"),
        (
            KERAS,
            ["Broadcast", "calls.append", "rank() == 0"],
            "hvd-broadcast-missing",
            5,
            "BroadcastGlobalVariablesCallback(0)",
        ),
        (KERAS, ["if gpus", "set_visible"], "gpu-not-pinned", 6, "set_visible_devices(gpus[hvd.local_rank()]"),
    ],
)
def test_a_part_that_is_missing_is_said_with_its_code(
    text: str, gone: list[str], code: str, line: int, advice: str
) -> None:
    found = findings(without(text, *gone))[code]
    assert (found.severity, found.line) == (Severity.WARNING, line)
    assert advice in found.message


def test_saving_on_every_rank() -> None:
    found = findings(TORCH.replace("if hvd.rank() == 0:", "if True:"))
    assert found["hvd-saves-on-every-rank"].line == 22
    found = findings(KERAS.replace("if hvd.rank() == 0:", "if True:"))
    assert found["hvd-saves-on-every-rank"].line == 13
    assert "hvd-saves-on-every-rank" in findings(KERAS + "checkpoint.save('outputs/ckpt')\n")
    each_its_own = TORCH.replace("if hvd.rank() == 0:", "if True:").replace('"outputs/model.pt"', "path_of(hvd.rank())")
    assert findings(each_its_own) == {}


def test_data_that_no_rank_shares() -> None:
    bare = without(TORCH, "sampler = Dist", "torch.utils").replace("sampler=sampler", "shuffle=True")
    assert "DistributedSampler(data, num_replicas=hvd.size()" in findings(bare)["data-not-shared"].message


def test_a_learning_rate_that_is_not_scaled_is_a_hint_only() -> None:
    found = findings(TORCH.replace("0.1 * hvd.size()", "0.1"))
    assert {code: each.severity for code, each in found.items()} == {"learning-rate-not-scaled": Severity.INFO}


@pytest.mark.parametrize("way", ["ranks = hvd.size()\n    rate = 0.1 * ranks", "rate = 0.1\n    rate *= hvd.size()"])
def test_a_learning_rate_that_is_scaled_by_way_of_a_name(way: str) -> None:
    text = TORCH.replace("0.1 * hvd.size()", "rate").replace(
        "    optimizer = torch", f"    {way}\n    optimizer = torch"
    )
    assert findings(text) == {}


def test_an_optimizer_of_another_file_may_be_wrapped_there() -> None:
    text = KERAS.replace("hvd.DistributedOptimizer(keras.optimizers.Adam(0.001 * hvd.size()))", "get_optimizer()")
    assert "hvd-averaging-missing" in findings(text)
    assert "hvd-averaging-missing" not in findings(
        text.replace("hvd.init()", "from ours import get_optimizer\nhvd.init()")
    )


def test_the_optimizers_state_matters_where_one_is_loaded() -> None:
    text = without(TORCH, "broadcast_optimizer_state")
    assert findings(text.replace("    for batch", "    model.load_state_dict(x)\n    for batch")) == {}
    found = findings(text.replace("    for batch", "    optimizer.load_state_dict(x)\n    for batch"))
    assert [*found] == ["hvd-optimizer-state"]


@pytest.mark.parametrize(
    "condition",
    ["hvd_rank == 0", "not local_rank", 'os.environ["OMPI_COMM_WORLD_RANK"] == "0"', "args.rank != 0"],
)
def test_init_on_some_ranks_alone(condition: str) -> None:
    found = findings(TORCH.replace("    hvd.init()", f"    if {condition}:\n        hvd.init()"))
    assert found["hvd-init-under-condition"].line == 8


@pytest.mark.parametrize(
    "condition", ["args.horovod", '"OMPI_COMM_WORLD_RANK" in os.environ', "world_size > 1", "rank is not None"]
)
def test_init_under_a_condition_that_all_ranks_share(condition: str) -> None:
    assert findings(TORCH.replace("    hvd.init()", f"    if {condition}:\n        hvd.init()")) == {}


def test_horovod_before_init() -> None:
    found = findings(TORCH.replace("    hvd.init()", "    seed = 7 + hvd.rank()\n    hvd.init()"))
    assert found["hvd-before-init"].line == 7
    in_a_function = TORCH.replace("def main", "def seed():\n    return hvd.rank()\n\ndef main")
    assert findings(in_a_function) == {}


def test_two_process_groups() -> None:
    found = findings(
        TORCH.replace("    hvd.init()", "    torch.distributed.init_process_group('gloo')\n    hvd.init()")
    )
    assert found["two-process-groups"].line == 7
    either = "    if args.ddp:\n        torch.distributed.init_process_group()\n    else:\n        hvd.init()"
    assert findings(TORCH.replace("    hvd.init()", either)) == {}


def test_keras_3_and_the_optimizer_that_it_breaks() -> None:
    found = findings(KERAS.replace("import tf_keras as keras", "import keras"))
    assert "horovod#4290" in found["keras3-distributed-optimizer"].message
    assert findings(KERAS.replace("import tf_keras as keras", LEGACY)) == {}
    tf1 = "import keras\nimport tensorflow.compat.v1 as tf\nimport horovod.tensorflow as hvd\n"
    text = f"{tf1}opt = tf.train.AdamOptimizer(0.1)\nopt = hvd.DistributedOptimizer(opt)\n"
    assert "keras3-distributed-optimizer" not in findings(text)
    assert "keras3-distributed-optimizer" in findings(text.replace("tf.train.AdamOptimizer", "keras.optimizers.Adam"))


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import horovod.torch as hvd\nexcept ImportError:\n    hvd = None\nloss.backward()\n",
        "import horovod.torch as hvd\ndef average(x):\n    return hvd.allreduce(x)\n",
        "import horovod.spark\nhorovod.spark.run(train)\nmodel.fit(x)\n",
        "import horovod.torch as hvd, pytorch_lightning as pl\npl.Trainer(strategy='horovod').fit(m)\n",
        "import horovod.torch as hvd\nclass Trainer:\n    def step(self):\n        self.loss().backward()\n",
        "import horovod.torch as hvd\nfrom ours import Classifier\nhvd.init()\nClassifier().fit(x)\n",
        "import horovod.tensorflow as hvd\nhvd.init()\nloop(model.fit, hvd=hvd if many else None)\nmodel.compile()\n",
        MXNET,
    ],
    ids=["optional", "helper", "spark", "lightning", "module", "own class", "handed on", "mxnet"],
)
def test_nothing_is_said_that_is_not_sure(text: str) -> None:
    assert findings(text) == {}


BARE = "import torch, horovod.torch as hvd\n"
WRAPS = BARE + "m = net()\no = hvd.DistributedOptimizer(torch.optim.SGD(m.parameters(), lr=0.1 * hvd.size()))\n"


@pytest.mark.parametrize(
    ("text", "codes", "line"),
    [
        (f"{BARE}print(hvd.size())\n", {"hvd-init-missing"}, 2),
        (WRAPS, {"hvd-init-missing", "hvd-broadcast-missing"}, 3),
        (TORCH.replace("    hvd.init()", "").replace("def main", "def start():\n    hvd.init()\n\ndef main"),
         {"hvd-init-missing"}, 7),
    ],
    ids=["bare use", "optimizer", "function that nothing calls"],
)  # fmt: skip
def test_init_is_missed_where_something_needs_it(text: str, codes: set[str], line: int) -> None:
    found = findings(text)
    assert ({*found}, found["hvd-init-missing"].line) == (codes, line)


@pytest.mark.parametrize(
    "way", ["    start()", "    run(start)", '    globals()["start"]()', '    getattr(module, "start")()']
)
def test_a_function_with_init_that_may_be_called(way: str) -> None:
    text = TORCH.replace("    hvd.init()", way).replace("def main", "def start():\n    hvd.init()\n\ndef main")
    assert findings(text) == {}


def test_a_file_that_calls_init_settles_it_for_its_project() -> None:
    assert scanned(TORCH).settles == ("hvd-init-missing",)
    assert scanned(without(TORCH, "hvd.init")).settles == ()


PLAIN = "from mpi4py import MPI\nprint(MPI.COMM_WORLD.rank)\n"


def test_mpi4py_wants_to_be_started_by_its_module() -> None:
    found = scanned(PLAIN)
    waits = found.unless_started_by["mpi4py"]
    assert (found.findings, waits.code, waits.severity) == ((), "mpi-exception-waits", Severity.WARNING)
    assert "python -m mpi4py" in waits.message


@pytest.mark.parametrize(
    "text",
    [
        PLAIN + "import sys\nsys.excepthook = end_all\n",
        PLAIN + "MPI.COMM_WORLD.Abort(1)\n",
        "from mpi4py.futures import MPIPoolExecutor\nfrom mpi4py import MPI\n",
        "try:\n    from mpi4py import MPI\nexcept ImportError:\n    MPI = None\n",
    ],
    ids=["hook", "abort", "futures", "optional"],
)
def test_mpi4py_that_may_be_started_anyhow(text: str) -> None:
    assert scanned(text).unless_started_by == {}


def test_mpi4py_that_saves_on_every_rank_is_a_hint() -> None:
    text = "from mpi4py import MPI\nimport numpy as np\ncomm = MPI.COMM_WORLD\nnp.save('w.npy', w)\n"
    found = findings(text)["mpi-saves-on-every-rank"]
    assert (found.severity, found.line) == (Severity.INFO, 4)
    assert findings(text.replace("np.save", "if comm.rank == 0:\n    np.save")) == {}


def test_torch_has_no_mpi() -> None:
    text = "from mpi4py import MPI\nimport torch.distributed as dist\nMPI.COMM_WORLD\ndist.init_process_group('mpi')\n"
    assert findings(text)["torch-without-mpi"].line == 4


def test_a_script_that_does_not_parse_is_the_hosts_to_say() -> None:
    with pytest.raises(SyntaxError):
        scan(ScriptSource("t.py", "import horovod.torch as"))
