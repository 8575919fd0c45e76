"""What a run made, fetched while it goes on and ends: what grows may grow, what stands still is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import OutsideError
from desktop_app.backends.azureml.client.routes import handle_of
from desktop_app.backends.azureml.files.fetching import Fetching
from tests.helpers.told_cloud import Said, asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, fault, told

HANDLE = handle_of(WORKSPACE, "run-1")
STORE = {"properties": {"datastoreType": "AzureBlob", "accountName": "acc", "containerName": "azureml",
                        "endpoint": "core.windows.net", "credentials": {"credentialsType": "AccountKey"}}}  # fmt: skip
START = "ExperimentRun/dcid.run-1"
LISTED = f"""<?xml version='1.0' encoding='utf-8'?><EnumerationResults><Blobs>
<Blob><Name>{START}/user_logs/std_log.txt</Name><Properties><Content-Length>3</Content-Length></Properties></Blob>
</Blobs><NextMarker/></EnumerationResults>"""


@pytest.fixture
def wire() -> ToldWire:
    """A run whose log has become longer since it was listed."""
    made = ToldWire()
    made.on("GET", "/datastores/workspaceartifactstore?", told(STORE))
    made.on("POST", "/datastores/workspaceartifactstore/listSecrets", told({"sasToken": "?sig=s"}))
    made.on("GET", "comp=list", told(LISTED))
    made.files[f"https://acc.blob.core.windows.net/azureml/{START}/user_logs/std_log.txt"] = b"longer by now"
    return made


def fetching(wire: ToldWire, tmp_path: Path, *is_live: bool) -> Fetching:
    said = list(is_live)
    return Fetching(asking_of(wire, tmp_path), lambda _key: WORKSPACE, lambda _handle: said.pop(0) if said else False)


async def test_a_run_that_ends_while_its_log_is_fetched_is_no_fault(wire: ToldWire, tmp_path: Path) -> None:
    said = Said()
    found = await fetching(wire, tmp_path, True).fetch(HANDLE, (), tmp_path / "to", said)
    assert [each.read_bytes() for each in found] == [b"longer by now"]
    assert said[-1] == ("Fetched 1 of 1 file, 3 B", 1.0)


async def test_a_file_of_a_run_that_is_over_has_the_size_that_was_listed(wire: ToldWire, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="1 of 1 file could not be fetched"):
        await fetching(wire, tmp_path).fetch(HANDLE, (), tmp_path / "to", Said())


def of_two_leaves(wire: ToldWire, *, listed: bool) -> None:
    """Have the first leave end, before anything is `listed` or between that and the fetching."""
    wire.on("POST", "/listSecrets", lambda _ask: told({"sasToken": f"?sig={min(2, len(wire.urls('listSecrets')))}"}))
    log = f"https://acc.blob.core.windows.net/azureml/{START}/user_logs/std_log.txt"
    wire.files[log] = b"abc"
    wire.expired.add(f"{log}?sig=1")
    if not listed:
        wire.on("GET", "comp=list", lambda ask: fault("forbidden", 403) if "sig=1" in ask.url else told(LISTED))


@pytest.mark.parametrize("listed", [True, False])
async def test_leave_that_ended_is_asked_for_once_more(wire: ToldWire, tmp_path: Path, listed: bool) -> None:
    of_two_leaves(wire, listed=listed)
    (path,) = await fetching(wire, tmp_path).fetch(HANDLE, (), tmp_path / "to", Said())
    assert path.read_bytes() == b"abc"
    assert len(wire.urls("listSecrets")) == 2
    wire.expired.add(next(iter(wire.expired)).replace("sig=1", "sig=2"))
    with pytest.raises(OutsideError, match="could not be fetched"):
        await fetching(wire, tmp_path / "other").fetch(HANDLE, (), tmp_path / "there", Said())


async def test_leave_is_used_again_for_half_an_hour(wire: ToldWire, tmp_path: Path) -> None:
    now = [0.0]
    made = Fetching(asking_of(wire, tmp_path), lambda _key: WORKSPACE, lambda _handle: False, lambda: now[0])
    for now[0], asked in ((0.0, 1), (1799.0, 1), (1801.0, 2)):
        await made.artifacts(HANDLE)
        assert len(wire.urls("listSecrets")) == asked


async def test_named_outputs_lie_where_the_job_says(wire: ToldWire, tmp_path: Path) -> None:
    there = "azureml://subscriptions/s/workspaces/w/datastores/workspaceartifactstore/paths/made/here/"
    outputs = {"default": {"uri": "azureml://x"}, "model": {"uri": there}, "odd": None}
    wire.on("GET", "/jobs/run-1?", told({"properties": {"outputs": outputs}}))
    wire.on("GET", "/datastores/workspaceblobstore?", told(STORE))
    wire.on("POST", "/datastores/workspaceblobstore/listSecrets", told({"sasToken": "?sig=s"}))
    wire.on("GET", "prefix=made%2Fhere%2F&", told(LISTED.replace(f"{START}/user_logs/std_log.txt", "made/here/a.pt")))
    found = await fetching(wire, tmp_path).artifacts(HANDLE)
    assert [each.path for each in found] == ["named_outputs/model/a.pt", "user_logs/std_log.txt"]
    assert not wire.urls("default"), "the default output is the run's artifacts, which are listed already"
    assert wire.urls("prefix=azureml%2Frun-1%2Fodd%2F"), "one that names no place lies where Azure ML puts it"
