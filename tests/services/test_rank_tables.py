"""What every process of a job will see: pages from the plugins, and what is said where none knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.api import Distribution, Job, RankRow, RankTable, Resources, Topology
from desktop_app.places import Places
from desktop_app.services.catalogues import vm_size
from desktop_app.services.jobs import JobError, JobService
from desktop_app.services.plugins import PluginHost
from desktop_app.services.rank_tables import PAGE, columns_of, pretty, total_of
from desktop_app.services.settings import Settings

TF_CONFIG = '{"cluster":{"worker":["host0:2222"]},"task":{"type":"worker","index":0},"environment":"cloud"}'


@pytest.fixture
def jobs(places: Places) -> JobService:
    plugins = PluginHost(places, Settings(places.settings))
    plugins.discover()
    return JobService(plugins, {})


def test_the_vm_size_tells_which_gpu_a_rank_has(jobs: JobService) -> None:
    resources = Resources(instance_count=1, instance_type="standard_nc64as_T4_v3")
    job = Job("python t.py", distribution=Distribution("pytorch", 4), resources=resources)
    assert [each.gpu for each in jobs.rank_table(job).rows] == ["0", "1", "2", "3"]


def test_a_page_at_a_time(jobs: JobService) -> None:
    job = Job("python t.py", distribution=Distribution("pytorch", 8), resources=Resources(512))
    table = jobs.rank_table(job, 128)
    assert [each.rank for each in table.rows] == list(range(128, 128 + PAGE))
    assert total_of(table, 128, PAGE) == 4096


def test_a_job_without_a_distribution_is_one_process(jobs: JobService) -> None:
    table = jobs.rank_table(Job("python t.py", resources=Resources(3)))
    assert (table.topology, [each.name for each in table.rows]) == (Topology(1, 1), ["0"])
    assert "starts its command once" in table.says


def test_of_a_kind_that_no_plugin_knows_nothing_is_made_up(jobs: JobService) -> None:
    table = jobs.rank_table(Job("x", distribution=Distribution("dask", 2), resources=Resources(2)), 3)
    assert [(each.rank, each.node, each.local_rank) for each in table.rows] == [(3, 1, 1)]
    assert table.rows[0].environment == {}
    assert "dask" in table.says
    assert jobs.rank_table(Job("x", distribution=Distribution("dask", -2))).rows == ()


def test_the_last_rows_tell_how_many_there_are() -> None:
    rows = tuple(RankRow(each, each, 0, f"worker {each}") for each in range(3))
    assert total_of(RankTable(Topology(2, 2), rows), 0, 64) == 3
    assert total_of(RankTable(Topology(2, 2), rows), 0, 3) == 4
    assert total_of(RankTable(Topology(0, 2)), 0, 64) == 0


def test_short_variables_have_columns_and_long_ones_none() -> None:
    rows = (RankRow(0, 0, 0, "0", environment={"RANK": "0", "TF_CONFIG": TF_CONFIG}), RankRow(1, 0, 1, "1"))
    assert columns_of(rows) == ("RANK",)
    assert columns_of(()) == ()


def test_json_is_shown_with_a_line_for_each_part() -> None:
    shown = pretty(TF_CONFIG)
    assert json.loads(shown) == json.loads(TF_CONFIG)
    assert len(shown.splitlines()) > 5
    assert (pretty("6105"), pretty("{no json")) == ("6105", "{no json")


def test_sizes_go_by_any_case_and_a_part_of_a_gpu_is_one() -> None:
    retired, part = vm_size("STANDARD_nc6"), vm_size("Standard_NV6")
    assert retired is not None
    assert part is not None
    assert (retired.gpus, part.gpus) == (1, 1)
    assert vm_size(None) is vm_size("Standard_Nothing") is None


def test_a_file_that_holds_no_job_is_refused(jobs: JobService, tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    path.write_text("type: pipeline\njobs: {}\n", "utf-8")
    with pytest.raises(JobError, match="is no job that can be run as it is"):
        jobs.read_file(path)
