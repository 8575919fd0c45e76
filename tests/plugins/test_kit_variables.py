"""The environment variables that a script names: found in every spelling, and compared with what its job sets."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import ScriptScan, ScriptVariable
from desktop_app.api.kit import (
    SETTERS,
    Script,
    launcher_in,
    merged_variables,
    script_variables,
    setters_of,
    variable_findings,
)
from desktop_app.services.plugins.scripts import merged_scan, own_scan

MPI_OR_TORCH = """
import os
if "OMPI_COMM_WORLD_RANK" in os.environ:
    rank = int(os.environ["OMPI_COMM_WORLD_RANK"])
else:
    rank = int(os.environ["RANK"])
"""
READ = [
    'import os\nx = os.environ["RANK"]',
    'import os\nx = os.environ.get("RANK", 0)',
    'import os\nx = os.getenv("RANK")',
    'from os import environ\nx = environ["RANK"]',
    'from os import environ as e\nx = e.get("RANK")',
    'from os import getenv\nx = getenv("RANK")',
    'import os as o\nx = o.environ["RANK"]',
    'import os\nenv = os.environ\nx = env["RANK"]',
    'import os\nNAME = "RANK"\nx = os.environ[NAME]',
    'import os\nx = "RANK" in os.environ',
    'import os\nx = "RANK" not in os.environ',
]
WRITTEN = [
    'import os\nos.environ["RANK"] = "0"',
    'import os\nos.environ.setdefault("RANK", "0")',
    'import os\nos.environ.update({"RANK": "0"})',
    'import os\nos.environ.update(RANK="0")',
    'from os import environ\nenviron["RANK"] = "0"',
]


def variables(text: str) -> dict[tuple[str, bool], ScriptVariable]:
    return {(each.name, each.written): each for each in script_variables(Script(text))}


def codes(text: str, distribution: str | None, launcher: str = "") -> list[str]:
    return [each.code for each in variable_findings(distribution, script_variables(Script(text)), launcher)]


@pytest.mark.parametrize("text", READ)
def test_reads_are_found(text: str) -> None:
    ((name, written),) = variables(text)
    assert (name, written) == ("RANK", False)


@pytest.mark.parametrize("text", WRITTEN)
def test_writes_are_found(text: str) -> None:
    found = variables(text)["RANK", True]
    assert found.line == 2
    assert found.guarded == ("setdefault" in text)


@pytest.mark.parametrize(
    "text", ['d = {}\nx = d["RANK"]', 'x = config.get("RANK")', 'd["RANK"] = "0"', "d.update(RANK=1)"]
)
def test_other_dictionaries_are_left_alone(text: str) -> None:
    assert variables(text) == {}


def test_what_a_variable_means_to_the_script() -> None:
    must = variables('import os\nx = os.environ["A"]\ny = os.getenv("B")')
    assert (must["A", False].required, must["B", False].required) == (True, False)
    either = variables(MPI_OR_TORCH)
    assert all(each.guarded and not each.required for each in either.values())
    main = variables('import os\nif __name__ == "__main__":\n    x = os.environ["A"]')
    assert main["A", False].required
    tried = variables('import os\ntry:\n    x = os.environ["A"]\nexcept KeyError:\n    x = 0')
    assert not tried["A", False].required


NAMES = st.text("ABCDEFGHIJ_0123456789", min_size=1, max_size=12).filter(lambda name: not name[0].isdigit())
SPELLINGS = st.sampled_from([
    'os.environ["{}"]', 'os.environ.get("{}")', 'os.getenv("{}", 0)', 'environ["{}"]', '"{}" in environ',
    'os.environ["{}"] = "x"', 'os.environ.setdefault("{}", "x")', "os.environ.update({}=1)",
])  # fmt: skip


@given(st.lists(st.tuples(NAMES, SPELLINGS), max_size=12))
def test_every_variable_is_found_once_at_its_first_line(uses: list[tuple[str, str]]) -> None:
    text = "\n".join(["import os", "from os import environ", *(spelling.format(name) for name, spelling in uses)])
    found = script_variables(Script(text))
    keys = [(each.name, each.written) for each in found]
    assert len(set(keys)) == len(keys)
    assert {each.name for each in found} == {name for name, _ in uses}
    assert [each.line for each in found] == sorted(each.line for each in found)
    for name, first in {name: n for n, (name, _) in reversed(list(enumerate(uses, 3)))}.items():
        assert min(each.line for each in found if each.name == name) == first
    for distribution in (None, "pytorch", "mpi", "tensorflow", "ray", "nonsense"):
        assert list(variable_findings(distribution, found)) == []  # none of these names means anything


KNOWN = st.sampled_from(
    ["RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "NODE_RANK", "TF_CONFIG", "OMPI_COMM_WORLD_RANK", "PMIX_RANK"]
)
USES = st.builds(ScriptVariable, KNOWN, st.integers(1, 99), st.booleans(), st.booleans(), st.booleans())


@given(st.lists(USES), st.sampled_from([None, "", "pytorch", "mpi", "tensorflow", "ray", " PyTorch "]))
def test_nothing_is_missed_that_is_set(found: list[ScriptVariable], distribution: str | None) -> None:
    setter = (distribution or "").strip().lower()
    here = {each.name for each in found if any(one.key == setter for one in setters_of(each.name))}
    for finding in variable_findings(distribution, found):
        assert finding.message.endswith(".")
        assert finding.code != "variable-not-set" or finding.message.split(" ")[0] not in here


@given(st.lists(USES, max_size=6))
def test_merging_is_done_once_for_all(found: list[ScriptVariable]) -> None:
    merged = merged_variables(found)
    assert merged_variables(merged) == merged
    assert {(each.name, each.written) for each in merged} == {(each.name, each.written) for each in found}


def test_a_switch_of_a_launcher_is_off_without_it() -> None:
    text = 'import os\nx = os.environ.get("ACCELERATE_USE_X", "false")\ny = os.environ["ACCELERATE_Y"]\n'
    (found,) = variable_findings("pytorch", script_variables(Script(text)))
    assert found.line == 3


NOT_SET = [
    ('x = os.environ["RANK"]', "mpi", "", "OMPI_COMM_WORLD_RANK"),
    ('x = os.environ["RANK"]', "tensorflow", "", "TF_CONFIG"),
    ('x = os.environ["RANK"]', None, "", "distribution type pytorch"),
    ('x = os.environ["OMPI_COMM_WORLD_LOCAL_RANK"]', "pytorch", "", "read LOCAL_RANK"),
    ('x = int(os.environ.get("OMPI_COMM_WORLD_RANK", 0))', "pytorch", "", "fallback: read RANK"),
    ('x = os.environ["TF_CONFIG"]', "mpi", "", "distribution type tensorflow"),
    ('x = os.environ.get("TF_CONFIG")', "pytorch", "", "distribution type tensorflow"),
    ('x = os.environ["LOCAL_WORLD_SIZE"]', "pytorch", "", "take torchrun"),
    ('x = os.environ["OMPI_COMM_WORLD_RANK"]', "pytorch", "torchrun", "not by torchrun: read RANK"),
]


@pytest.mark.parametrize(("line", "distribution", "launcher", "said"), NOT_SET)
def test_what_a_distribution_does_not_set(line: str, distribution: str | None, launcher: str, said: str) -> None:
    (found,) = variable_findings(distribution, script_variables(Script(f"import os\n{line}\n")), launcher)
    assert said in found.message
    assert found.line == 2
    assert found.code in {"variable-not-set", "mpi-variable", "launcher-variable"}


SET = [
    ('x = os.environ["RANK"]', "pytorch", ""),
    ('x = os.environ["RANK"]', " PyTorch", ""),
    ('x = os.environ["RANK"]', None, "torchrun"),
    ('x = os.environ["RANK"]', "mpi", "torchrun"),
    ('x = os.environ["RANK"]', "ray", ""),
    ('x = int(os.environ.get("RANK", 0))', None, ""),
    ('x = os.environ["RANK"]', "something-new", ""),
    ('x = os.environ["LOCAL_WORLD_SIZE"]', "pytorch", "torchrun"),
    ('x = os.environ["OMPI_COMM_WORLD_RANK"]', "mpi", ""),
    ('import torch\nx = os.environ["PMIX_RANK"]', "mpi", ""),
    ('x = os.environ["TF_CONFIG"]', "tensorflow", ""),
    ('x = os.environ.get("RANK", os.environ.get("OMPI_COMM_WORLD_RANK"))', "mpi", ""),
    ('os.environ["RANK"] = os.environ["OMPI_COMM_WORLD_RANK"]\nx = os.environ["RANK"]', "mpi", ""),
    ('import deepspeed\ndeepspeed.init_distributed()\nx = os.environ["LOCAL_RANK"]', "mpi", ""),
    ('os.environ.setdefault("MASTER_ADDR", "localhost")', "pytorch", ""),
    ('os.environ["MASTER_ADDR"] = args.address', "pytorch", ""),
    ('os.environ["NCCL_DEBUG"] = "INFO"', "pytorch", ""),
    ('os.environ["MASTER_ADDR"] = "localhost"', None, ""),
    ('if "TF_CONFIG" not in os.environ:\n    os.environ["TF_CONFIG"] = "{}"', "tensorflow", ""),
    ('os.environ.pop("TF_CONFIG", None)', "mpi", ""),
    ('x = os.environ["HOME"]', "pytorch", ""),
]


@pytest.mark.parametrize(("line", "distribution", "launcher"), SET)
def test_what_is_set_is_not_complained_of(line: str, distribution: str | None, launcher: str) -> None:
    assert codes(f"import os\n{line}\n", distribution, launcher) == []


@pytest.mark.parametrize("distribution", ["pytorch", "mpi"])
def test_a_script_for_either_launcher_is_fine(distribution: str) -> None:
    assert codes(MPI_OR_TORCH, distribution) == []


@pytest.mark.parametrize(("line", "distribution"), [
    ('os.environ["MASTER_ADDR"] = "localhost"', "pytorch"), ('os.environ["WORLD_SIZE"] = "2"', "pytorch"),
    ('os.environ.update(RANK="0")', "pytorch"), ('os.environ["OMPI_COMM_WORLD_RANK"] = "0"', "mpi"),
    ('import json\nos.environ["TF_CONFIG"] = json.dumps({"cluster": {}})', "tensorflow"),
])  # fmt: skip
def test_what_is_overwritten(line: str, distribution: str) -> None:
    assert codes(f"import os\n{line}\n", distribution) == ["rank-variable-fixed"]


PORTS_OF_RANKS = [
    'os.environ["MASTER_PORT"] = str(29500 + int(os.environ["RANK"]))',
    'os.environ["MASTER_PORT"] = str(29500 + int(os.getenv("LOCAL_RANK", 0)))',
    'os.environ["MASTER_PORT"] = f"2950{rank}"',
    'port = 29500 + args.local_rank\nos.environ["MASTER_PORT"] = str(port)',
    'os.environ["MASTER_PORT"] = str(29500 + dist.get_rank())',
    "os.environ.update(MASTER_PORT=str(29500 + hvd.rank()))",
]


@pytest.mark.parametrize("line", PORTS_OF_RANKS)
def test_a_port_of_its_own_for_each_rank_is_no_place_to_meet(line: str) -> None:
    (found,) = variable_findings("pytorch", script_variables(Script(f"import os\n{line}\n")))
    assert found.code == "rank-variable-fixed"
    assert found.message.startswith("The script overwrites MASTER_PORT, with another value on each rank, so they miss")
    assert "rank-variable-fixed" not in codes(f"import os\n{line}\n", None), "a process alone meets nobody"
    assert "rank-variable-fixed" not in codes(f"import os\n{line}\n", "mpi"), "nobody sets it there but the script"


def test_a_port_that_is_set_only_where_there_is_none_is_left_alone() -> None:
    line = PORTS_OF_RANKS[0]
    assert codes(f'import os\nif "MASTER_PORT" not in os.environ:\n    {line}\n', "pytorch") == []
    assert codes(f"import os\nif args.alone:\n    {line}\n", "pytorch") == []


@pytest.mark.parametrize("value", [
    "str(find_free_port())", "args.port", "os.environ[['a']]", "str(port_of(rank))",
    "comm.bcast(port if rank == 0 else None)",
    'os.environ["MASTER_PORT"]', 'str(29500 + int(os.environ["SLURM_JOBID"]) % 1000)', "str(29500 + args.seed)",
])  # fmt: skip
def test_a_port_that_the_ranks_may_share_is_left_alone(value: str) -> None:
    assert codes(f'import os\nos.environ["MASTER_PORT"] = {value}\n', "pytorch") == []


@pytest.mark.parametrize("line", [
    'os.environ["LOCAL_RANK"] = str(int(os.environ["RANK"]) % 8)', 'os.environ["RANK"] = str(rank)',
    'os.environ["LOCAL_RANK"] = str(args.local_rank)',
])  # fmt: skip
def test_a_number_that_differs_from_rank_to_rank_is_right_for_a_rank(line: str) -> None:
    assert codes(f"import os\n{line}\n", "pytorch") == []


@pytest.mark.parametrize(("line", "distribution", "said"), [
    ('x = os.environ["AZ_BATCHAI_TASK_INDEX"]', "pytorch", "read RANK instead"),
    ('x = os.environ["AZ_BATCHAI_TASK_INDEX"]', "mpi", "read OMPI_COMM_WORLD_RANK instead"),
    ('x = os.environ.get("AZ_BATCHAI_WORKER_HOSTS")', "tensorflow", "read TF_CONFIG instead"),
    ('x = os.getenv("AZ_BATCH_MASTER_NODE")', "pytorch", "read MASTER_ADDR instead"),
    ('x = os.environ["AZ_BATCHAI_PYTORCH_INIT_METHOD"]', "pytorch", "leave init_method out"),
    ('add("--rank", default="AZ_BATCHAI_TASK_INDEX")', None, "with distribution type pytorch"),
    ('x = os.environ["AZ_BATCHAI_TASK_INDEX"]', "ray", "with distribution type pytorch"),
])  # fmt: skip
def test_what_is_gone_for_good(line: str, distribution: str | None, said: str) -> None:
    (found,) = variable_findings(distribution, script_variables(Script(f"import os\n{line}\n")))
    assert (found.code, found.line) == ("batch-ai-variable", 2)
    assert said in found.message


def test_another_file_may_set_what_this_one_reads() -> None:
    reads = script_variables(Script('import os\nx = os.environ["RANK"]'))
    sets = script_variables(Script('import os\nos.environ["RANK"] = rank'))
    assert list(variable_findings("mpi", reads, others=sets)) == []
    assert len(list(variable_findings("mpi", reads))) == 1


def test_the_facts_are_dated_and_name_their_source() -> None:
    assert all(each.as_of.startswith("20") and each.source and each.names for each in SETTERS)
    assert {each.key for each in SETTERS if not each.launcher} == {"pytorch", "mpi", "tensorflow"}


@pytest.mark.parametrize(("command", "launcher"), [
    ("torchrun --standalone train.py", "torchrun"), ("/opt/bin/torchrun train.py", "torchrun"),
    ("python -m torch.distributed.launch train.py", "torchrun"),
    ("python -u -m torch.distributed.run train.py", "torchrun"),
    ("OMP_NUM_THREADS=1 torchrun train.py", "torchrun"), ("cd src && mpirun -np 2 python train.py", "mpirun"),
    ("deepspeed train.py", "deepspeed"), ("python train.py --launcher torchrun", ""), ("python deepspeed.py", ""),
])  # fmt: skip
def test_launchers_in_commands(command: str, launcher: str) -> None:
    assert launcher_in(command) == launcher


def test_the_host_merges_the_variables_of_all_plugins() -> None:
    one, two = ScriptVariable("RANK", 5, required=True), ScriptVariable("RANK", 3, guarded=True)
    merged = merged_scan([ScriptScan(variables=(one,)), ScriptScan(variables=(two, ScriptVariable("X", 1)))])
    assert merged.variables == (ScriptVariable("RANK", 3, required=True), ScriptVariable("X", 1))
    assert own_scan(ast.parse('import os\nos.environ["RANK"]')).variables == (ScriptVariable("RANK", 2, required=True),)
