"""What the scan says of TensorFlow scripts: what is sure, with its line, and nothing of scripts that do it right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from desktop_app.api import ScriptSource, Severity
from desktop_app.places import shipped
from plugins.tensorflow.findings import _STARTING
from plugins.tensorflow.scan import scan
from tests.helpers.tensorflow_jobs import findings, scanned

SAMPLES = shipped("resources") / "samples" / "digits" / "src"
MIRRORED = "import tensorflow as tf\nstrategy = tf.distribute.MultiWorkerMirroredStrategy()\n"
SERVED = "import tensorflow as tf\nstrategy = tf.distribute.ParameterServerStrategy(resolver)\n"
FIT = "model.compile(optimizer='adam', loss='mse')\nmodel.fit(data, epochs=3)\n"


def test_what_a_script_is() -> None:
    found = scanned("import argparse\nimport tensorflow as tf\np = argparse.ArgumentParser()\np.add_argument('--lr')\n")
    assert found.frameworks == ("tensorflow",)
    assert found.imports == ("argparse", "tensorflow")
    assert [each.flag for each in found.arguments] == ["--lr"]


@pytest.mark.parametrize(
    ("text", "trains"),
    [
        ("import tensorflow", True),
        ("from tensorflow import keras", True),
        ("import tf_keras", True),
        ("import keras", True),
        ("import os\nos.environ['KERAS_BACKEND'] = 'jax'\nimport keras", False),
        ("import torch\nimport keras", False),
        ("import torch", False),
        ("print(1)", False),
        ("x" + "(" * 3 + "x" + ")" * 3, False),
    ],
)
def test_only_tensorflows_scripts_are_its_own(text: str, trains: bool) -> None:
    assert (scan(ScriptSource("t.py", text)) is not None) == trains


def test_too_deep_a_script_is_left_to_python() -> None:
    assert scan(ScriptSource("t.py", "x = " + "-" * 100_000 + "1")) is None


@pytest.mark.parametrize("name", ["train_tensorflow.py", "train_tensorflow_ps.py"])
def test_nothing_is_wrong_with_the_samples(name: str) -> None:
    found = scanned((SAMPLES / name).read_text("utf-8"))
    assert {each.severity for each in found.findings} == {Severity.INFO}
    assert {"--epochs", "--lr", "--batch-size"} <= {each.flag for each in found.arguments}


@pytest.mark.parametrize(
    ("written", "code", "renamed"),
    [
        ("tf.distribute.MultiWorkerMirroredStrategy()", "strategy-multi-worker", False),
        ("tf.distribute.experimental.MultiWorkerMirroredStrategy()", "strategy-multi-worker", True),
        ("tf.contrib.distribute.CollectiveAllReduceStrategy()", "strategy-multi-worker", True),
        ("tf.distribute.ParameterServerStrategy(r)", "strategy-parameter-server", False),
        ("tf.distribute.experimental.ParameterServerStrategy(r)", "strategy-parameter-server", True),
        ("tf.distribute.experimental.TPUStrategy(r)", "strategy-tpu", True),
        ("tf.distribute.MirroredStrategy()", "strategy-mirrored", False),
    ],
)
def test_strategies_by_every_name(written: str, code: str, renamed: bool) -> None:
    found = findings(f"import tensorflow as tf\n\ns = {written}\n")
    assert found[code].line == 3
    assert ("strategy-renamed" in found) == renamed
    if renamed:
        assert found["strategy-renamed"].message.split("write ")[1].startswith("tf.distribute.")


def test_a_strategy_by_its_imported_name() -> None:
    assert "strategy-multi-worker" in findings(
        "from tensorflow.distribute import MultiWorkerMirroredStrategy as M\nM()\n"
    )
    assert not findings(
        "from mine import MultiWorkerMirroredStrategy\nimport tensorflow\nMultiWorkerMirroredStrategy()\n"
    )


@pytest.mark.parametrize("start", [MIRRORED, SERVED])
def test_fit_of_keras_3_under_a_strategy_of_many_workers(start: str) -> None:
    found = findings(start + FIT)["keras-fit"]
    assert (found.severity, found.line) == (Severity.WARNING, 4)


@pytest.mark.parametrize(
    "text",
    [
        MIRRORED + "import tf_keras\n" + FIT,
        "import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\n" + MIRRORED + FIT,
        "import os\nos.environ.setdefault('TF_USE_LEGACY_KERAS', '1')\n" + MIRRORED + FIT,
        MIRRORED.replace("MultiWorkerMirrored", "Mirrored") + FIT,
        "import tensorflow\n" + FIT,
        MIRRORED + "scaler.fit(data)\nmodel.compile(optimizer='adam')\n",
        MIRRORED + "import re\nre.compile('x')\nforest.fit(data, epochs=3)\n",
    ],
)
def test_fit_that_may_work_is_not_spoken_of(text: str) -> None:
    assert "keras-fit" not in findings(text)


def test_what_tensorflow_2_has_no_more() -> None:
    text = (
        "import tensorflow as tf\nconfig = tf.estimator.RunConfig()\ntf.estimator.train_and_evaluate(e, a, b)\n"
        "with tf.compat.v1.Session(server.target) as s:\n    pass\nx = tf.placeholder(tf.float32)\n"
    )
    found = findings(text)
    assert {code: each.line for code, each in found.items()} == {
        "estimator-removed": 2, "tf1-session": 4, "tf1-name": 6,
    }  # fmt: skip
    assert not findings("import tensorflow.compat.v1 as tf\nx = tf.placeholder(tf.float32)\n")
    assert "tf1-session" in findings("import tensorflow.compat.v1 as tf\nwith tf.Session() as s: pass\n")
    assert not findings("import tensorflow as tf\nspec = tf.train.ClusterSpec({})\n")
    horovod = "import horovod.tensorflow as hvd\nimport tensorflow as tf\n"
    assert [*findings(horovod + "with tf.Session() as s: pass\n")] == ["tf1-name"]
    assert not findings(horovod + "with tf.compat.v1.train.MonitoredTrainingSession() as s: pass\n")


SAVES = MIRRORED + "def main():\n    {}\n\nif __name__ == '__main__':\n    main()\n"


@pytest.mark.parametrize(
    ("line", "warned"),
    [
        ("model.save('outputs/model.keras')", True),
        ("tf.saved_model.save(model, 'outputs')", True),
        ("self.network.export('outputs')", True),
        ("model.save(path)", False),
        ("model.save(folder / 'model.keras')", False),
        ("if task_id == 0: model.save('outputs/model.keras')", False),
        ("checkpoint.save('x')", False),
        ("figure.save('x.png')", False),
    ],
)
def test_a_file_that_every_worker_writes(line: str, warned: bool) -> None:
    assert ("saves-on-every-worker" in findings(SAVES.format(line))) == warned


def test_saving_in_a_function_of_its_own_may_be_the_chiefs() -> None:
    text = MIRRORED + "def save(model):\n    model.save('outputs/model.keras')\nif task_id == 0:\n    save(model)\n"
    assert "saves-on-every-worker" not in findings(text)
    assert "saves-on-every-worker" not in findings(SERVED + "model.save('outputs/model.keras')\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = tf.constant(1)\nstrategy = S()\n", 2),
        ("def main():\n    d = tf.data.Dataset.range(3)\n    s = S()\n", 3),
        ("x = tf.zeros(3)\ndef main():\n    s = S()\n", 2),
        ("strategy = S()\nx = tf.constant(1)\n", None),
        ("def data():\n    return tf.constant(1)\ndef main():\n    s = S()\n", None),
        ("tf.random.set_seed(1)\nstrategy = S()\n", None),
        ("if debug:\n    x = tf.constant(1)\nstrategy = S()\n", None),
        ("tf.config.list_physical_devices('GPU')\nstrategy = S()\n", None),
    ],
)
def test_a_strategy_that_comes_too_late(text: str, line: int | None) -> None:
    found = findings("import tensorflow as tf\n" + text.replace("S()", "tf.distribute.MultiWorkerMirroredStrategy()"))
    assert (found["strategy-too-late"].line if line else None) == line
    assert ("strategy-too-late" in found) == (line is not None)


def test_what_starts_tensorflow_was_asked_of_tensorflow(tensorflow_toolchain: Path) -> None:
    """Each call that is warned of does start the devices, as this release sees it; each in a process of its own."""
    arguments = {"keras.optimizers.Adam": "", "keras.optimizers.SGD": "", "keras.metrics.Mean": ""}
    known = {
        "fill": "[2], 1", "linspace": "0., 1., 3", "random.uniform": "[2]", "random.normal": "[2]", "eye": "2",
        "summary.create_file_writer": "folder", "data.Dataset.from_tensor_slices": "[1]", "cast": "1, 'float32'",
        "config.list_logical_devices": "", "Variable": "1.", "convert_to_tensor": "[1]",
    }  # fmt: skip
    calls = [f"tf.{name}({arguments.get(name, known.get(name, '1'))})" for name in sorted(_STARTING)]
    code = (
        "import os, sys, tempfile\nimport tensorflow as tf\nfrom tensorflow.python.eager import context\n"
        "folder = tempfile.gettempdir()\n"
        f"for call in {calls!r}:\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        eval(call)\n"
        "        print('starts' if context.context()._initialized else 'does not start', call, flush=True)\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
    )
    done = subprocess.run(
        [str(tensorflow_toolchain), "-c", code], capture_output=True, text=True, check=True, timeout=240
    )
    assert done.stdout.splitlines() == [f"starts {each}" for each in calls]


def test_batches_of_a_distributed_dataset() -> None:
    text = MIRRORED + "d = tf.data.Dataset.from_generator(g)\ndist = strategy.experimental_distribute_dataset(d)\n"
    found = findings(text)
    assert (found["global-batch"].line, found["auto-shard"].line) == (4, 3)
    assert {each.severity for each in found.values()} == {Severity.INFO}
    right = text + "n = strategy.num_replicas_in_sync\no.experimental_distribute.auto_shard_policy = x\n"
    assert not {"global-batch", "auto-shard"} & findings(right).keys()


def test_variables_are_told_for_the_job_to_judge() -> None:
    found = scanned("import os, tensorflow\nconfig = os.environ['TF_CONFIG']\n")
    assert [(each.name, each.line) for each in found.variables] == [("TF_CONFIG", 2)]


ONE = "import tensorflow as tf\nstrategy = tf.distribute.MirroredStrategy()\n"


def test_a_strategy_of_one_machine_is_warned_of_where_nodes_are_several() -> None:
    found = scanned(ONE)
    (alone,) = found.on_several_nodes
    assert (alone.code, alone.severity, alone.line) == ("one-machine-strategy", Severity.WARNING, 2)
    assert "each would train a model of its own" in alone.message
    assert "strategy-mirrored" in {each.code for each in found.findings}, "what holds on one node is said as before"
    assert "one-machine-strategy" not in {each.code for each in found.findings}


@pytest.mark.parametrize(
    "text",
    [
        MIRRORED, SERVED, "import tensorflow as tf\n", "import horovod.tensorflow as hvd\n" + ONE,
        ONE + "other = tf.distribute.MultiWorkerMirroredStrategy()\n",
        "import tensorflow as tf\nif alone:\n    strategy = tf.distribute.MirroredStrategy()\n",
        "import tensorflow as tf\nstrategy = tf.distribute.TPUStrategy(r)\n",
    ],
    ids=["many", "servers", "none", "horovod", "both", "conditional", "tpu"],
)  # fmt: skip
def test_a_script_that_may_join_its_nodes_is_not_warned_of(text: str) -> None:
    assert scanned(text).on_several_nodes == ()


def test_a_file_that_joins_the_nodes_settles_it_for_its_project() -> None:
    assert scanned(MIRRORED).settles == ("one-machine-strategy",)
    assert scanned(ONE).settles == ()
