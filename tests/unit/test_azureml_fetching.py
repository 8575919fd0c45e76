"""What a run made, fetched while it goes on and ends: what grows may grow, what stands still is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import OutsideError
from desktop_app.backends.azureml.client.routes import handle_of
from desktop_app.backends.azureml.files.fetching import Fetching
from tests.helpers.told_cloud import Said, asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, told

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
