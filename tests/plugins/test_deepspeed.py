"""DeepSpeed in the PyTorch plugin: its configuration, its launcher, what scripts do wrong, and its wizard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution, FailureReport, Job, Resources, Severity, UserError, Value
from desktop_app.api.testing import LoadedPlugin, drive, fake_context, load_plugin
from desktop_app.places import shipped
from plugins.pytorch.deepspeed_config import check_config, compile_note, read_config

SAMPLE = shipped("resources") / "samples" / "digits"
SCRIPT = "import deepspeed\n"
START = SCRIPT + 'engine, *_ = deepspeed.initialize(model=m, config="ds.json")\n'


@pytest.fixture(scope="module")
def plugin() -> Iterator[LoadedPlugin]:
    """The PyTorch plugin as the program loads it."""
    with load_plugin(shipped("plugins") / "pytorch") as loaded:
        yield loaded


def codes(found: Any) -> list[str]:
    return [each.code for each in found]


def batches(total: int | None, micro: int | None, steps: int | None, ranks: int) -> tuple[str, str]:
    said = {
        "train_batch_size": total,
        "train_micro_batch_size_per_gpu": micro,
        "gradient_accumulation_steps": steps,
    }
    (found,) = check_config({name: value for name, value in said.items() if value is not None}, ranks, "f")
    return found.code, found.message


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((64, 32, 1, 2), "train_batch_size 64 = 32 per rank × 1 × 2 ranks."),
        ((64, 16, None, 2), "train_batch_size 64 = 16 per rank × 2 × 2 ranks."),
        ((64, None, 2, 4), "train_batch_size 64 = 8 per rank × 2 × 4 ranks."),
        ((64, None, None, 1), "train_batch_size 64 = 64 per rank × 1 × 1 rank."),
        (
            (None, 8, 4, 3),
            "train_micro_batch_size_per_gpu × accumulation × ranks: 8 × 4 × 3 ranks = 96 samples a step.",
        ),
    ],
)
def test_what_batches_come_to(sizes: tuple[int | None, int | None, int | None, int], message: str) -> None:
    assert batches(*sizes) == ("deepspeed-batch-size", message)


@pytest.mark.parametrize(
    ("sizes", "near"),
    [((64, 32, 1, 4), 128), ((100, 16, None, 2), 96), ((10, None, None, 3), 9), ((1, None, None, 3), 3)],
)
def test_batches_that_do_not_fit(sizes: tuple[int, int | None, int | None, int], near: int) -> None:
    code, message = batches(*sizes)
    assert code == "deepspeed-batch-mismatch"
    assert f"write {near}," in message


@given(st.integers(1, 512), st.integers(1, 64) | st.none(), st.integers(1, 8) | st.none(), st.integers(1, 32))
def test_it_judges_as_deepspeed_does(total: int, micro: int | None, steps: int | None, ranks: int) -> None:
    """The very arithmetic of deepspeed 0.19.8, runtime/config.py."""
    if micro and not steps:
        wanted = (micro, total // micro // ranks)
    elif steps and not micro:
        wanted = (total // ranks // steps, steps)
    else:
        wanted = (micro or total // ranks, steps or 1)
    accepts = min(wanted) > 0 and total == wanted[0] * wanted[1] * ranks
    assert (batches(total, micro, steps, ranks)[0] == "deepspeed-batch-size") == accepts


@pytest.mark.parametrize(
    ("code", "config"),
    [
        ("deepspeed-batch", {}),
        ("deepspeed-batch", {"train_batch_size": "64"}),
        ("deepspeed-batch", {"train_batch_size": 0}),
        ("deepspeed-stage", {"train_batch_size": "auto", "zero_optimization": {"stage": 4}}),
        ("deepspeed-stage", {"train_batch_size": "auto", "zero_optimization": {"stage": [2]}}),
        ("deepspeed-precision", {"train_batch_size": "auto", "fp16": {"enabled": True}, "bf16": {"enabled": True}}),
    ],
)
def test_what_is_wrong_with_a_configuration(code: str, config: dict[str, Any]) -> None:
    (found,) = check_config(config, 2, "f")
    assert (found.code, found.severity, found.path) == (code, Severity.ERROR, "f")


def test_what_others_fill_in_is_left_alone() -> None:
    assert [*check_config({"train_batch_size": "auto"}, 3, "f")] == []
    assert [*check_config({"train_batch_size": 7, "tensor_parallel": {"autotp_size": 2}}, 2, "f")] == []


def test_its_own_adam_is_compiled() -> None:
    assert codes(compile_note({"optimizer": {"type": "AdamW", "params": {"lr": 1}}}, "f")) == ["deepspeed-compiles"]
    assert codes(compile_note({"optimizer": {"type": "Adam", "params": {"torch_adam": True}}}, "f")) == []
    assert codes(compile_note({}, "f")) == []


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1,}', "{ // no\n}", "[" * 100_000, "\xff"])
def test_files_that_are_no_configuration(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ds.json"
    path.write_text(text, "latin-1")
    with pytest.raises(UserError, match=r"^ds\.json "):
        read_config(path)
    with pytest.raises(UserError):
        read_config(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("", START + "engine.backward(loss)\nengine.save_checkpoint('x')"),
        ("deepspeed-no-config", SCRIPT + "deepspeed.initialize(model=m)"),
        ("deepspeed-backward", START + "loss.backward()"),
        ("", START + "if fast:\n    engine.backward(loss)\nelse:\n    loss.backward()"),
        ("", START + "if fast:\n    pass\nelse:\n    model = DistributedDataParallel(m)"),
        ("", START + "if rank == 0:\n    save_checkpoint({'model': m})"),
        (
            "deepspeed-and-ddp",
            START + "from torch.nn.parallel import DistributedDataParallel\nDistributedDataParallel(m)",
        ),
        ("deepspeed-save-on-one-rank", START + "if engine.global_rank == 0:\n    engine.save_checkpoint('x')"),
    ],
)
def test_what_is_said_of_a_script(plugin: LoadedPlugin, code: str, script: str) -> None:
    found = plugin.scan(script)
    assert found is not None
    assert [each.code for each in found.findings if "deepspeed" in each.code] == ([code] if code else [])
    assert found.frameworks == ("pytorch", "deepspeed")


def test_the_arguments_that_deepspeed_adds(plugin: LoadedPlugin) -> None:
    script = (
        SCRIPT + "import argparse\np = argparse.ArgumentParser()\ndeepspeed.add_config_arguments(p)\np.parse_args()"
    )
    found = plugin.scan(script)
    assert found is not None
    assert [each.flag for each in found.arguments] == ["--deepspeed", "--deepspeed_config"]


@pytest.mark.parametrize(
    ("code", "nodes", "per_node", "command"),
    [
        ("deepspeed-many-nodes", 2, 1, "deepspeed train.py"),
        ("deepspeed-many-launchers", 1, 4, "deepspeed --num_gpus 4 train.py"),
        ("launcher-per-node", 1, 1, "deepspeed train.py"),
    ],
)
def test_the_launcher_in_a_command(plugin: LoadedPlugin, code: str, nodes: int, per_node: int, command: str) -> None:
    job = Job(command, distribution=Distribution("pytorch", per_node), resources=Resources(instance_count=nodes))
    assert code in codes(plugin.call("check_job", job=job))
    plain = Job("python train.py", distribution=job.distribution, resources=job.resources)
    assert code not in codes(plugin.call("check_job", job=plain))


def test_a_mismatch_in_a_log(plugin: LoadedPlugin) -> None:
    line = (
        "AssertionError: Check batch related parameters. train_batch_size is not equal to micro_batch_per_gpu * "
        "gradient_acc_step * world_size 64 != 32 * 1 * 3"
    )
    job = Job("python train.py", distribution=Distribution("pytorch", 3))
    (found,) = plugin.call("explain_failure", report=FailureReport(job, tails={0: f"Traceback …\n{line}\n"}))
    assert (found.code, found.line) == ("deepspeed-batch-mismatch", line)
    assert "64, and 32 per rank × 1 accumulated × 3 ranks" in found.cause


@pytest.mark.parametrize("starts", ["pytorch", "mpi"])
def test_the_wizard_with_the_sample(plugin: LoadedPlugin, starts: str) -> None:
    scan = plugin.scan((SAMPLE / "src" / "train_deepspeed.py").read_text("utf-8"))
    answers: dict[str, Value] = {"script": "src/train_deepspeed.py", "starts": starts, "processes_per_node": 2}
    driven = drive(plugin.wizard("deepspeed"), answers, fake_context(SAMPLE, scan=scan))
    assert driven.job.distribution == Distribution(starts, 2)
    assert driven.job.command == "python train_deepspeed.py"
    assert codes(driven.step("script").notes) == []
    assert "deepspeed-batch-size" in codes(driven.step("ranks").notes)
    assert ("deepspeed-over-mpi" in codes(driven.step("ranks").notes)) == (starts == "mpi")


def test_the_configuration_goes_to_the_argument_that_takes_it(plugin: LoadedPlugin, tmp_path: Path) -> None:
    script = SCRIPT + (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--ds_config')\n"
        "p.add_argument('--local_rank', type=int)\np.parse_args()"
    )
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(script, "utf-8")
    (tmp_path / "src" / "zero.json").write_text(json.dumps({"train_batch_size": 7}), "utf-8")
    context = fake_context(tmp_path, scan=plugin.scan(script))
    wizard = plugin.wizard("deepspeed")
    answers: dict[str, Value] = {"script": "src/train.py", "ds_config": "src/zero.json", "processes_per_node": 2}
    made = wizard.build(answers, context)
    assert "--ds_config ${{inputs.ds_config}}" in made.command
    assert made.inputs["ds_config"].value == "zero.json"
    names = [each.name for each in wizard.steps(answers, context)[0].form.fields]
    assert "ds_config" in names
    assert "arg.ds_config" not in names
    wrong = [each for page in wizard.steps(answers, context) for each in page.notes if each.severity is Severity.ERROR]
    assert codes(wrong) == ["deepspeed-batch-mismatch"]
    (tmp_path / "src" / "zero.json").write_text("{", "utf-8")
    wrong = [each for page in wizard.steps(answers, context) for each in page.notes if each.severity is Severity.ERROR]
    assert codes(wrong) == ["deepspeed-config"]
