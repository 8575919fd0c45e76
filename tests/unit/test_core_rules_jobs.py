"""What must hold for any command job."""

from __future__ import annotations

import pytest

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.rules import NO_FACTS, check_meaning


def check(**data: Value) -> list[Diagnostic]:
    """Return what the rules say about a job that is else in order."""
    full: dict[str, Value] = {"command": "python x.py", "environment": "azureml:e@latest", **data}
    return check_meaning("commandJob", full, NO_FACTS)


def codes(**data: Value) -> list[str]:
    """Return the codes of the findings."""
    return [each.code for each in check(**data)]


def test_a_job_in_order_has_no_findings() -> None:
    assert codes(
        command="python x.py --lr ${{inputs.lr}} --out ${{outputs.o}}", inputs={"lr": 1}, outputs={"o": None},
        resources={"instance_count": 2}, distribution={"type": "mpi", "process_count_per_instance": 8},
    ) == []  # fmt: skip


@pytest.mark.parametrize("command", ["", "   ", None])
def test_a_command_is_needed(command: str | None) -> None:
    assert codes(command=command) == ["missing-command"]


def test_a_misspelt_command_is_said_once() -> None:
    data: dict[str, Value] = {"comand": "python x.py", "environment": "azureml:e:1"}
    assert check_meaning("commandJob", data, NO_FACTS) == []


def test_an_environment_is_wanted() -> None:
    assert codes(environment=None) == ["missing-environment"]
    assert codes(environment=None, component="azureml:c:1") == []


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("x ${{inputs.epocs}} y", "x ${{inputs.epochs}} y"),
        ("x ${{inputs.model}}", "x ${{outputs.model}}"),
        ("x ${{outputs.modell}}", "x ${{outputs.model}}"),
    ],
)
def test_an_undefined_placeholder_gets_the_nearest_name(command: str, meant: str) -> None:
    (found,) = check(command=command, inputs={"epochs": 1}, outputs={"model": None})
    assert found.code == "undefined-placeholder"
    assert found.fix is not None
    assert found.fix.set == {"command": meant}


def test_an_undefined_placeholder_without_a_near_name() -> None:
    (found,) = check(command="x ${{inputs.lr}}")
    assert (found.code, found.fix) == ("undefined-placeholder", None)
    assert "Add it to a section inputs:" in found.message


@pytest.mark.parametrize("written", ["{inputs.lr}", "${inputs.lr}", "{{inputs.lr}}"])
def test_other_braces_are_mended(written: str) -> None:
    (found,) = check(command=f"x {written} ${{{{inputs.lr}}}}", inputs={"lr": 1})
    assert found.code == "malformed-placeholder"
    assert found.fix is not None
    assert found.fix.set == {"command": "x ${{inputs.lr}} ${{inputs.lr}}"}


def test_an_optional_part_without_a_placeholder_only_warns() -> None:
    (found,) = check(command="x $[[inputs.lr]]", inputs={"lr": 1})
    assert (found.code, found.severity) == ("malformed-placeholder", Severity.WARNING)


def test_inputs_may_have_dots_in_their_names() -> None:
    assert check(command="x ${{inputs.node.lr}}", inputs={"node.lr": 1}) == []


@pytest.mark.parametrize("count", [0, -1, 1001, 10**30])
def test_senseless_counts_are_said(count: int) -> None:
    assert codes(resources={"instance_count": count}) == ["process-count"]
    assert codes(distribution={"type": "pytorch", "process_count_per_instance": count}) == ["process-count"]
    assert codes(distribution={"type": "tensorflow", "worker_count": count})[:1] == ["process-count"]


def test_counts_at_their_limits_are_right() -> None:
    assert codes(resources={"instance_count": 1000}) == []
    assert codes(distribution={"type": "tensorflow", "worker_count": 1, "parameter_server_count": 0}) == []


@pytest.mark.parametrize(("nodes", "servers", "fits"), [(3, 1, 2), (4, 2, 2), (2, 2, None)])
def test_workers_beside_servers_are_said_outright(nodes: int, servers: int, fits: int | None) -> None:
    """Azure ML's default is a worker on every node, which leaves none to the servers; a plan here takes the others."""
    given: dict[str, Value] = {"type": "tensorflow", "parameter_server_count": servers}
    (found,) = check(resources={"instance_count": nodes}, distribution=given)
    assert (found.code, found.severity, found.path) == ("worker-count", Severity.WARNING, "distribution")
    assert found.message.startswith("Write worker_count")
    assert (found.fix.set if found.fix else None) == (None if fits is None else {"distribution.worker_count": fits})
    assert codes(resources={"instance_count": nodes}, distribution={"type": "tensorflow"}) == []


def test_a_timeout_is_a_positive_number() -> None:
    assert codes(limits={"timeout": 0}) == ["timeout"]
    assert codes(limits={"timeout": 1}) == []


def test_an_open_quote_is_said() -> None:
    assert codes(command="python x.py --name 'a b") == ["open-quote"]


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        ("mpirun -np 2 python t.py --lr 1", "python t.py --lr 1"),
        ("cd src && X=1 /usr/bin/horovodrun -np 2 -H localhost:2 python3 t.py", "cd src && X=1 python3 t.py"),
        ("mpiexec -n 2 ./solver 7", "./solver 7"),
        ("mpirun -np 2 solver", None),
    ],
)
def test_mpi_is_started_once(command: str, rest: str | None) -> None:
    (found,) = check(command=command, distribution={"type": "mpi", "process_count_per_instance": 2})
    assert (found.code, found.severity) == ("double-launch", Severity.ERROR)
    assert (found.fix.set if found.fix else None) == (None if rest is None else {"command": rest})


def test_a_word_for_mpirun_may_be_another_programs() -> None:
    (found,) = check(command="./run.sh mpirun", distribution={"type": "mpi", "process_count_per_instance": 2})
    assert (found.code, found.severity) == ("double-launch", Severity.WARNING)
