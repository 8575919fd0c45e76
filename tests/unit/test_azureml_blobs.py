"""Blob storage: lists as they were recorded, leave by SAS, key or token, and what a URI leads to."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import UserError
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.files import blobs, stores
from desktop_app.backends.azureml.files.blobs import Blob, Container
from tests.emulator.blob_signing import service_text, sign
from tests.helpers.told_cloud import asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, told

ADDRESS = "https://acc.blob.core.windows.net/azureml"
LISTED = """\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Prefix>p</Prefix><Blobs>
<Blob><Name>p/folder</Name><Properties><Content-Length>0</Content-Length><ResourceType>directory</ResourceType>
</Properties></Blob>
<Blob><Name>p/marked</Name><Properties><Content-Length>0</Content-Length></Properties>
<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>
<Blob><Name>p/ä b.txt</Name><Properties><Content-Length>12</Content-Length><Content-MD5>AAA=</Content-MD5></Properties>
<Metadata /></Blob></Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"""


def test_a_page_without_what_is_no_file() -> None:
    found, marker = blobs.parsed(LISTED.format(marker="m1"))
    assert found == [Blob("p/ä b.txt", 12, "AAA=")]
    assert marker == "m1"


def test_a_name_that_xml_can_not_hold_comes_encoded() -> None:
    named = LISTED.format(marker="").replace("<Name>p/ä b.txt", '<Name Encoded="true">p/a%EF%BF%BF%2525')
    assert blobs.parsed(named)[0] == [Blob("p/a\uffff%25", 12, "AAA=")]
    odd = LISTED.format(marker="").replace(">12<", ">many<")
    assert blobs.parsed(odd)[0] == [Blob("p/ä b.txt", 0, "AAA=")]


def test_what_is_no_list_is_a_fault_of_the_service() -> None:
    with pytest.raises(CloudFault, match="can't be read") as caught:
        blobs.parsed("<html>")
    assert caught.value.kind == "service"


async def test_a_list_goes_over_its_pages() -> None:
    wire = ToldWire()
    wire.on("GET", "comp=list", told(LISTED.format(marker="two/2")))
    wire.on("GET", "marker=two%2F2", told(LISTED.format(marker="")))
    assert len(await blobs.listing(wire, WORKSPACE, Container(ADDRESS, "sig=x"), "p/")) == 2
    assert [each.audience for each in wire.asked] == ["", ""]


async def test_without_a_signature_a_token_goes_along() -> None:
    wire = ToldWire()
    wire.on("GET", "comp=list", told(LISTED.format(marker="")))
    await blobs.listing(wire, WORKSPACE, Container(ADDRESS), "")
    assert wire.asked[0].audience == "storage"
    assert wire.asked[0].headers["x-ms-version"]


def test_leave_is_in_no_repr() -> None:
    assert "secret" not in repr(Container(ADDRESS, "sig=secret"))


def test_leave_by_what_the_service_answers() -> None:
    plain = Container(ADDRESS)
    assert blobs.allowed(plain, {"secretsType": "Sas", "sasToken": "?sv=1&sig=a"}).leave == "sv=1&sig=a"
    assert "sig=" in blobs.allowed(plain, {"secretsType": "AccountKey", "key": base64.b64encode(b"k").decode()}).leave
    assert blobs.allowed(plain, {"secretsType": "None"}) == plain


@given(st.text(min_size=1, max_size=30).filter(lambda each: each.isprintable()))
def test_names_are_quoted(name: str) -> None:
    url = Container(ADDRESS, "sig=x").url(name)
    assert url.startswith(f"{ADDRESS}/")
    assert url.count("?") == 1
    assert " " not in url


def test_times_of_a_signature_begin_before_now_and_end_soon() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    told_by = parse_qs(blobs.signature(ADDRESS, base64.b64encode(b"k").decode(), now))
    assert told_by["st"] == ["2026-11-21T11:45:00Z"]
    assert told_by["se"] == ["2026-11-21T13:00:00Z"]
    assert told_by["sp"] == ["rl"]


@pytest.mark.parametrize(
    ("uri", "address", "path"),
    [
        ("azureml://datastores/d/paths/a/b", ADDRESS, "a/b"),
        ("azureml://subscriptions/s/resourceGroups/g/workspaces/w/datastores/d/paths/a%20b", ADDRESS, "a b"),
        ("azureml://jobs/r/outputs/artifacts/paths/outputs/m", ADDRESS, "ExperimentRun/dcid.r/outputs/m"),
        ("azureml://jobs/r/outputs/named/paths/m", ADDRESS, "azureml/r/named/m"),
        ("https://other.blob.core.windows.net/c/a/b?sig=s", "https://other.blob.core.windows.net/c", "a/b"),
    ],
)
async def test_where_a_uri_leads(tmp_path: Path, uri: str, address: str, path: str) -> None:
    wire = ToldWire()
    wire.on("GET", "/datastores/", told({"properties": {
        "accountName": "acc", "containerName": "azureml", "credentials": {"credentialsType": "None"}}}))  # fmt: skip
    container, found = await stores.locate(asking_of(wire, tmp_path), WORKSPACE, uri)
    assert (container.address, found) == (address, path)


@pytest.mark.parametrize("uri", ["azureml:m:1", "wasbs://c@a.blob.core.windows.net/x", "x"])
async def test_what_leads_nowhere(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UserError, match="is no path of a datastore"):
        await stores.locate(asking_of(ToldWire(), tmp_path), WORKSPACE, uri)


async def test_a_datastore_of_no_blobs(tmp_path: Path) -> None:
    wire = ToldWire()
    wire.on("GET", "/datastores/d", told({"properties": {"datastoreType": "AzureDataLakeGen1"}}))
    with pytest.raises(UserError, match="holds AzureDataLakeGen1"):
        await stores.locate(asking_of(wire, tmp_path), WORKSPACE, "azureml://datastores/d/paths/x")


def test_the_signature_is_one_that_storage_takes() -> None:
    """As the emulator's own storage computes it, which was compared with Azurite."""
    key = base64.b64encode(b"0123456789").decode()
    query = {name: each[0] for name, each in parse_qs(blobs.signature(ADDRESS, key, datetime.now(UTC))).items()}
    assert query["sig"] == sign(key, service_text(query, "acc", "azureml", ""))
