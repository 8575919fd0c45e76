"""Lists of a workspace are kept as they were last answered: given back offline, bounded, without secrets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Asset, Compute, Deployment, Endpoint, OutsideError, Quota, Workspace
from desktop_app.services import cloud_lists
from desktop_app.services.cloud_lists import ASSETS, COMPUTES, ENDPOINTS, QUOTAS, CloudLists, What
from tests.helpers.fake_cloud import VISION, FakeCloud

THEN = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
CLUSTER = Compute("gpu-cluster", "AmlCompute", "Succeeded", "Standard_NC4as_T4_v3", nodes={"idle": 1}, created=THEN)
MODEL = Asset("model", "digits", "3", "mlflow_model", created=THEN, tags={"a": "b"})
ENDPOINT = Endpoint("digits-ep", "Succeeded", url="https://x/score", deployments=(Deployment("d", "Failed", "m:1"),))
REGISTRY = What("environment", Asset, "azureml")


class Away(OutsideError):  # noqa: N818 - as CloudFault
    """Nobody answers."""

    kind = "offline"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud(
        found_computes=[CLUSTER], found_assets=[MODEL], found_endpoints=[ENDPOINT], found_quotas=[Quota("NC", 1, 8)]
    )


@pytest.fixture
def lists(cloud: FakeCloud, tmp_path: Path) -> CloudLists:
    return CloudLists(cloud, tmp_path / "lists", lambda: THEN)


def files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


async def test_every_list_comes_back_as_it_was(lists: CloudLists) -> None:
    every: tuple[What[Any], ...] = (COMPUTES, QUOTAS, ENDPOINTS, *ASSETS.values(), REGISTRY)
    for what in every:
        assert await lists.kept(VISION, what) is None
        asked = await lists.ask(VISION, what)
        assert await lists.kept(VISION, what) == asked
        assert asked.as_of == THEN
        assert asked.items


async def test_offline_the_last_answer_is_given_with_its_time_and_the_reason(
    lists: CloudLists, cloud: FakeCloud
) -> None:
    cloud.faults["assets"] = Away("No network.")
    with pytest.raises(OutsideError, match="No network"):
        await lists.ask_or_kept(VISION, ASSETS["model"])
    del cloud.faults["assets"]
    assert (await lists.ask_or_kept(VISION, ASSETS["model"])).fault is None
    cloud.faults["assets"] = Away("No network.")
    found = await lists.ask_or_kept(VISION, ASSETS["model"])
    assert (found.items, found.as_of, str(found.fault)) == ((MODEL,), THEN, "No network.")


async def test_an_answer_that_says_no_is_no_reason_to_show_the_old_one(lists: CloudLists, cloud: FakeCloud) -> None:
    await lists.ask(VISION, ASSETS["model"])
    cloud.faults["assets"] = OutsideError("You may not read this.")
    with pytest.raises(OutsideError, match="may not"):
        await lists.ask_or_kept(VISION, ASSETS["model"])


async def test_workspaces_and_registries_are_kept_apart_and_forgotten(lists: CloudLists, tmp_path: Path) -> None:
    twin = replace(VISION, group="other")
    await lists.ask(VISION, ASSETS["environment"])
    assert await lists.kept(twin, ASSETS["environment"]) is None
    assert await lists.kept(VISION, REGISTRY) is None
    await lists.ask(twin, REGISTRY)
    lists.forget(VISION)
    assert await lists.kept(VISION, ASSETS["environment"]) is None
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"form": 99}', b'{"form": 1, "workspace": 7}', b"\xff\xfe"])
async def test_a_damaged_file_is_as_if_there_was_none(lists: CloudLists, tmp_path: Path, damage: bytes) -> None:
    await lists.ask(VISION, COMPUTES)
    (path,) = files(tmp_path)
    path.write_bytes(damage)
    assert await lists.kept(VISION, COMPUTES) is None
    await lists.ask(VISION, COMPUTES)
    assert await lists.kept(VISION, COMPUTES) is not None


async def test_a_file_of_a_newer_program_with_more_in_it_is_read(lists: CloudLists, tmp_path: Path) -> None:
    await lists.ask(VISION, COMPUTES)
    (path,) = files(tmp_path)
    data = json.loads(path.read_text())
    data["items"][0]["colour"] = "red"
    path.write_text(json.dumps(data))
    kept = await lists.kept(VISION, COMPUTES)
    assert kept is not None
    assert kept.items == (CLUSTER,)


async def test_what_looks_like_a_secret_is_not_written(lists: CloudLists, cloud: FakeCloud, tmp_path: Path) -> None:
    signed = "https://store.blob.core.windows.net/data/a.csv?sv=1&sig=abcdefSECRET%3D"
    cloud.found_assets = [Asset("data", "d", "1", path=signed, tags={"password": "hunter2hunter2"})]
    assert (await lists.ask(VISION, ASSETS["data"])).items[0].path == signed, "who asks sees what the service says"
    (path,) = files(tmp_path)
    assert "SECRET" not in path.read_text()
    assert "hunter2" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


async def test_a_long_list_is_cut_and_says_so(
    lists: CloudLists, cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.found_assets = [replace(MODEL, name=f"m{at}") for at in range(3000)]
    await lists.ask(VISION, ASSETS["model"])
    kept = await lists.kept(VISION, ASSETS["model"])
    assert kept is not None
    assert (len(kept.items), kept.left_out) == (1000, 2000)
    monkeypatch.setattr(cloud_lists, "_MOST_BYTES", 5000)
    await lists.ask(VISION, ASSETS["model"])
    (path,) = files(tmp_path)
    kept = await lists.kept(VISION, ASSETS["model"])
    assert kept is not None
    assert path.stat().st_size < 5500
    assert 0 < len(kept.items) == 3000 - kept.left_out


async def test_a_disk_that_takes_nothing_costs_the_copy_alone(cloud: FakeCloud, tmp_path: Path) -> None:
    (tmp_path / "lists").write_text("a file where the folder would be")
    lists = CloudLists(cloud, tmp_path / "lists", lambda: THEN)
    assert (await lists.ask(VISION, COMPUTES)).items == (CLUSTER,)
    assert await lists.kept(VISION, COMPUTES) is None


_texts = st.text(max_size=20)
_assets: st.SearchStrategy[Sequence[Asset]] = st.lists(
    st.builds(
        Asset, st.just("model"), _texts, _texts, description=_texts,
        tags=st.dictionaries(st.text("ab", max_size=3), _texts),
        created=st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1)),  # noqa: DTZ001
    ),
    max_size=5,
)  # fmt: skip


@given(_assets, st.text(max_size=30))
def test_whatever_the_service_says_comes_back(
    tmp_path_factory: pytest.TempPathFactory, found: list[Asset], name: str
) -> None:
    workspace = Workspace(name, "s", "g")
    lists = CloudLists(FakeCloud(found_assets=found), tmp_path_factory.mktemp("lists"), lambda: THEN)

    async def there_and_back() -> None:
        asked = await lists.ask(workspace, ASSETS["model"])
        kept = await lists.kept(workspace, ASSETS["model"])
        assert kept is not None
        assert [each.name for each in kept.items if "•" not in each.name] == [
            each.name for each in asked.items if "•" not in each.name
        ]
        assert len(kept.items) == len(asked.items)

    asyncio.run(there_and_back())
