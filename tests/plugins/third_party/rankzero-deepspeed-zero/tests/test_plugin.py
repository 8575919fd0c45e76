"""What the plugin does, tried as the program does it."""

from __future__ import annotations

import ast
import base64
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import Answers, Distribution, FailureReport, Job, Resources
from desktop_app.api.testing import LoadedPlugin, drive, fake_context, fake_host, fake_job, fake_scan, load_plugin

FOLDER = Path(__file__).parents[1] / "rankzero_deepspeed_zero"


@pytest.fixture
def plugin() -> Iterator[LoadedPlugin]:
    with load_plugin(FOLDER) as loaded:
        yield loaded


def word(says: object) -> str:
    """Return a configuration as DeepSpeed takes it in a command."""
    text = says if isinstance(says, str) else json.dumps(says)
    return base64.urlsafe_b64encode(text.encode()).decode()


def zero_job(says: object, nodes: int = 1, gpus: int = 1) -> Job:
    """Return a job that trains with a configuration."""
    distribution = Distribution("pytorch", process_count_per_instance=gpus)
    resources = Resources(instance_count=nodes)
    command = f"python train.py --deepspeed --deepspeed_config {word(says)}"
    return fake_job(command, distribution=distribution, resources=resources)


def told(job: Job) -> dict[str, Any]:
    """Return the configuration in a job's command."""
    words = shlex.split(job.command)
    option = "--deepspeed_config" if "--deepspeed_config" in words else "--deepspeed"
    says: dict[str, Any] = json.loads(base64.urlsafe_b64decode(words[words.index(option) + 1]))
    return says


def codes(plugin: LoadedPlugin, job: Job) -> list[str]:
    """Return what is found in a job."""
    return [each.code for each in plugin.call("check_job", job=job)]


def test_a_job_of_eight_gpus_splits_optimizer_and_gradients(plugin: LoadedPlugin) -> None:
    answers: Answers = {"script": "src/train.py", "arguments": "--epochs 3", "nodes": 2, "gpus": 4, "accumulation": 2}
    job = drive(plugin.wizard("deepspeed-zero"), answers).job
    assert job.command.startswith("python -u src/train.py --epochs 3 --deepspeed --deepspeed_config ")
    assert (job.topology.nodes, job.topology.world_size, job.timeout) == (2, 8, 86400)
    assert told(job) == {
        "train_batch_size": 64,
        "train_micro_batch_size_per_gpu": 4,
        "gradient_accumulation_steps": 2,
        "bf16": {"enabled": True},
        "zero_optimization": {"stage": 2},
    }
    assert codes(plugin, job) == []


def test_one_gpu_has_nobody_to_split_with(plugin: LoadedPlugin) -> None:
    job = drive(plugin.wizard("deepspeed-zero"), {"script": "train.py"}).job
    assert told(job)["zero_optimization"] == {"stage": 0}


def test_the_stage_is_the_persons_choice(plugin: LoadedPlugin) -> None:
    context = fake_context(host=fake_host(gpus=8), settings={"stage": "3", "hours": 2})
    job = drive(plugin.wizard("deepspeed-zero"), {"script": "train.py"}, context).job
    assert (told(job)["zero_optimization"]["stage"], job.topology.world_size, job.timeout) == (3, 8, 7200)


def test_the_trainer_of_transformers_gets_its_batch_by_its_own_arguments(plugin: LoadedPlugin) -> None:
    context = fake_context(scan=fake_scan(imports=("transformers",)))
    answers: Answers = {"script": "train.py", "gpus": 2, "micro_batch": 8, "precision": "fp16"}
    job = drive(plugin.wizard("deepspeed-zero"), answers, context).job
    assert "--per_device_train_batch_size 8 --gradient_accumulation_steps 1 --fp16" in job.command
    assert told(job)["train_batch_size"] == "auto"
    assert codes(plugin, job) == []


@pytest.mark.parametrize(
    ("stage", "offloads", "gigabytes"),
    [("0", (), 120), ("1", (), 31.4), ("2", (), 16.6), ("3", (), 1.9), ("2", ("optimizer",), 15.0)],
)
def test_the_rough_memory_is_that_of_the_paper(
    stage: str, offloads: tuple[str, ...], gigabytes: float, plugin: LoadedPlugin
) -> None:
    """Its first figure: 7.5 billion parameters on 64 GPUs, in 10⁹ bytes. With the optimizer away, weights stay."""
    answers: Answers = {"script": "train.py", "nodes": 8, "gpus": 8, "parameters": 7.5, "stage": stage}
    moved: Answers = {f"offload_{each}": True for each in offloads}
    page = drive(plugin.wizard("deepspeed-zero"), {**answers, **moved}).step("memory")
    gib = float(page.notes[0].message.split()[1])
    assert gib * 1.073741824 == pytest.approx(gigabytes, abs=0.1)


def test_what_cannot_be_offloaded_keeps_its_page(plugin: LoadedPlugin) -> None:
    answers: Answers = {"script": "train.py", "gpus": 2, "stage": "2", "offload_parameters": True}
    page = drive(plugin.wizard("deepspeed-zero"), answers, complete=False).step("memory")
    assert "deepspeed-zero-offload" in [each.code for each in page.notes]


def test_a_batch_that_deepspeed_would_refuse_is_mended(plugin: LoadedPlugin) -> None:
    says = {"train_batch_size": 16, "train_micro_batch_size_per_gpu": 4, "gradient_accumulation_steps": 1}
    assert codes(plugin, zero_job(says, nodes=2, gpus=2)) == []
    (found,) = plugin.call("check_job", job=zero_job(says, nodes=2, gpus=4))
    mended = zero_job({**says, "train_batch_size": 32}, nodes=2, gpus=4)
    assert (found.code, told(fake_job(found.fix.set["command"]))) == ("deepspeed-zero-batch", told(mended))


@pytest.mark.parametrize(
    ("says", "gpus", "code"),
    [
        ({"zero_optimization": {"stage": 3}}, 1, "deepspeed-zero-one-gpu"),
        ({"zero_optimization": {"stage": 2, "offload_param": {"device": "cpu"}}}, 2, "deepspeed-zero-offload"),
        ({"zero_optimization": {"offload_optimizer": {"device": "cpu"}}}, 2, "deepspeed-zero-offload"),
        ({"fp16": {"enabled": True}, "bf16": {"enabled": True}}, 2, "deepspeed-zero-precision"),
    ],
)
def test_what_is_wrong_is_said(says: dict[str, Any], gpus: int, code: str, plugin: LoadedPlugin) -> None:
    assert codes(plugin, zero_job(says, gpus=gpus)) == [code]


def test_the_ranks_of_a_launcher_are_not_the_jobs(plugin: LoadedPlugin) -> None:
    says = {"train_batch_size": 16, "train_micro_batch_size_per_gpu": 4, "gradient_accumulation_steps": 1}
    command = f"torchrun --nproc_per_node 4 train.py --deepspeed --deepspeed_config={word(says)}"
    assert codes(plugin, fake_job(command)) == []


def test_comments_are_read_as_deepspeed_reads_them(plugin: LoadedPlugin) -> None:
    says = "{ # for one GPU\n zero_optimization: {stage: 1}, }"
    assert codes(plugin, zero_job(says)) == ["deepspeed-zero-one-gpu"]


@pytest.mark.parametrize("value", ["ds_config.json", "${{inputs.config}}", "abcd", "bnVsbA==", ""])
def test_files_and_other_words_are_no_configuration(value: str, plugin: LoadedPlugin) -> None:
    assert codes(plugin, fake_job(f"python train.py --deepspeed_config {value}")) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "AssertionError: Check batch related parameters. train_batch_size is not equal to "
            "micro_batch_per_gpu * gradient_acc_step * world_size 256 != 4 * 8 * 1",
            "deepspeed-zero-batch",
        ),
        (
            "Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.",
            "deepspeed-zero-loss-scale",
        ),
        (
            "deepspeed.ops.op_builder.builder.CUDAMismatchException: >- DeepSpeed Op Builder: Installed CUDA version "
            "12.2 does not match the version torch was compiled with 11.7, unable to compile cuda/cpp extensions "
            "without a matching cuda version.",
            "deepspeed-zero-cuda-mismatch",
        ),
        (
            "[rank1]: AssertionError: Mismatch in local rank setting, args.local_rank=0 but env['LOCAL_RANK']=1.",
            "deepspeed-zero-local-rank",
        ),
        (
            "ValueError: Expected a string path to an existing deepspeed config, or a dictionary or a valid base64. "
            "Received: no_such.json",
            "deepspeed-zero-no-configuration",
        ),
        (
            "RuntimeError: Unable to JIT load the fused_adam op due to ninja not being installed.",
            "deepspeed-zero-no-ninja",
        ),
    ],
)
def test_what_deepspeed_says_is_explained(line: str, code: str, plugin: LoadedPlugin) -> None:
    report = FailureReport(zero_job({}), {0: 1, 1: 1}, 1, {0: "", 1: f"Traceback …\n{line}\n"})
    (found,) = plugin.call("explain_failure", report=report)
    assert (found.code, found.rank, found.line) == (code, 1, line)


def test_the_failures_of_other_jobs_are_left_alone(plugin: LoadedPlugin) -> None:
    report = FailureReport(fake_job(), {0: 1}, 0, {0: "Current loss scale already at minimum - cannot decrease scale"})
    assert plugin.call("explain_failure", report=report) == ()


def test_every_cause_and_advice_is_in_german() -> None:
    """The contract sees only what its samples make a hook say, and they have no failures of DeepSpeed."""
    german = json.loads((FOLDER / "translations" / "de.json").read_text("utf-8"))
    source = ast.parse((FOLDER / "failures.py").read_text("utf-8"))
    calls = [each for each in ast.walk(source) if isinstance(each, ast.Call) and ast.unparse(each.func) == "Known"]
    assert len(calls) > 8
    for _, _, cause, advice in (call.args for call in calls):
        for text in (ast.literal_eval(cause), *ast.literal_eval(advice)):
            assert re.sub(r"\{\d\}", "{}", text) in german
