"""Ranks that missed each other because their script overwrites what they meet by, as the plan of the job had seen."""

from __future__ import annotations

import dataclasses

import pytest

from desktop_app.api import Diagnostic, Distribution, Explanation, FailureReport, Job, Resources
from desktop_app.api.kit import Script, script_variables, variable_findings
from desktop_app.core.diagnosis.judging import judged
from plugins.failures.hooks import explain_failure as explain_anything
from plugins.pytorch.explain import explain

TAKEN = (
    "torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port: "
    "16438, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use"
)
ALONE = "torch.distributed.DistStoreError: Timed out after 21 seconds waiting for clients. 1/2 clients joined."
TOO_MANY = ALONE.replace("1/2", "2/4")
FAR = "[E1122 19:03:38.98 socket.cpp:1028] [c10d] The client socket has timed out after 20000ms while trying to connect"
HERE, THERE = f"{FAR} to (127.0.0.1, 29651).", f"{FAR} to (node-7.lab, 29651)."
UNKNOWN = (
    "torch.distributed.DistNetworkError: The client socket has failed to connect to any network address of (node-7, "
    "29500). The IPv4 network addresses of (node-7, 29500) cannot be retrieved (gai error: -2 - Name or service not "
    "known)."
)
PORT_OF_RANK = 'os.environ["MASTER_PORT"] = str(29500 + int(os.environ["RANK"]))'


def report(line: str, logs: dict[int, str], *, nodes: int = 1) -> FailureReport:
    """Return the report of a job whose plan saw this line of its script."""
    found = variable_findings("pytorch", script_variables(Script(f"import os\n{line}\n")))
    placed = [dataclasses.replace(each, message=f"train.py, line {each.line}: {each.message}") for each in found]
    other = Diagnostic(placed[0].severity, "other", "train.py, line 1: Another matter.") if placed else None
    ranks = Distribution("pytorch", process_count_per_instance=2)
    job = Job("python train.py", distribution=ranks, resources=Resources(instance_count=nodes))
    findings = (*placed, *((other,) if other is not None else ()))
    return FailureReport(job, dict.fromkeys(logs, 1), min(logs), logs, findings=findings)


def cause(given: FailureReport) -> Explanation:
    found = [*explain(given), *explain_anything(given)]
    told = judged(found, None, given.tails).cause
    assert told is not None
    return told


@pytest.mark.parametrize(("line", "logs", "name"), [
    ('os.environ["RANK"] = "0"', {0: TAKEN, 1: "rank 0 of 2\n"}, "RANK"),
    ('os.environ["MASTER_PORT"] = "16438"', {0: TAKEN, 1: ""}, "MASTER_PORT"),
    ('os.environ["WORLD_SIZE"] = "4"', {0: TOO_MANY, 1: ""}, "WORLD_SIZE"),
    (PORT_OF_RANK, {0: ALONE, 1: HERE}, "MASTER_PORT"),
    ('os.environ["MASTER_ADDR"] = "node-7.lab"', {0: ALONE, 1: THERE}, "MASTER_ADDR"),
    ('os.environ["MASTER_ADDR"] = "node-7"', {0: "", 1: UNKNOWN}, "MASTER_ADDR"),
])  # fmt: skip
def test_what_the_script_overwrites_is_the_cause_with_its_line(line: str, logs: dict[int, str], name: str) -> None:
    told = cause(report(line, logs))
    assert told.code == "rank-variable-overwritten"
    assert told.cause.startswith(f"The script overwrites {name} (train.py, line 2), so ")
    assert told.advice[0] == f"Leave {name} as it is set for each rank, or use os.environ.setdefault."
    plain = cause(report("pass", logs))
    assert plain.code != "rank-variable-overwritten"
    assert plain.line == told.line, "what else the line may mean stays as advice"


@pytest.mark.parametrize(("line", "logs"), [
    ('os.environ["MASTER_PORT"] = "29651"', {0: ALONE, 1: HERE}),  # one port for all is a place to meet
    ('os.environ["MASTER_ADDR"] = "localhost"', {0: ALONE, 1: HERE}),  # as is the only machine
    ('os.environ["LOCAL_RANK"] = "0"', {0: TAKEN, 1: ""}),
    ('os.environ["WORLD_SIZE"] = "2"', {0: ALONE, 1: ""}),  # the number is right, and a rank is missing
    ('os.environ["RANK"] = "0"', {0: TAKEN}),  # a rank alone clashes with no other
    ('os.environ.setdefault("RANK", "0")', {0: TAKEN, 1: ""}),
    ('if "RANK" not in os.environ:\n    os.environ["RANK"] = "0"', {0: TAKEN, 1: ""}),
    ('os.environ["RANK"] = "0"', {0: "", 1: "KeyError: 'label'"}),
])  # fmt: skip
def test_what_ranks_do_not_miss_each_other_by_is_not_blamed(line: str, logs: dict[int, str]) -> None:
    assert all(each.code != "rank-variable-overwritten" for each in explain(report(line, logs)))


def test_localhost_is_wrong_where_there_are_several_machines() -> None:
    line = 'os.environ["MASTER_ADDR"] = "localhost"'
    assert cause(report(line, {0: ALONE, 1: HERE}, nodes=2)).cause.startswith("The script overwrites MASTER_ADDR (")


def test_an_error_of_another_rank_is_not_outvoted_by_a_guess() -> None:
    raised = "Traceback (most recent call last):\n  File \"train.py\", line 9, in main\nKeyError: 'label'\n"
    given = report('os.environ["MASTER_ADDR"] = "node-7.lab"', {0: raised, 1: THERE})
    seen = [each for each in explain(given) if each.rank == 1]
    assert [each.certainty for each in seen if each.code == "rank-variable-overwritten"] == [
        each.certainty for each in explain(report("pass", {0: raised, 1: THERE})) if each.rank == 1
    ]
