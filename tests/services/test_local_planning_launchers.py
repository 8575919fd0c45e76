"""What the local planner makes of launchers, servers, ports, and of plugins that can't launch a job here."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import (
    Distribution,
    Host,
    Job,
    JobSource,
    ProcessSpec,
    Resources,
    RunSnapshot,
    Severity,
    SubmissionPlan,
    UserError,
)
from desktop_app.api._records import from_json, to_json
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.backends.local.free_port import find_free_ports
from desktop_app.backends.local.run_folder import log_files
from desktop_app.backends.local.submitting import first_snapshot
from desktop_app.places import Places
from desktop_app.services.host import programs, this_host
from desktop_app.services.logs.sources import FIRST_LAUNCHER, log_sources
from desktop_app.worker.supervisor.network import holder
from tests.helpers.local_ports import FakePorts


@dataclass(slots=True)
class Plugin(FakePorts):
    """Answers with `specs` made of the host, or with an error."""

    error: UserError | None = None
    specs: Sequence[ProcessSpec] = ()
    hosts: list[Host] = field(default_factory=list)

    def launch_plan(self, job: Job, host: Host) -> tuple[str, tuple[ProcessSpec, ...]] | None:
        """Return what the test wants."""
        self.hosts.append(host)
        if self.error is not None:
            raise self.error
        return "rankzero-test", tuple(self.specs)


async def plan(places: Places, plugin: Plugin, job: Job) -> SubmissionPlan:
    """Plan a job that the plugin launches."""
    return await LocalBackend(places, plugin).plan(job, JobSource(None, places.home, ""))


def job(kind: str = "mpi", nodes: int = 1, **counts: Any) -> Job:
    """Return a job of a distribution type."""
    return Job("true", distribution=Distribution(kind, **counts), resources=Resources(nodes))


def errors(made: SubmissionPlan) -> list[tuple[str, str]]:
    """Return code and path of the errors."""
    return [(each.code, each.path) for each in made.diagnostics if each.severity is Severity.ERROR]


def ranks(count: int) -> list[ProcessSpec]:
    """Return launched ranks."""
    return [ProcessSpec(each, each, 0, ("/bin/bash", "-c", "true"), launched=True) for each in range(count)]


async def test_launchers_are_no_ranks(places: Places) -> None:
    launcher = ProcessSpec(0, 0, 0, ("/usr/bin/mpirun", "-np", "2"), role="launcher")
    made = await plan(places, Plugin(specs=[launcher, *ranks(2)]), job(process_count_per_instance=2))
    assert not errors(made)
    assert [each.rank for each in made.processes] == [0, 1]
    assert [each.log for each in made.launchers] == ["user_logs/mpirun.txt"]
    facts = dict(made.facts)
    assert facts["Ranks"] == "1 node × 2 processes = 2 ranks"
    assert facts["Ranks meet at"].startswith("mpirun")
    assert "Processes to start" not in facts
    assert from_json(SubmissionPlan, json.loads(json.dumps(to_json(made)))) == made
    run = first_snapshot(made, places.runs / made.run)
    assert (len(run.ranks), run.launcher_logs, run.launched) == (2, ("user_logs/mpirun.txt",), None)


async def test_what_a_plugin_is_told_of_the_machine(places: Places) -> None:
    plugin = Plugin(specs=ranks(1))
    await plan(places, plugin, job("tensorflow", 3, worker_count=2, parameter_server_count=1))
    host = plugin.hosts[0]
    assert len(set(host.ports)) == len(host.ports) >= 3 + 2
    assert host.rank_starter[:2] == (sys.executable, "-I")
    assert Path(host.rank_starter[2]).is_file()


async def test_what_keeps_a_plugin_from_launching_is_a_finding(places: Places) -> None:
    plugin = Plugin(error=UserError("There is no mpirun here.", hint="Install openmpi-bin."))
    made = await plan(places, plugin, job())
    assert errors(made) == [("cannot-launch", "distribution")]
    assert "There is no mpirun here. Install openmpi-bin." in [each.message for each in made.diagnostics]
    assert made.processes == ()


async def test_what_the_rules_say_of_mpirun_is_not_said_twice(places: Places) -> None:
    plugin = Plugin(error=UserError("The command calls mpirun itself."))
    wanted = Job("mpirun -np 2 python t.py", distribution=Distribution("mpi", 2), resources=Resources(1))
    assert "cannot-launch" not in {each.code for each in (await plan(places, plugin, wanted)).diagnostics}


async def test_a_port_that_somebody_has_is_named_with_its_program(places: Places) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert str(os.getpid()) in holder(port)
        server = ProcessSpec(0, 0, 0, ("true",), ports=(port,))
        made = await plan(places, Plugin(specs=[server]), job())
    assert errors(made) == [("port-in-use", "distribution")]
    message = next(each.message for each in made.diagnostics if each.code == "port-in-use")
    assert message.startswith(f"Port {port} is in use by ")
    assert f"(process {os.getpid()})" in message


@pytest.mark.parametrize(
    ("counts", "nodes", "path"),
    [
        ({"worker_count": 0}, 1, "distribution.worker_count"),
        ({"worker_count": 1, "parameter_server_count": -1}, 1, "distribution.parameter_server_count"),
        ({"parameter_server_count": 2}, 2, "distribution.worker_count"),
        ({"worker_count": 900, "parameter_server_count": 200}, 2, "distribution.worker_count"),
    ],
)
async def test_counts_of_tensorflow(places: Places, counts: dict[str, int], nodes: int, path: str) -> None:
    made = await plan(places, Plugin(), job("tensorflow", nodes, **counts))
    assert errors(made) == [("process-count", path)]


async def test_tasks_of_tensorflow_are_nodes(places: Places) -> None:
    config = {"cluster": {"ps": ["127.0.0.1:1"], "worker": [f"127.0.0.1:{each}" for each in range(2, 7)]}}
    specs = [ProcessSpec(each, 0, each, ("true",), {"TF_CONFIG": json.dumps(config)}) for each in range(6)]
    made = await plan(places, Plugin(specs=specs), job("tensorflow", 6, worker_count=5, parameter_server_count=1))
    facts = dict(made.facts)
    assert (made.topology.nodes, made.topology.processes_per_node) == (6, 1)
    assert facts["Ranks meet at"] == "127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3, 127.0.0.1:4 and 2 more"
    assert made.environment["OMP_NUM_THREADS"] == "1"
    assert any("5 workers + 1 parameter server = 6 processes" in each.message for each in made.diagnostics)


async def test_a_cluster_of_ray_has_a_driver_beside_its_nodes(places: Places) -> None:
    roles = ("driver", "head", "worker")
    specs = [ProcessSpec(each, 0, max(0, each - 1), ("true",), role=roles[each]) for each in range(3)]
    facts = dict((await plan(places, Plugin(specs=specs), job("ray", 2))).facts)
    assert (facts["Ranks"], facts["Processes to start"]) == ("1 driver, 1 head, 1 worker", "3")


def test_free_ports_are_each_another() -> None:
    found = find_free_ports(50)
    assert len(set(found)) == 50


def test_programs_are_files_with_links_followed(tmp_path: Path) -> None:
    real = tmp_path / "orterun"
    real.touch(0o755)
    (tmp_path / "mpirun").symlink_to(real)
    assert programs(str(tmp_path)) == {"mpirun": str(real)}
    assert programs(str(tmp_path / "none")) == {}
    assert this_host().is_root == (os.geteuid() == 0)


async def test_a_launchers_log_comes_after_those_of_ranks(places: Places, tmp_path: Path) -> None:
    launcher = ProcessSpec(0, 0, 0, ("mpirun",), role="launcher")
    made = await plan(places, Plugin(specs=[launcher, *ranks(2)]), job(process_count_per_instance=2))
    run: RunSnapshot = first_snapshot(made, tmp_path)
    logs = tmp_path / "user_logs"
    logs.mkdir()
    for name in ("mpirun.txt", "std_log_process_10.txt", "std_log_process_2.txt"):
        (logs / name).touch()
    names = [each.removeprefix("user_logs/") for each in log_files(tmp_path)]
    assert names == ["std_log_process_2.txt", "std_log_process_10.txt", "mpirun.txt"]
    sources = list(log_sources(run))
    assert [(each.rank, each.name, each.clock.name) for each in sources] == [
        (0, "", "0.bin"), (1, "", "1.bin"), (FIRST_LAUNCHER, "mpirun", "mpirun.bin"),
    ]  # fmt: skip
