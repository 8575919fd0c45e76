"""SDK v1's words become v2's counts: what people paste, what they type halfway, and what is no such thing at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Answers, Diagnostic, FormSpec, Severity, WizardContext
from desktop_app.api.kit import JobKind, Presets, V1Words, notes, pages, parse_v1, v1_notes
from desktop_app.api.kit import answers as read
from desktop_app.api.testing import assert_form_sound, fake_context
from tests.helpers.pytorch_jobs import VM_SIZES

PYTORCH = JobKind("pytorch", Presets(Path("none.json")))
TORCHRUN = JobKind("pytorch", Presets(Path("none.json")), launcher="torchrun")
MPI = JobKind("mpi", Presets(Path("none.json")))
TENSORFLOW = JobKind("tensorflow", Presets(Path("none.json")))
RUNCONFIG = """\
script: train.py
framework: {framework}
communicator: {communicator}
nodeCount: 4  # of the cluster
mpi:
  processCountPerNode: 2
  nodeCount: 1
tensorflow:
  workerCount: 3
  parameterServerCount: 1
pytorch:
  communicationBackend: nccl
  processCount: 16
"""
SAID = [
    ("MpiConfiguration(process_count_per_node=2, node_count=4)", ("mpi", 4, 2)),
    ("MpiConfiguration(node_count=2)", ("mpi", 2, 1)),
    ("PyTorchConfiguration(communication_backend='Nccl', process_count=8, node_count=2)", ("pytorch", 2, 4)),
    ("distr_config = PyTorchConfiguration(process_count = 4*2, node_count = 2)", ("pytorch", 2, 4)),
    ("PyTorchConfiguration(process_count=4 * 2,\n    node_count=2)  # 8 GPUs", ("pytorch", 2, 4)),
    ("process_count=8 node_count=2", ("", 2, 4)),
    ("process_count 8, node_count 2", ("", 2, 4)),
    ("process_count=8", ("", None, 8)),
    ("TensorflowConfiguration(worker_count=2, parameter_server_count=1)", ("tensorflow", 2, None)),
    ("worker_count=2", ("tensorflow", 2, None)),
    ("estimator = PyTorch(node_count=2, process_count_per_node=1, distributed_training=Mpi())", ("mpi", 2, 1)),
    ("TensorFlow(node_count=3, distributed_backend='mpi', use_gpu=True)", ("mpi", 3, None)),
    ("TensorFlow(distributed_training=ParameterServer(worker_count=2))", ("tensorflow", 2, None)),
    (RUNCONFIG.format(framework="Python", communicator="IntelMpi"), ("mpi", 4, 2)),
    (RUNCONFIG.format(framework="PyTorch", communicator="Nccl"), ("pytorch", 4, 4)),
    (RUNCONFIG.format(framework="Python", communicator="None"), ("", 4, None)),
    ('{"nodeCount": 2, "communicator": "OpenMpi", "mpi": {"processCountPerNode": 3}}', ("mpi", 2, 3)),
    (
        '{"communicator": "Nccl", "nodeCount": 2, "mpi": {"processCountPerNode": 1}, "pytorch": {"processCount": 8}}',
        ("pytorch", 2, 4),
    ),
    (RUNCONFIG.format(framework="PyTorch", communicator="Nccl").replace("\n", " ").replace("#", ""), ("pytorch", 4, 4)),
    ('{"communicator": "None", "nodeCount": 1, "mpi": {"processCountPerNode": 4}}', ("", 1, None)),
    ("python -m torch.distributed.launch --nproc_per_node 4 train.py", ("", None, 4)),
    (
        "run_config.node_count = 2\nrun_config.mpi.process_count_per_node = 3\nrun_config.communicator = 'OpenMpi'",
        ("mpi", 2, 3),
    ),
    ('"distr_config = MpiConfiguration(process_count_per_node=3, node_count=2\\n",', ("mpi", 2, 3)),
    ("AmlCompute.provisioning_configuration(min_node_count=1, max_nodes=4)", ("", None, None)),
    ("# MpiConfiguration(node_count=2)", ("", None, None)),
]


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_words_of_v1(text: str, expected: tuple[str, int | None, int | None]) -> None:
    words = parse_v1(text)
    assert (words.distribution, words.nodes, words.per_node()) == expected


@pytest.mark.parametrize(("text", "servers"), [
    ("TensorflowConfiguration(worker_count=2)", 1),
    ("TensorflowConfiguration(worker_count=2, parameter_server_count=0)", 0),
    ("worker_count=2", None), (RUNCONFIG.format(framework="TensorFlow", communicator="ParameterServer"), 1),
])  # fmt: skip
def test_parameter_servers_with_v1s_own_default(text: str, servers: int | None) -> None:
    assert parse_v1(text).parameter_servers == servers


@pytest.mark.parametrize("text", ["", "hello", "node_count=", "node_count", "nodes=2", "x.node_count_of=3", "9" * 6000])
def test_what_is_not_known_is_nothing(text: str) -> None:
    assert not parse_v1(text)


def test_values_that_are_no_numbers_are_named() -> None:
    assert parse_v1("MpiConfiguration(node_count=nodes, process_count_per_node=2 + 2)").unread == (
        "node_count", "process_count_per_node",
    )  # fmt: skip


WORDS = "node_count processCount process_count_per_node MpiConfiguration( pytorch: communicator Nccl None 999999999999"
PIECES = st.sampled_from([*WORDS.split(" "), *"=: 4*'\"(){#,²٣-\n\x00"])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_anything_is_taken(text: str) -> None:
    words = parse_v1(text)
    assert words.nodes is None or words.nodes >= 0
    assert words.per_node(3) is None or isinstance(words.per_node(3), int)
    for kind in (None, PYTORCH, TORCHRUN, TENSORFLOW):
        said(text, kind=kind)
        assert_form_sound(pages.ranks_form({"v1_words": text}, fake_context(), kind))


@given(st.integers(1, 1000), st.integers(1, 64), st.sampled_from(["{}={}", "{} = {}", "{}:{}", '"{}": {}', "{} {}"]))
def test_totals_are_parted_over_the_nodes(nodes: int, per_node: int, form: str) -> None:
    text = ", ".join(form.format(*each) for each in [("process_count", nodes * per_node), ("node_count", nodes)])
    words = parse_v1(text)
    assert (words.nodes, words.per_node()) == (nodes, per_node)
    assert read.topology({"v1_words": text}, fake_context()) == (nodes, per_node)


@given(st.text(max_size=80))
def test_as_one_types(text: str) -> None:
    """Every beginning of a text is understood or not, and never raises."""
    whole = f"PyTorchConfiguration(process_count=8, node_count=2) {text}"
    for end in range(0, len(whole), 3):
        assert isinstance(parse_v1(whole[:end]), V1Words)


def said(
    text: str, answers: Answers | None = None, kind: JobKind | None = None, context: WizardContext | None = None
) -> dict[str, Diagnostic]:
    given_answers = {"v1_words": text, **(answers or {})}
    form = pages.ranks_form(given_answers, context or fake_context(), kind)
    return {each.code: each for each in v1_notes(given_answers, form, kind)}


def test_the_translation_is_said() -> None:
    found = said("PyTorchConfiguration(communication_backend='Nccl', process_count=8, node_count=2)", kind=PYTORCH)
    assert found["v1-translated"].message == "SDK v1's process_count=8 was the total: 2 nodes × 4 processes."
    assert "Nccl" in found["v1-backend"].message
    assert found.keys() == {"v1-translated", "v1-backend"}


@pytest.mark.parametrize(("text", "message"), [
    ("process_count_per_node=2", "SDK v1's process_count_per_node=2 means the same here: 1 node × 2 processes."),
    ("MpiConfiguration(node_count=3)", "MpiConfiguration started 1 process per node where"),
    ("node_count=3", "SDK v1's node_count=3 means the same here."),
])  # fmt: skip
def test_other_translations(text: str, message: str) -> None:
    assert said(text)["v1-translated"].message.startswith(message)


def test_workers_are_translated_where_they_are_asked_for() -> None:
    form = FormSpec((pages.count_field("workers", "Workers", 1, ""), pages.v1_words_field()))
    for text, end in (
        ("TensorflowConfiguration(worker_count=2)", "left out."),
        ("TensorflowConfiguration(worker_count=2, parameter_server_count=1)", "2 workers, 1 parameter server."),
        ("worker_count=2", "means the same here."),
    ):
        (found,) = v1_notes({"v1_words": text}, form, TENSORFLOW)
        assert (found.code, found.message.endswith(end)) == ("v1-translated", True)


def test_a_total_that_cannot_be_parted() -> None:
    found = said("process_count=7, node_count=2")["v1-uneven"]
    assert (found.severity, found.path) == (Severity.WARNING, "v1_words")
    assert read.topology({"v1_words": "process_count=7, node_count=2"}, fake_context())[0] == 2


def test_an_answer_that_contradicts() -> None:
    text = "process_count=8, node_count=2"
    assert said(text, {"nodes": 2, "processes_per_node": 4}).keys() == {"v1-translated"}
    found = said(text, {"nodes": 3})["v1-contradicted"]
    assert (found.severity, found.path) == (Severity.WARNING, "nodes")
    assert "v1-contradicted" in said(text, {"processes_per_node": 8})


def test_an_answered_number_of_nodes_parts_a_total() -> None:
    answers: Answers = {"v1_words": "process_count=8", "nodes": 4}
    assert read.topology(answers, fake_context()) == (4, 2)


def test_a_configuration_of_another_wizard() -> None:
    found = said("MpiConfiguration(node_count=2)", kind=PYTORCH)["v1-other-wizard"]
    assert found.severity is Severity.WARNING
    assert "Horovod and MPI" in found.message
    assert "v1-other-wizard" in said("worker_count=2", kind=MPI)
    assert "v1-other-wizard" not in said("process_count=2", kind=MPI)


def test_counts_beyond_the_limits_are_said_and_not_taken() -> None:
    assert "v1-out-of-range" in said("node_count=5000")
    assert read.nodes({"v1_words": "node_count=5000"}) == 1


def test_one_process_per_node_says_nothing_of_a_launchers() -> None:
    answers: Answers = {"v1_words": "PyTorchConfiguration(node_count=2)", "vm_size": "Standard_NC64as_T4_v3"}
    context = WizardContext(Path.cwd(), fake_context().host, vm_sizes=VM_SIZES)
    assert read.topology(answers, context, PYTORCH) == (2, 1)
    assert read.topology(answers, context, TORCHRUN) == (2, 4)
    assert "v1-contradicted" not in said("PyTorchConfiguration(node_count=2)", {"processes_per_node": 4}, TORCHRUN)


def test_the_note_about_totals_gives_way_to_the_translation() -> None:
    for text, code in (("", "v1-process-count"), ("process_count=2", "v1-translated")):
        answers = {"v1_words": text}
        form = pages.ranks_form(answers, fake_context())
        codes = [each.code for each in notes.ranks_notes(answers, fake_context(), form) if each.code.startswith("v1-")]
        assert codes == [code]
