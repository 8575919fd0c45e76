"""mpirun and its ranks as data: what is started here, what every rank is shown to see, and when it can't be."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution, Host, Job, Topology, UserError, VmSize
from plugins.horovod import launch, mpirun, ranks
from tests.helpers.mpi_jobs import HOST, mpi_job


def words(job: Job, host: Host = HOST) -> tuple[str, ...]:
    found = launch.processes(job, host)
    assert found
    return found[0].argv


@pytest.mark.parametrize("nodes", [0, -1, ranks.MOST_RANKS])
def test_no_rows_where_none_can_be(nodes: int) -> None:
    table = ranks.table(mpi_job(nodes=nodes, per_node=2), None, 0, 64)
    assert table is not None
    assert (table.rows, table.topology) == ((), Topology(nodes, 2))


def test_one_launcher_and_every_rank_that_it_starts() -> None:
    found = launch.processes(mpi_job("python t.py --lr ${{inputs.lr}}", nodes=2, per_node=2), HOST)
    assert found is not None
    launcher, *others = found
    assert (launcher.role, launcher.launched, launcher.log) == ("launcher", False, "user_logs/mpirun.txt")
    assert launcher.argv[0] == "mpirun"
    assert launcher.argv[-4:] == (*HOST.rank_starter, "OMPI_COMM_WORLD_RANK")
    assert [(each.rank, each.node, each.local_rank) for each in others] == [(0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 1, 1)]
    assert all(each.launched and each.argv == (*HOST.shell, "python t.py --lr ${{inputs.lr}}") for each in others)
    assert [each.log for each in others] == [f"user_logs/std_log_process_{rank}.txt" for rank in range(4)]


def test_what_a_rank_is_shown_is_what_mpirun_sets() -> None:
    table = ranks.table(mpi_job(nodes=2, per_node=4), None, 6, 1)
    assert table is not None
    (row,) = table.rows
    assert dict(row.environment) == {
        "OMPI_COMM_WORLD_SIZE": "8",
        "OMPI_COMM_WORLD_RANK": "6",
        "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
        "OMPI_COMM_WORLD_LOCAL_RANK": "2",
        "OMPI_COMM_WORLD_NODE_RANK": "2",
    }
    assert (row.rank, row.node, row.local_rank, row.name, row.gpu) == (6, 1, 2, "6", "")


def test_a_rank_has_the_gpu_of_its_number_where_its_node_has_so_many() -> None:
    table = ranks.table(mpi_job(per_node=3), VmSize("a", 2, 8, 64), 0, 9)
    assert table is not None
    assert [each.gpu for each in table.rows] == ["0", "1", ""]


@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 200), st.integers(0, 50))
def test_the_rows_asked_for_are_those_of_the_whole_table(nodes: int, per_node: int, first: int, count: int) -> None:
    job = mpi_job(nodes=nodes, per_node=per_node)
    whole, part = ranks.table(job, None, 0, 10_000), ranks.table(job, None, first, count)
    assert whole is not None
    assert part is not None
    assert [(each.rank, each.node, each.local_rank) for each in whole.rows] == [*job.topology.ranks()]
    assert part.rows == whole.rows[first : first + count]


@pytest.mark.parametrize("kind", ["pytorch", "tensorflow", "ray"])
def test_other_jobs_are_left_to_others(kind: str) -> None:
    job = Job("python t.py", distribution=Distribution(kind))
    assert launch.processes(job, HOST) is None
    assert ranks.table(job, None, 0, 1) is None
    assert launch.processes(Job("python t.py"), HOST) is None


def test_several_nodes_are_played_without_ssh_and_without_the_dns() -> None:
    found = words(mpi_job(nodes=300, per_node=2))
    assert found[found.index("-np") + 1] == "600"
    hosts = found[found.index("--host") + 1].split(",")
    assert (hosts[0], hosts[299], len({*hosts})) == ("127.1.0.1:2", "127.1.1.50:2", 300)
    agent = found[found.index("plm_rsh_agent") + 1]
    assert ":" not in agent  # Open MPI parts agents at colons
    assert "plm_rsh_agent" not in words(mpi_job(nodes=1))
    assert "localhost:2" in words(mpi_job(nodes=1))


def test_only_root_is_allowed_as_root() -> None:
    assert "--allow-run-as-root" not in words(mpi_job())
    assert "--allow-run-as-root" in words(mpi_job(), dataclasses.replace(HOST, is_root=True))


def test_ranks_yield_only_where_they_share_cores() -> None:
    assert "mpi_yield_when_idle" not in words(mpi_job(per_node=2))
    assert "mpi_yield_when_idle" in words(mpi_job(per_node=3))


@pytest.mark.parametrize(("nodes", "per_node"), [(0, 2), (1, 0), (-1, -1), (1000, 1000)])
def test_impossible_counts_have_no_plan(nodes: int, per_node: int) -> None:
    assert launch.processes(mpi_job(nodes=nodes, per_node=per_node), HOST) == ()


def test_a_machine_without_mpirun_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = dataclasses.replace(HOST, programs={})
    with pytest.raises(UserError, match="not installed here") as refused:
        launch.processes(mpi_job(), bare)
    assert "apt install openmpi-bin" in (refused.value.hint or "")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "brew install open-mpi" in mpirun.how_to_install()


def test_windows_is_sent_to_wsl() -> None:
    with pytest.raises(UserError, match="Windows") as refused:
        launch.processes(mpi_job(), Host(("cmd", "/d", "/s", "/c")))
    assert "WSL" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("program", "maker"),
    [
        ("/usr/bin/orterun", ""),
        ("/opt/homebrew/Cellar/open-mpi/5.0.8/bin/prterun", ""),
        ("/usr/lib64/openmpi/bin/mpirun", ""),
        ("/usr/bin/mpiexec.hydra", "MPICH"),
        ("/usr/bin/mpirun.mpich", "MPICH"),
        ("/opt/intel/oneapi/mpi/2021.9/bin/mpirun", "Intel MPI"),
    ],
)
def test_whose_mpirun_it_is(program: str, maker: str) -> None:
    assert mpirun.other_maker(program) == maker


def test_an_mpirun_beside_tools_of_mpich_is_mpichs(tmp_path: Path) -> None:
    (tmp_path / "mpichversion").touch()
    with pytest.raises(UserError, match="is MPICH's") as refused:
        launch.processes(mpi_job(), dataclasses.replace(HOST, programs={"mpirun": str(tmp_path / "mpirun")}))
    assert str(tmp_path) in (refused.value.hint or "")
    (tmp_path / "ompi_info").touch()
    assert mpirun.other_maker(str(tmp_path / "mpirun")) == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no mpirun for Windows")
@pytest.mark.parametrize(
    ("says", "maker"),
    [
        ("echo 'HYDRA build details:'; echo '    Version:                                 4.0.2'", "MPICH"),
        ("echo 'Intel(R) MPI Library for Linux* OS, Version 2021.13 Build 20240701'", "Intel MPI"),
        ("echo 'mpirun (Open MPI) 4.1.4'", ""),
        ("echo 'something else 1.0'", ""),
        ("exit 1", ""),
        ("sleep 60 & exec sleep 60", ""),
    ],
)
def test_an_mpirun_whose_name_says_nothing_is_asked_once(
    says: str, maker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpirun, "_PATIENCE", 0.5 if "sleep" in says else 60.0)
    program, asked = tmp_path / "bin" / "mpirun", tmp_path / "asked"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n{says}\n', "utf-8")
    program.chmod(0o755)
    here = dataclasses.replace(HOST, programs={"mpirun": str(program)})
    for _ in range(2):
        if maker:
            with pytest.raises(UserError, match=f"is {maker}'s; the ranks of this job are started by Open MPI's"):
                launch.processes(mpi_job(), here)
        else:
            assert launch.processes(mpi_job(), here)
    assert asked.read_text("utf-8") == "--version\n"


def test_an_mpirun_that_is_known_is_not_asked(tmp_path: Path) -> None:
    program = tmp_path / "mpirun"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n", "utf-8")
    program.chmod(0o755)
    (tmp_path / "ompi_info").touch()
    assert mpirun.other_maker(str(program)) == ""
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("command", ["mpirun -np 2 python t.py", "cd x && /usr/bin/horovodrun -np 2 python t.py"])
def test_a_command_that_starts_ranks_itself_is_refused(command: str) -> None:
    with pytest.raises(UserError, match="itself, once in every rank"):
        launch.processes(mpi_job(command), HOST)


@pytest.mark.parametrize("command", ["echo mpirun", "python mpirun.py", "python t.py --launcher=mpirun"])
def test_a_command_that_only_speaks_of_it_is_not(command: str) -> None:
    assert launch.processes(mpi_job(command), HOST)


def test_open_mpi_5_has_other_words_and_one_node(tmp_path: Path) -> None:
    for name in ("mpirun", "prterun"):
        (tmp_path / name).touch()
    new = dataclasses.replace(HOST, programs={"mpirun": str(tmp_path / "mpirun")})
    assert "continuous,error-nonzero-status=false" in words(mpi_job(), new)
    assert not [each for each in words(mpi_job(), new) if each.startswith(("orte_", "oob_", "odls_"))]
    assert "--runtime-options" not in words(mpi_job())
    with pytest.raises(UserError, match="can't play 2 nodes"):
        launch.processes(mpi_job(nodes=2), new)
