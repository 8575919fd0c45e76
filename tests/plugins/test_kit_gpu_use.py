"""Scripts that take a GPU without asking: found, and said only where the GPUs are too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Answers, Diagnostic, Host
from desktop_app.api.kit import NEEDS_GPU, Script, gpu_findings, notes, pages
from desktop_app.api.testing import fake_host
from plugins.pytorch.wizard import wizards
from tests.helpers.pytorch_jobs import wizard_context

TAKES = [
    "import torch\ntorch.cuda.set_device(0)",
    "from torch import cuda\ncuda.set_device(0)",
    "import torch\nmodel.cuda()",
    'import torch\ndevice = torch.device("cuda")',
    'import torch\nNAME = "cuda:0"\ndevice = torch.device(NAME)',
    'import torch\nmodel.to(f"cuda:{local_rank}")',
    'import tensorflow as tf\ngpus = tf.config.list_physical_devices("GPU")\nuse(gpus[hvd.local_rank()])',
    'import tensorflow as tf\nuse(tf.config.experimental.list_physical_devices(device_type="GPU")[0])',
]
ASKS = [
    'import torch\ndevice = torch.device("cuda" if torch.cuda.is_available() else "cpu")',
    "import torch\nif torch.cuda.device_count():\n    model.cuda()",
    "import torch\nuse_cuda = torch.cuda.is_available()\nmodel = choose(use_cuda, model.cuda)\nmodel.cuda()",
    "import torch\nif args.gpu:\n    model.cuda()",
    "import torch\nmodel.cuda() if use_cuda else model",
    'import tensorflow as tf\ngpus = tf.config.list_physical_devices("GPU")\nif gpus:\n    use(gpus[0])',
    'import tensorflow as tf\ncpus = tf.config.list_physical_devices("CPU")\nuse(cpus[0])',
    'import torch\nmodel.to("cpu")\nmodel.to(device)',
    'backends.get("cuda")',
    "import torch.cuda",
]
TAKES_GPU = "import torch\nimport torch.distributed as dist\ndist.init_process_group()\ntorch.cuda.set_device(0)\n"


def found(text: str) -> list[Diagnostic]:
    return list(gpu_findings(Script(text)))


@pytest.mark.parametrize("text", TAKES)
def test_taking_a_gpu_is_noticed(text: str) -> None:
    (one,) = found(text)
    assert one.code == NEEDS_GPU
    assert one.line == text.count("\n") + 1


@pytest.mark.parametrize("text", ASKS)
def test_asking_first_is_fine(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(("host", "said"), [
    (fake_host(), True), (fake_host(gpus=1), True), (fake_host(gpus=2), False), (fake_host(gpus=8), False),
])  # fmt: skip
def test_the_wizard_says_it_where_the_gpus_are_too_few(host: Host, said: bool, tmp_path: Path) -> None:
    context = wizard_context(tmp_path, TAKES_GPU, host=host)
    answers: Answers = {"script": "src/train.py", "processes_per_node": 2, "nodes": 2}
    steps = {each.name: each for each in wizards()[0].steps(answers, context)}
    assert (NEEDS_GPU in {each.code for each in steps["ranks"].notes}) == said
    assert NEEDS_GPU not in {each.code for each in steps["script"].notes}


def test_it_names_the_line_and_the_machine(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, TAKES_GPU, host=fake_host(cpu_count=64))
    form = pages.ranks_form({}, context)
    said = next(each for each in notes.ranks_notes({}, context, form) if each.code == NEEDS_GPU)
    assert said.message.startswith("Line 4: torch.cuda.set_device takes a GPU")
    assert "has none" in said.message


def test_a_text_is_parsed_once_for_all_plugins() -> None:
    assert Script("x = 1\n").parents is Script("x = 1\n").parents
    assert Script("x = 1\n").parents is not Script("x = 2\n").parents
