"""The wizard "I have v1 code": what it finds in v1's scripts and notebooks, and the v2 jobs that come of it."""

from __future__ import annotations

import ast
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Answers, Diagnostic, Job, Severity, WizardStep
from desktop_app.api.testing import assert_form_sound, assert_plugin_sound, fake_context
from desktop_app.documents.job_document import write_job
from plugins.sdk_v1.code_file import parse_code
from plugins.sdk_v1.job import build
from plugins.sdk_v1.launchers import quoted
from plugins.sdk_v1.submissions import Submission, find_submissions, paired
from plugins.sdk_v1.wizard import wizards
from tests.helpers import v1_code as code

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ROOT.parent / "shared" / "corpora"
(WIZARD,) = wizards()
FILE = {"v1_file": "submit.py"}
CURATED = "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"


def steps(folder: Path, text: str, answers: Answers | None = None, name: str = "submit.py") -> dict[str, WizardStep]:
    (folder / name).write_text(text, "utf-8")
    found = WIZARD.steps({"v1_file": name, **(answers or {})}, fake_context(folder))
    return {each.title: each for each in found}


def job(folder: Path, text: str, answers: Answers | None = None) -> Job:
    (folder / "submit.py").write_text(text, "utf-8")
    return build({**FILE, **(answers or {})}, fake_context(folder))


def said(step: WizardStep) -> dict[str, Diagnostic]:
    return {each.code: each for each in step.notes}


def counts(made: Job) -> tuple[object, ...]:
    kind = made.distribution
    assert kind is not None
    return (
        kind.type, made.resources.instance_count, kind.process_count_per_instance, kind.worker_count,
        kind.parameter_server_count,
    )  # fmt: skip


def found(text: str) -> tuple[Submission, ...]:
    return find_submissions(ast.parse(text))


def test_it_is_sound() -> None:
    assert_plugin_sound(ROOT / "plugins" / "sdk_v1")


COUNTS = {
    "S0": ("pytorch", 2, 1, None, None),
    "S0 Horovod": ("mpi", 2, 1, None, None),
    "S1": ("tensorflow", 2, None, 2, 0),
    "S2": ("mpi", 2, 1, None, None),
    "S3": ("tensorflow", 2, None, 2, 1),
    "S4": ("pytorch", 2, 2, None, None),
    "S4 launch": ("pytorch", 2, 1, None, None),
    "run configuration": ("mpi", 2, 2, None, None),
}


@pytest.mark.parametrize(("name", "expected"), COUNTS.items(), ids=list(COUNTS))
def test_counts_are_per_node(name: str, expected: tuple[object, ...], tmp_path: Path) -> None:
    assert counts(job(tmp_path, code.ALL[name])) == expected


COMMANDS = {
    "S0": "python pytorch_mnist.py --dist-backend nccl --dist-url env:// --rank $RANK --world-size 2",
    "S1": "python tf_mnist.py --data-folder ${{inputs.data}} --batch-size 64 --first-layer-neurons 256 "
          "--learning-rate 0.01",
    "S2": "python pytorch_train.py --num_epochs 30 --output_dir ./outputs --use-amp",
    "S3": "python tf_mnist.py --data-folder ${{inputs.mnist}} --batch-size 50 --learning-rate 0.01",
    "S4 launch": "torchrun --nnodes=2 --nproc-per-node=4 --node-rank=$NODE_RANK --master-addr=$MASTER_ADDR "
                 "--master-port=$MASTER_PORT pytorch_train.py --epochs 50",
    "run configuration": "python train.py input.csv --fast --lr -0.5",
    "unknown values": "python train.py --seed TODO_seed --data ${{inputs.data}} --list TODO_list",
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), COMMANDS.items(), ids=list(COMMANDS))
def test_the_command_says_what_v1_said(name: str, expected: str, tmp_path: Path) -> None:
    assert job(tmp_path, code.ALL[name]).command == expected


def test_a_compute_target_of_the_workspace_is_its_name() -> None:
    (one,) = found("ScriptRunConfig('.', 'train.py', compute_target=ws.compute_targets['gpu-cluster'])")
    assert (one.words["compute_target"], one.unread) == ("gpu-cluster", {})


def test_environments_find_their_successors(tmp_path: Path) -> None:
    assert job(tmp_path, code.S4).environment == CURATED
    assert str(job(tmp_path, code.S1).environment).endswith("tensorflow-2.16-cuda12/labels/latest")
    own = job(tmp_path, code.S2).environment
    assert isinstance(own, dict)
    assert "cuda" in str(own["image"])
    conda = own["conda_file"]
    assert isinstance(conda, dict)
    assert conda["dependencies"] == [
        "python=3.11", "pip", {"pip": ["torch==2.8.0", "pillow==5.4.1", "mlflow-skinny", "azureml-mlflow"]},
    ]  # fmt: skip
    file = job(tmp_path, code.S0_HOROVOD).environment
    assert isinstance(file, dict)
    assert file["conda_file"] == "conda_dependencies.yml"
    current = job(tmp_path, code.S4.replace("AzureML-PyTorch-1.6-GPU", "our-env")).environment
    assert current == "azureml:our-env@latest"


def test_packages_of_another_time_are_said(tmp_path: Path) -> None:
    step = steps(tmp_path, code.RUN_CONFIG)["Environment"]
    texts = [each.message for each in step.notes if each.code == "package"]
    assert any("azureml-defaults" in each for each in texts)
    assert any("0.28.1" in each for each in texts)
    assert any("python=3.6.2" in each for each in texts)
    assert len(set(texts)) == len(texts)
    assert "retired-image" in said(step)
    assert "1.13" in said(steps(tmp_path, code.S2)["Environment"])["version-of-another"].message
    assert "retired-environment" in said(steps(tmp_path, code.S4)["Environment"])


MPI4PY = """
env = Environment("e")
env.docker.base_image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
env.python.conda_dependencies = CondaDependencies.create(python_version="{}", pip_packages=["mpi4py"])
ScriptRunConfig(".", "t.py", distributed_job_config=MpiConfiguration(process_count_per_node=2), environment=env)
"""


@pytest.mark.parametrize(("python", "taken"), [("3.10", "3.11"), ("2.7", "3.11"), ("3.11.4", "3.11"), ("3.12", "3.12")])
def test_a_python_that_has_ended_is_not_left_without_a_word(python: str, taken: str, tmp_path: Path) -> None:
    made = job(tmp_path, MPI4PY.format(python)).environment
    assert isinstance(made, dict)
    conda = made["conda_file"]
    assert isinstance(conda, dict)
    assert isinstance(conda["dependencies"], list)
    assert conda["dependencies"][0] == f"python={taken}"
    step = steps(tmp_path, MPI4PY.format(python))["Environment"]
    texts = [each.message for each in step.notes if each.code == "package" and each.path == "conda_packages"]
    assert texts == ([] if python.startswith(taken) else [f"python={python} has ended: Python 3.11 is taken."])
    assert "versions-kept" not in said(step), "nothing else was pinned"


def test_an_image_that_grows_old_is_told_on_its_page_and_left(tmp_path: Path) -> None:
    made = job(tmp_path, MPI4PY.format("3.11")).environment
    assert isinstance(made, dict)
    assert "ubuntu20.04" not in str(made["image"])
    note = said(steps(tmp_path, MPI4PY.format("3.11"))["Environment"])["retired-image"]
    assert "ubuntu20.04 is no longer kept up" in note.message
    old = MPI4PY.replace("ubuntu20.04", "ubuntu18.04").format("3.11")
    assert "ubuntu18.04 is gone" in said(steps(tmp_path, old)["Environment"])["retired-image"].message


@pytest.mark.parametrize(("script", "told"), [
    ("from mpi4py import MPI\n", False), ("import horovod.torch as hvd\n", True), ("import helper\n", True),
    ("from mpi4py import MPI\nimport horovod.torch\n", True), (None, True),
])  # fmt: skip
def test_horovod_is_spoken_of_where_it_may_be_used(script: str | None, told: bool, tmp_path: Path) -> None:
    if script is not None:
        (tmp_path / "t.py").write_text(script)
    assert ("horovod" in said(steps(tmp_path, MPI4PY.format("3.11"))["Processes"])) is told


def test_data_becomes_inputs_and_what_to_fill_in_is_said(tmp_path: Path) -> None:
    made = job(tmp_path, code.S1).inputs["data"]
    assert (made.path, made.mode, made.type) == ("azureml:mnist-dataset@latest", "ro_mount", "uri_folder")
    assert job(tmp_path, code.S3).inputs["mnist"].path == "azureml:mnist-dataset@latest"
    assert job(tmp_path, code.TYPED).inputs["data"].path == "azureml://datastores/workspaceblobstore/paths/birds"
    text = "src = ScriptRunConfig('.', 'a.py', ['--d', make().as_named_input('birds').as_download()])"
    unnamed = job(tmp_path, text).inputs["birds"]
    assert (unnamed.path, unnamed.mode) == ("azureml:NAME@latest", "download")
    step = steps(tmp_path, text)["Data"]
    assert "birds" in said(step)["data-unnamed"].message
    again = steps(tmp_path, text, {"data": {}})["Data"]
    assert said(again)["no-input"].severity is Severity.ERROR
    named = steps(tmp_path, text, {"data": {"birds": "azureml:birds@latest", "more": "x"}})["Data"]
    assert list(said(named)) == ["unused-input"]


def test_what_is_not_carried_over_is_said_once_each(tmp_path: Path) -> None:
    notes = steps(tmp_path, code.S4)["Your v1 code"].notes
    assert [each.code for each in notes] == ["found", "workspace", "cluster", "wait", "register-model", "download"]
    assert all(each.message.endswith(".") for each in notes)
    assert "hyperdrive" in said(steps(tmp_path, code.TYPED)["Your v1 code"])
    unknown = steps(tmp_path, code.TYPED)
    assert "node_count is nodes" in said(unknown["Processes"])["not-known"].message or any(
        "node_count is nodes" in each.message for each in unknown["Processes"].notes
    )


def test_of_several_jobs_one_is_chosen(tmp_path: Path) -> None:
    both = code.S2 + code.S4.replace("pytorch_train.py", "other.py")
    page = steps(tmp_path, both)["Your v1 code"]
    choices = next(each for each in page.form.fields if each.name == "submission").choices
    assert [each.value for each in choices] == ["1", "2"]
    assert choices[0].title.endswith("PyTorch, pytorch_train.py")
    assert "the first of 2" in said(page)["found"].message
    assert job(tmp_path, both).command.startswith("python pytorch_train.py")
    assert job(tmp_path, both, {"submission": "2"}).command.startswith("python other.py")
    assert job(tmp_path, both, {"submission": "9"}).command.startswith("python pytorch_train.py")


def test_a_notebook_is_read_without_its_magics(tmp_path: Path) -> None:
    (tmp_path / "submit.ipynb").write_text(code.notebook(code.HEAD, "this is no Python", code.S4[len(code.HEAD) :]))
    made = build({"v1_file": "submit.ipynb"}, fake_context(tmp_path))
    assert (made.command, counts(made)) == ("python pytorch_train.py --num_epochs 25", COUNTS["S4"])


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("a.py", "def (", "line 1"),
        ("a.py", "print 'two'", "line 1"),
        ("a.ipynb", "[]", "no notebook"),
        ("a.ipynb", "{", "no notebook"),
        ("a.py", "x = 1\n", "No estimator"),
        ("a.py", "from torch import PyTorch\nPyTorch(3)", "No estimator"),
        ("a.py", "\0", "no Python"),
        ("a.txt", "script: train.py", "no Python script, notebook or .runconfig"),
        ("a.runconfig", "- script\n", "no run configuration"),
        ("a.runconfig", "{", "no run configuration"),
        ("a.runconfig", "[" * 100_000, "no run configuration"),
    ],
)
def test_what_can_t_be_read_is_said_and_everything_can_still_be_typed(
    name: str, text: str, word: str, tmp_path: Path
) -> None:
    page = steps(tmp_path, text, name=name)["Your v1 code"]
    assert word in page.notes[0].message
    made = build({"v1_file": name, "script": "src/train.py", "code": "src", **TYPED}, fake_context(tmp_path))
    assert_typed(made)


TYPED: Answers = {
    "script_params": {"--epochs": "3", "--fast": ""},
    "distributed_training": "Nccl",
    "framework": "pytorch",
    "node_count": 2,
    "process_count": 4,
    "use_gpu": True,
}


def assert_typed(made: Job) -> None:
    assert (made.command, made.code) == ("python train.py --epochs 3 --fast", "src")
    assert (counts(made), made.environment) == (COUNTS["S4"], CURATED)


def test_without_any_file_v1s_words_make_the_job(tmp_path: Path) -> None:
    assert_typed(build({"script": "src/train.py", "code": "src", **TYPED}, fake_context(tmp_path)))
    assert "no-code" in {each.code for each in WIZARD.steps({}, fake_context(tmp_path))[0].notes}


def test_counts_that_contradict_each_other_are_said(tmp_path: Path) -> None:
    uneven = steps(tmp_path, code.S4, {"process_count": 5})["Processes"]
    assert said(uneven)["uneven"].message.endswith("3 on each makes 6.")
    both = steps(tmp_path, code.S4, {"process_count": 4, "process_count_per_node": 4})["Processes"]
    assert "contradicted" in said(both)
    alone = steps(tmp_path, code.S4, {"distributed_training": "none"})["Processes"]
    assert "no-distribution" in said(alone)
    assert "4 processes on each of 2 nodes" in said(steps(tmp_path, code.S4_LAUNCH)["Processes"])["per-node"].message


def test_the_training_script_is_warned_of_what_v1_set_for_it(tmp_path: Path) -> None:
    (tmp_path / "pytorch-birds").mkdir()
    (tmp_path / "pytorch-birds" / "pytorch_train.py").write_text(
        "import os\nfrom azureml.core.run import Run\nrun = Run.get_context()\nos.environ['AZ_BATCHAI_TASK_INDEX']\n"
    )
    step = steps(tmp_path, code.S4)["Script"]
    assert said(step)["azureml-core"].line == 2
    assert any("AZ_BATCHAI_TASK_INDEX" in each.message and each.line == 4 for each in step.notes)
    (tmp_path / "pytorch-birds" / "pytorch_train.py").write_text("def (")
    assert "not-read" in said(steps(tmp_path, code.S4)["Script"])


def test_nothing_of_the_code_is_ever_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n" + code.S4
    steps(tmp_path, text)
    job(tmp_path, text)
    assert not mark.exists()


def test_forms_are_sound_with_and_without_code(tmp_path: Path) -> None:
    for text in ("x = 1", *code.ALL.values(), code.S2 + code.S4):
        for each in steps(tmp_path, text).values():
            assert_form_sound(each.form)


VERDICTS: dict[str, Answers] = {
    **{name: {} for name in code.ALL},
    "S4 on serverless": {"compute_target": "", "vm_size": "Standard_NC24ads_A100_v4"},
    "S4 with data": {"data": {"birds": "https://example.org/birds.zip"}, "more_arguments": "${{inputs.birds}} 'a b'"},
    "S2 without a cluster": {"compute_target": "", "framework_version": "2.1"},
}


def test_azure_ml_takes_every_job(tmp_path: Path, azureml_python: Path) -> None:
    (tmp_path / "conda_dependencies.yml").write_text("dependencies: [python=3.11]\n")
    files = []
    for number, (name, answers) in enumerate(VERDICTS.items()):
        known = next(text for key, text in sorted(code.ALL.items(), reverse=True) if name.startswith(key))
        path = tmp_path / f"job-{number}.yml"
        path.write_text(write_job(job(tmp_path, known, answers)), "utf-8")
        files.append([str(path), "commandJob"])
    assert verdicts(azureml_python, files) == [""] * len(files)


def verdicts(python: Path, files: list[list[str]]) -> list[str]:
    script = ROOT / "tests" / "helpers" / "azureml_verdicts.py"
    told = subprocess.run(
        [str(python), str(script)], input=json.dumps(files), capture_output=True, text=True, check=True
    )
    answer: list[str] = json.loads(told.stdout)
    return answer


# ----- robustness

WORDS = st.lists(st.sampled_from(["--a", "--b=1", "-x", "3", "-0.5", "a b", "${{inputs.d}}", "$RANK", ""]), max_size=8)


@given(WORDS)
def test_arguments_keep_every_word(words: list[str]) -> None:
    pairs, others = paired(words)
    kept = Counter([*pairs, *(each for each in pairs.values() if each)])
    left = Counter(quoted(each) for each in words if each) - Counter(quoted(each) for each in kept.elements())
    assert sum(kept.values()) + sum(left.values()) == sum(1 for each in words if each)
    assert all(word in others for word in left)


SNIPPETS = st.lists(
    st.sampled_from(
        [
            "src = ScriptRunConfig('.', script, args, run_config=rc)", "args = args + ['--x', args]",
            "script = f'{a}.py'",
            "est = Estimator('.', entry_script=3, script_params=p, node_count='two')", "p = {**p, 'a': p}", "a = a.b.c",
            "est = TensorFlow(source_directory=None, distributed_training=TensorflowConfiguration(1, 2))",
            "rc.target = rc",
            "src = ScriptRunConfig(command='bash \"run.sh')", "src = ScriptRunConfig()", "env = env.clone('x')",
            "src.run_config.environment = env", "args = ['{}'.format(args), '{0.__class__}'.format(1), 'x' * 10**9]",
            "est = PyTorch(source_directory='/abs/../..', entry_script='../up.py', pip_packages=[['x'], 'y z'])",
        ]
    ),
    max_size=8,
)  # fmt: skip


@given(SNIPPETS)
def test_odd_code_never_raises_and_makes_a_job_file(lines: list[str]) -> None:
    tree = parse_code("\n".join(lines), "a.py").tree
    assert tree is not None
    for each in find_submissions(tree):
        assert all(isinstance(value, str | int | bool | list | dict) for value in each.words.values())


def corpus() -> Iterator[Path]:
    for name in ("v1", "runconfig"):
        if (CORPORA / name).is_dir():
            yield from (each for each in sorted((CORPORA / name).rglob("*")) if each.is_file())


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not there")
def test_whatever_file_is_picked_a_job_or_a_clear_word_comes_of_it(tmp_path: Path) -> None:
    files = list(corpus())
    assert len(files) > 100
    for path in files:
        context = fake_context(path.parent)
        pages = WIZARD.steps({"v1_file": path.name}, context)
        assert pages[0].notes
        assert all(each.message for page in pages for each in page.notes)
        assert write_job(build({"v1_file": path.name}, context))
