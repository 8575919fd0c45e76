"""The Ray plugin: which processes a job means, what it says of scripts, jobs, environments and logs, and its wizard."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution, FailureReport, Host, Job, Resources, Severity, Topology, UserError, Value
from desktop_app.api.testing import LoadedPlugin, assert_plugin_sound, drive, fake_context, load_plugin
from desktop_app.places import shipped
from plugins.ray import environments, launch, node_starter, ranks
from plugins.ray.cluster import HEAD_ARGUMENTS, WORKER_ARGUMENTS

FOLDER = shipped("plugins") / "ray"
SAMPLE = shipped("resources") / "samples" / "digits"
HOST = Host(shell=("/bin/bash", "-c"), cpu_count=4, ports=(20_001, 20_002))
linux = pytest.mark.skipif(sys.platform != "linux", reason="several nodes need Linux")


@pytest.fixture(scope="module")
def plugin() -> Iterator[LoadedPlugin]:
    """The plugin as the program loads it."""
    with load_plugin(FOLDER) as loaded:
        yield loaded


def job(nodes: int = 2, command: str = "python train.py", more: dict[str, Value] | None = None, **said: Value) -> Job:
    said |= more or {}
    return Job(command, distribution=Distribution("ray", extra=said), resources=Resources(instance_count=nodes))


def codes(found: Any) -> list[str]:
    return [each.code for each in found]


def test_it_is_sound() -> None:
    assert_plugin_sound(FOLDER)


@linux
@given(nodes=st.integers(1, launch.MOST_NODES), gpus=st.integers(0, 9))
def test_driver_head_and_workers(nodes: int, gpus: int) -> None:
    processes = launch.processes(job(nodes), dataclasses.replace(HOST, gpus=("T4",) * gpus))
    assert processes is not None
    assert [each.role for each in processes] == ["driver", "head", *["worker"] * (nodes - 1)]
    assert [each.rank for each in processes] == list(range(nodes + 1))
    assert [each.node for each in processes] == [0, *range(nodes)]
    assert [each.serves for each in processes] == [False, *[True] * nodes]
    assert [each.ports for each in processes] == [(), (20_001,), *[()] * (nodes - 1)]
    addresses = [word for each in processes for word in each.argv if word.startswith("--node-ip-address=")]
    assert len(set(addresses)) == nodes
    assert len({each.log for each in processes}) == nodes + 1
    shared = [each.environment.get("CUDA_VISIBLE_DEVICES", "") for each in processes[1:]]
    assert [index for text in shared for index in text.split(",") if index] == [*map(str, range(gpus))]
    assert len({each.environment["RAY_AUTH_TOKEN"] for each in processes}) == 1


def test_a_secret_is_used_once() -> None:
    first, second = (launch.processes(job(1), HOST) or () for _ in range(2))
    assert first[0].environment["RAY_AUTH_TOKEN"] != second[0].environment["RAY_AUTH_TOKEN"]


@linux
def test_further_words_come_last_and_as_written() -> None:
    said: dict[str, Value] = {HEAD_ARGUMENTS: "--num-cpus=0", WORKER_ARGUMENTS: """--resources '{"a": 1}'"""}
    found = launch.processes(job(2, more=said), HOST)
    assert found is not None
    assert found[1].argv[-1] == "--num-cpus=0"
    assert found[2].argv[-2:] == ("--resources", '{"a": 1}')


def test_other_jobs_and_machines() -> None:
    assert launch.processes(Job("python train.py"), HOST) is None
    with pytest.raises(UserError, match="200"):
        raise_hint(201)
    with pytest.raises(UserError, match="not closed"):
        launch.processes(job(1, more={HEAD_ARGUMENTS: 'a "b'}), HOST)


def raise_hint(nodes: int) -> None:
    try:
        launch.processes(job(nodes), HOST)
    except UserError as problem:
        raise UserError(f"{problem.message} {problem.hint}") from problem


@pytest.mark.skipif(sys.platform == "win32", reason="its nodes are not started on Windows")
def test_a_node_tidies_up_after_itself_and_after_those_that_could_not(tmp_path: Path) -> None:
    left, live, other = (tmp_path / f"{node_starter.PREFIX}{each}" for each in ("left", "live", "other"))
    for each in (left, live, other):
        each.mkdir()
    (left / "held").touch()
    (left / "socket").touch()
    holder = (
        "import sys; from plugins.ray import node_starter as n; from pathlib import Path; n.lock(Path(sys.argv[1]))"
    )
    hold = f"{holder}; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, live], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=FOLDER.parents[1]
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        node_starter.sweep(tmp_path)
        assert {each.name.rpartition("-")[2] for each in tmp_path.iterdir()} == {"live", "other"}
        process.communicate(b"")
    ports = [int(each.partition("=")[2]) for each in node_starter.agent_ports()]
    assert len(set(ports)) == len(node_starter.AGENTS)
    assert len(str(node_starter.short_folder())) + len(node_starter.PREFIX) + 8 <= node_starter.LONGEST


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("", 'import ray\nray.init(address="auto")'),
        ("", 'import ray\nray.init("auto")'),
        ("", "import ray\nray.init(**options)"),
        ("ray-init-without-address", "import ray\nray.init()"),
        ("ray-init-local", 'import ray\nray.init(address="local")'),
        ("ray-init-counts", "import ray\nray.init(num_cpus=8)"),
        ("ray-init-counts", "import ray\nif not ray.is_initialized():\n    ray.init(num_cpus=8)"),
        ("", 'import ray\nif smoke_test:\n    ray.init(num_cpus=8)\nelse:\n    ray.init("auto")'),
        ("ray-init-fixed-address", 'import ray\nray.init("10.0.0.4:6379")'),
        ("ray-init-in-worker", 'import ray\n@ray.remote\ndef work():\n    ray.init(address="auto")'),
        (
            "ray-init-in-worker",
            'import ray\n@ray.remote(num_cpus=1)\nclass A:\n  def b(self):\n    ray.init("auto")',
        ),
    ],
)
def test_what_is_said_of_a_script(plugin: LoadedPlugin, code: str, script: str) -> None:
    found = plugin.scan(script)
    assert found is not None
    assert codes(found.findings) == ([code] if code else [])
    assert found.frameworks == ("ray",)


def test_scripts_without_ray_are_left_alone(plugin: LoadedPlugin) -> None:
    assert plugin.scan("import torch\ntorch.init()") is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ray-port", job(port=70_000)),
        ("ray-ports-equal", job(port=8265, include_dashboard=True)),
        ("ray-dashboard-port", job(dashboard_port=9000)),
        ("ray-dashboard", job(include_dashboard=True)),
        ("ray-words", job(more={HEAD_ARGUMENTS: "'"})),
        ("ray-own-word", job(more={WORKER_ARGUMENTS: "--address=1.2.3.4:5"})),
        ("ray-no-workers", job(1, more={WORKER_ARGUMENTS: "--num-cpus=2"})),
        ("ray-per-node", dataclasses.replace(job(), distribution=Distribution("ray", process_count_per_instance=2))),
        ("ray-address", job(address="10.0.0.4:6379")),
        ("rank-variable-fixed", dataclasses.replace(job(), environment_variables={"RAY_ADDRESS": "x:1"})),
        ("ray-start-in-command", job(command="ray start --head && python train.py")),
    ],
)
def test_what_is_said_of_a_job(plugin: LoadedPlugin, code: str, said: Job) -> None:
    assert code in codes(plugin.call("check_job", job=said))
    assert plugin.call("check_job", job=job()) == ()


def test_an_environment_without_ray(plugin: LoadedPlugin) -> None:
    def said(environment: Value, of: Job | None = None) -> list[str]:
        return codes(plugin.call("check_environment", environment=environment, job=of or job()))

    curated = "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"
    with_ray: Value = {"image": "x", "conda_file": {"dependencies": ["pip", {"pip": ["ray[default]==2.60.0"]}]}}
    without: Value = {"image": "x", "conda_file": {"dependencies": ["pip", {"pip": ["ray-utils", "torch"]}]}}
    assert said(curated) == said(without) == ["environment-without-ray"]
    for name in ("ray-default", "ray-core=2.9", "conda-forge::ray-core", "Ray == 2.9"):
        assert said({"image": "x", "conda_file": {"dependencies": [name]}}) == [], name
    assert said(with_ray) == said("azureml:mine@latest") == said(curated, Job("python x.py")) == []


def test_a_curated_environment_that_brings_ray_is_left_in_peace() -> None:
    (holder,) = environments.holders()
    of_azure = f"azureml://registries/azureml/environments/{holder}/labels/latest"
    assert [*environments.check(of_azure, job())] == []
    assert codes(environments.check(of_azure.replace(holder, "sklearn-1.5"), job())) == ["environment-without-ray"]


@pytest.mark.parametrize("nodes", [0, -1, ranks.MOST_NODES + 1, 10**8])
def test_no_rows_where_none_can_be(nodes: int) -> None:
    table = ranks.table(job(nodes), None, 0, 64)
    assert table is not None
    assert (table.rows, table.topology) == ((), Topology(nodes, 1))


def test_the_table(plugin: LoadedPlugin) -> None:
    table = plugin.call("rank_table", job=job(3), size=None, first=1, count=2)
    assert [(each.name, each.node) for each in table.rows] == [("head", 0), ("worker 0", 1)]
    assert (table.topology.nodes, table.topology.processes_per_node) == (3, 1)
    assert "6379" in table.says
    assert plugin.call("rank_table", job=Job("python x.py"), size=None, first=0, count=1) is None


@pytest.mark.parametrize(
    ("code", "is_echo", "tail"),
    [
        ("ray-startup-slow", False, "Exception: The current node timed out during startup. This could happen because"),
        ("ray-no-dashboard", False, "Exception: Cannot include dashboard with missing packages."),
        ("ray-unknown-word", False, "Usage: ray start [OPTIONS]\nError: No such option: --no-such-word"),
        ("ray-init-counts", False, "ValueError: When connecting to an existing cluster, num_cpus and num_gpus must not"
            " be provided."),
        ("ray-not-found", False, "ConnectionError: Could not find any running Ray instance. Please specify"),
        ("ray-memory-full", False, "1 worker(s) were killed due to the node running low on memory."),
        ("ray-store-full", False, "ray.exceptions.ObjectStoreFullError: Failed to put object"),
        ("ray-node-died", True, "ray.exceptions.ActorDiedError: The actor died because its node has died. Node Id: 1"),
        ("ray-head-gone", True, "ray.exceptions.RpcError: Timed out while waiting for GCS to become available."),
        ("ray-actor-died", False, "ray.exceptions.ActorDiedError: The actor died unexpectedly before finishing this"),
    ],
)  # fmt: skip
def test_what_a_log_means(plugin: LoadedPlugin, code: str, is_echo: bool, tail: str) -> None:
    (found,) = plugin.call("explain_failure", report=FailureReport(job(), tails={2: f"starts\n{tail}\n"}))
    assert (found.code, found.is_echo, found.rank) == (code, is_echo, 2)
    assert found.line in tail
    assert plugin.call("explain_failure", report=FailureReport(job(), tails={0: "all is well\n"})) == ()
    assert plugin.call("explain_failure", report=FailureReport(Job("python x.py"), tails={0: tail})) == ()


def test_an_option_of_another_program_is_not_rays(plugin: LoadedPlugin) -> None:
    tails = {0: "Usage: train.py [OPTIONS]\nError: No such option: --epoch"}
    assert plugin.call("explain_failure", report=FailureReport(Job(""), tails=tails, is_foreign=True)) == ()


def test_causes_come_before_what_follows_from_them(plugin: LoadedPlugin) -> None:
    tails = {
        0: "ray.exceptions.ActorDiedError: The actor died because its node has died. Node Id: 1",
        1: "ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.",
        2: "WARNING worker.py:1829 -- The node with node id: 5c and address: 10.0.0.5 has been marked dead because the "
        "detector has missed too many heartbeats from it.",
    }
    found = plugin.call("explain_failure", report=FailureReport(job(), tails=tails))
    assert [(each.code, each.is_symptom, each.is_echo) for each in found] == [
        ("ray-memory-full", False, False),
        ("ray-node-marked-dead", True, False),
        ("ray-node-died", False, True),
    ]


@pytest.mark.parametrize(
    ("line", "rank"),
    [
        ("[Rank 2 Error Snippet]:", 2),
        ("The following ranks have not joined the collective operation: [5, 6]", 5),
        (
            "PreemptionError: Training was interrupted by node preemption (preempted_ranks=[3], drain_timed_out=True).",
            3,
        ),
    ],
)
def test_who_is_named_is_blamed(plugin: LoadedPlugin, line: str, rank: int) -> None:
    (found,) = plugin.call("explain_failure", report=FailureReport(job(), tails={0: line}))
    assert (found.rank, found.about) == (0, rank)


def test_more_shared_memory_is_a_click_where_the_job_asks_for_none(plugin: LoadedPlugin) -> None:
    tails = {0: "ValueError: The configured object store size (20.0 GB) exceeds /dev/shm size (2.1 GB)."}
    (found,) = plugin.call("explain_failure", report=FailureReport(job(), tails=tails))
    assert found.fix is not None
    assert found.fix.set == {"resources.shm_size": "16g"}
    asked = dataclasses.replace(job(), resources=dataclasses.replace(job().resources, shm_size="64g"))
    (found,) = plugin.call("explain_failure", report=FailureReport(asked, tails=tails))
    assert found.fix is None


def test_the_wizard_with_its_defaults(plugin: LoadedPlugin) -> None:
    scan = plugin.scan((SAMPLE / "src" / "train_ray.py").read_text("utf-8"))
    context = fake_context(SAMPLE, scan=scan)
    driven = drive(plugin.wizard("ray"), {"script": "src/train_ray.py", "conda_file": "environment/ray.yml"}, context)
    made = driven.job
    assert made.distribution == Distribution("ray")
    assert made.resources.instance_count == 2
    assert made.environment == {
        "image": "mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04",
        "conda_file": "environment/ray.yml",
    }
    assert codes(driven.step("cluster").notes) == ["ray-experimental"]
    assert codes(plugin.call("check_job", job=made)) == []


def test_the_wizard_says_what_was_asked_for(plugin: LoadedPlugin) -> None:
    answers: dict[str, Value] = {
        "script": "src/train_ray.py",
        "nodes": 1,
        "port": 7000,
        "include_dashboard": True,
        HEAD_ARGUMENTS: "--num-cpus=0",
        "conda_file": "",
    }
    driven = drive(plugin.wizard("ray"), answers, fake_context(SAMPLE))
    assert driven.job.distribution is not None
    assert driven.job.distribution.extra == {"port": 7000, "include_dashboard": True, HEAD_ARGUMENTS: "--num-cpus=0"}
    assert "environment-without-ray" in codes(driven.step("environment").notes)
    wrong = plugin.wizard("ray").steps({**answers, HEAD_ARGUMENTS: "'"}, fake_context(SAMPLE))
    (note,) = [each for page in wrong for each in page.notes if each.severity is Severity.ERROR]
    assert (note.code, note.path) == ("ray-words", HEAD_ARGUMENTS)


def test_what_a_task_raised_is_left_to_be_read_where_only_its_wrapper_would_be_shown(plugin: LoadedPlugin) -> None:
    wrapper = "ray.exceptions.RayTaskError(Diverged): ray::train() (pid=17, ip=10.0.0.4)\n"
    frames = '  File "t.py", line 8, in train\n    step(batch)\n' * 9
    for raised, told in (("Diverged: loss is 1e30\n", []), ("ValueError: no row\n", ["ray-task-raised"])):
        tail = wrapper + (frames if not told else "") + raised
        found = plugin.call("explain_failure", report=FailureReport(job(), tails={0: tail}))
        assert [each.code for each in found] == told
