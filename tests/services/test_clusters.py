"""Clusters that wizards offer: of the workspace as it was last seen, and of the folder's files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Cluster, Compute
from desktop_app.services.cloud_lists import COMPUTES, CloudLists
from desktop_app.services.clusters import Clusters
from tests.helpers.fake_cloud import VISION, FakeCloud

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FILE = """$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json
name: {}
type: amlcompute
size: Standard_D2_v2
max_instances: 2
"""


GPU = Compute("gpu", "amlcompute", "Succeeded", "Standard_NC4as_T4_v3", maximum=4)
OLD = Compute("old", "amlcompute", "Deleting", "Standard_NC6")


async def test_those_last_seen_come_first(tmp_path: Path) -> None:
    cloud = FakeCloud(found_computes=[GPU, OLD])
    lists = CloudLists(cloud, tmp_path / "lists", lambda: NOW)
    (tmp_path / "mine.yml").write_text(FILE.format("mine"))
    (tmp_path / "gpu.yml").write_text(FILE.format("gpu"))
    find = Clusters(cloud, lists)
    assert sorted(each.name for each in find(tmp_path)) == ["gpu", "mine"], "nothing is asked for"
    await lists.ask(VISION, COMPUTES)
    assert find(tmp_path) == (
        Cluster("gpu", "Standard_NC4as_T4_v3", 4),
        Cluster("old", "Standard_NC6", 0, "Deleting"),
        Cluster("mine", "Standard_D2_v2", 2),
    )


def test_without_a_workspace(tmp_path: Path) -> None:
    cloud = FakeCloud(in_use=None)
    assert Clusters(cloud, CloudLists(cloud, tmp_path / "lists"))(tmp_path) == ()
