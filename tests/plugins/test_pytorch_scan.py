"""What the scan says about scripts: habits, each with a script that has it and one that has not."""

from __future__ import annotations

import ast
import sysconfig
import time
import warnings
from pathlib import Path

import pytest

from desktop_app.api import ScriptSource, Severity
from desktop_app.places import shipped
from plugins.pytorch.scan import scan
from tests.helpers.pytorch_jobs import findings, scanned

SAMPLE = shipped("resources") / "samples" / "digits" / "src" / "train.py"
DDP = """
import os, torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler
dist.init_process_group()
sampler = DistributedSampler(data)
loader = DataLoader(data, sampler=sampler)
model = DistributedDataParallel(net)
for epoch in range(3):
    sampler.set_epoch(epoch)
    for x in loader:
        model(x).backward()
{more}
dist.destroy_process_group()
"""
TORCH = "import os, sys, argparse\nimport torch\nimport torch.distributed as dist\n"


def ddp(more: str = "") -> str:
    return DDP.replace("{more}", more)


UNSHARED = TORCH + "dist.init_process_group()\nl = torch.utils.data.DataLoader(d, OPTIONS)\nloss.backward()"
HABITS: list[tuple[str, str]] = [
    ("sdk-v1", "from azureml.core import Run"),
    ("sdk-v1", "from azureml.core.run import Run"),
    ("sdk-v1", "import azureml.core"),
    ("argparse-bool", 'import argparse\np = argparse.ArgumentParser()\np.add_argument("--amp", type=bool)'),
    ("no-process-group", "import torch"),
    ("backend-default", TORCH + "dist.init_process_group()"),
    ("backend-nccl", TORCH + 'dist.init_process_group("nccl")'),
    ("backend-nccl", TORCH + 'dist.init_process_group(backend="NCCL")'),
    ("backend-nccl", TORCH + "dist.init_process_group(backend=dist.Backend.NCCL)"),
    ("backend-nccl", TORCH + 'B = "nccl"\ndist.init_process_group(B)'),
    ("backend-nccl", TORCH + 'p.add_argument("--backend", default="nccl")\ndist.init_process_group(args.backend)'),
    ("backend-nccl", "from torch.distributed import init_process_group as init\ninit('nccl')"),
    ("backend-gloo", TORCH + 'dist.init_process_group("gloo")'),
    ("backend-mpi", TORCH + 'dist.init_process_group("mpi")'),
    ("init-method-fixed", TORCH + 'dist.init_process_group("gloo", "tcp://10.0.0.4:23456")'),
    ("init-method-fixed", TORCH + 'dist.init_process_group(init_method="file:///tmp/x")'),
    ("init-method-fixed", TORCH + 'dist.init_process_group(init_method=f"tcp://{host}:1")'),
    (
        "init-method-fixed",
        TORCH + 'p.add_argument("--dist-url", default="tcp://a:1")\ndist.init_process_group("gloo", args.dist_url)',
    ),
    (
        "rank-argument",
        TORCH + 'p.add_argument("--rank", type=int)\ndist.init_process_group("gloo", rank=args.rank, world_size=2)',
    ),
    ("local-rank-argument", TORCH + 'p.add_argument("--local_rank", type=int, default=0)\nx = a.local_rank'),
    ("local-rank-argument", TORCH + 'p.add_argument("--local-rank", type=int)\nx = a.local_rank'),
    ("spawns-processes", "import torch\nimport torch.multiprocessing as mp\nmp.spawn(f, nprocs=2)"),
    ("spawns-processes", "import torch\ntorch.multiprocessing.spawn(f)"),
    (
        "launcher-deprecated",
        'import torch, subprocess\nsubprocess.run(["python", "-m", "torch.distributed.launch", "t.py"])',
    ),
    ("data-parallel", "import torch\nm = torch.nn.DataParallel(m)"),
    ("gradients-not-averaged", TORCH + "dist.init_process_group()\nloss.backward()"),
    ("sampler-missing", UNSHARED.replace("OPTIONS", "shuffle=True")),
    ("sampler-missing", UNSHARED.replace("OPTIONS", "sampler=None")),
    ("set-epoch-missing", ddp().replace("sampler.set_epoch(epoch)", "pass")),
    ("saves-on-every-rank", ddp('torch.save(model, "outputs/m.pt")')),
    ("saves-on-every-rank", ddp('def save():\n    torch.save(m, "m.pt")\nsave()')),
    ("saves-on-every-rank", ddp('if epoch % 5 == 0:\n    torch.save(m, "m.pt")')),
    ("saves-on-every-rank", ddp('def main():\n    torch.save(m, "m.pt")')),
    ("device-by-global-rank", ddp("torch.cuda.set_device(dist.get_rank())")),
    ("device-by-global-rank", ddp('rank = int(os.environ["RANK"])\ntorch.cuda.set_device(rank)')),
    ("device-by-global-rank", ddp("rank = dist.get_rank()\nm = DistributedDataParallel(m, device_ids=[rank])")),
    ("group-not-destroyed", ddp().replace("dist.destroy_process_group()", "")),
]


@pytest.mark.parametrize(("code", "text"), HABITS, ids=[f"{code}-{n}" for n, (code, _) in enumerate(HABITS)])
def test_habit_is_noticed(code: str, text: str) -> None:
    found = findings(text)
    assert code in found
    assert found[code].message.endswith(".")
    assert found[code].line in range(1, text.count("\n") + 2)


QUIET: list[tuple[str, str]] = [
    ("sdk-v1", "from azureml.metrics import compute"),
    ("argparse-bool", 'import argparse\np = argparse.ArgumentParser()\np.add_argument("--amp", action="store_true")'),
    ("no-process-group", "import torch, accelerate"),
    ("no-process-group", "import numpy"),
    ("no-process-group", TORCH + "dist.init_device_mesh('cpu', (2,))"),
    ("backend-nccl", TORCH + 'dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")'),
    ("init-method-fixed", TORCH + 'dist.init_process_group("gloo", "env://")'),
    ("rank-argument", TORCH + 'r = int(os.environ["RANK"])\ndist.init_process_group("gloo", rank=r, world_size=2)'),
    ("local-rank-argument", TORCH + 'p.add_argument("--local_rank", default=int(os.environ.get("LOCAL_RANK", 0)))'),
    ("spawns-processes", "import torch, multiprocessing\nmultiprocessing.Pool(2)"),
    ("data-parallel", ddp()),
    ("gradients-not-averaged", TORCH + "dist.init_process_group()\nfrom trainer import fit\nfit()"),
    ("gradients-not-averaged", TORCH + "dist.init_process_group()\nloss.backward()\ndist.all_reduce(g)"),
    ("sampler-missing", UNSHARED.replace("OPTIONS", "batch_sampler=mine")),
    ("sampler-missing", UNSHARED.replace("OPTIONS", "**options")),
    ("sampler-missing", UNSHARED.replace("OPTIONS", "shuffle=False").replace("loss.backward()", "score(l)")),
    ("local-rank-argument", TORCH + 'p.add_argument("--local_rank", help="what the launcher adds, not used")'),
    ("set-epoch-missing", ddp().replace("sampler.set_epoch(epoch)", "pass").replace("(data)", "(test_data)")),
    (
        "set-epoch-missing",
        ddp().replace("(data)\nl", "(data, shuffle=False)\nl").replace("sampler.set_epoch(epoch)", "pass"),
    ),
    ("saves-on-every-rank", ddp('if dist.get_rank() == 0:\n    torch.save(m, "m.pt")')),
    ("saves-on-every-rank", ddp('torch.save(m, f"m-{rank}.pt")')),
    ("saves-on-every-rank", ddp('if local_rank in (-1, 0):\n    torch.save(m, "m.pt")')),
    ("saves-on-every-rank", ddp('dist.get_rank() == 0 and torch.save(m, "m.pt")')),
    ("saves-on-every-rank", ddp('def save():\n    torch.save(m, "m.pt")\nif is_main_process():\n    save()')),
    ("saves-on-every-rank", ddp('def save():\n    if rank != 0:\n        return\n    torch.save(m, "m.pt")\nsave()')),
    ("saves-on-every-rank", ddp('@rank_zero_only\ndef save():\n    torch.save(m, "m.pt")\nsave()')),
    ("saves-on-every-rank", ddp('class A:\n    def on_end(self):\n        torch.save(m, "m.pt")')),
    ("device-by-global-rank", ddp('torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))')),
    ("device-by-global-rank", ddp("rank = dist.get_rank() % torch.cuda.device_count()\ntorch.cuda.set_device(rank)")),
]


@pytest.mark.parametrize(("code", "text"), QUIET, ids=[f"{code}-{n}" for n, (code, _) in enumerate(QUIET)])
def test_habit_is_not_imagined(code: str, text: str) -> None:
    assert code not in findings(text)


def test_a_sound_script_is_left_in_peace() -> None:
    assert all(each.severity is Severity.INFO for each in findings(ddp()).values())


def test_the_sample_is_a_sound_script() -> None:
    found = scanned(SAMPLE.read_text("utf-8"))
    assert [each.code for each in found.findings] == ["backend-default"]
    assert [each.flag for each in found.arguments] == ["--epochs", "--lr", "--batch-size", "--seed", "--mlflow-model"]
    assert found.frameworks == ("pytorch",)


def test_warnings_come_before_facts() -> None:
    severities = [each.severity for each in scanned(HABITS[-1][1] + '\ntorch.save(m, "m.pt")').findings]
    assert severities == sorted(severities, key=[Severity.ERROR, Severity.WARNING, Severity.INFO].index)


def test_imports_without_which_the_script_can_not_run() -> None:
    text = """
import torch.nn as nn, yaml
from PIL import Image
from . import mine
try:
    import apex
except ImportError:
    apex = None
try:
    import cv2
finally:
    pass
if True:
    import wandb
def main():
    import pandas
"""
    assert scanned(text).imports == ("torch", "yaml", "PIL", "cv2", "pandas")


@pytest.mark.parametrize("text", ["", "\n", "#", "x = 1", "\ufeff".removeprefix("\ufeff") + "import torch"])
def test_small_scripts(text: str) -> None:
    assert scan(ScriptSource("t.py", text)) is not None


def test_a_script_that_does_not_parse_raises_its_syntax_error() -> None:
    with pytest.raises(SyntaxError) as raised:
        scan(ScriptSource("t.py", "import torch\ndef f(:\n"))
    assert raised.value.lineno == 2


def test_a_script_that_is_nested_too_deeply_is_not_known_here() -> None:
    assert scan(ScriptSource("t.py", "x = " + "-" * 100_000 + "1")) is None


def test_odd_escapes_of_a_script_are_no_warnings_of_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scan(ScriptSource("t.py", 'x = "\\d"\nimport torch'))


def test_no_real_script_makes_the_scan_raise() -> None:
    folder = Path(sysconfig.get_path("stdlib"))
    paths = [*sorted(folder.glob("*.py")), *sorted((folder / "asyncio").glob("*.py"))]
    assert len(paths) > 150
    for path in paths:
        scan(ScriptSource(path.name, path.read_text("utf-8")))


def test_a_scan_takes_little_longer_than_parsing() -> None:
    text = SAMPLE.read_text("utf-8")
    large = "\n".join(text.replace("def main", f"def main{n}") for n in range(20))
    assert large.count("\n") > 2000
    parsing = min(_seconds(lambda: ast.parse(large)) for _ in range(5))
    scanning = min(_seconds(lambda: scan(ScriptSource("t.py", large))) for _ in range(5))
    assert scanning < 4 * parsing


def _seconds(work: object) -> float:
    assert callable(work)
    started = time.process_time()
    work()
    return time.process_time() - started
