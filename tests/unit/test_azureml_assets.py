"""Models, data and environments: where a path leads, what is registered with what, and what can't be."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Asset, NewAsset, UserError
from desktop_app.backends.azureml.client.resources import again
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.files import stores
from desktop_app.backends.azureml.holdings import assets
from desktop_app.backends.azureml.holdings.asset_records import (
    SHELVES,
    asset_of,
    check_asset,
    model_type_of,
    origin_of,
    run_and_path,
    run_of,
    run_uri,
)
from desktop_app.backends.azureml.holdings.data import web_type
from desktop_app.backends.azureml.holdings.registering import local
from desktop_app.services.catalogues import facts
from tests.helpers.told_cloud import Said, asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, fault, md5_of, told

STORE = {"properties": {"datastoreType": "AzureBlob", "accountName": "acc", "containerName": "azureml",
                        "endpoint": "core.windows.net", "credentials": {"credentialsType": "AccountKey"}}}  # fmt: skip


def page(*names: str, size: int = 3) -> str:
    """Return a list of blobs as storage tells it."""
    blobs = "".join(
        f"<Blob><Name>{each}</Name><Properties><Content-Length>{size}</Content-Length></Properties></Blob>"
        for each in names
    )
    head = "\ufeff<?xml version='1.0' encoding='utf-8'?>"
    return f"{head}<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"


@pytest.fixture
def wire() -> ToldWire:
    """A workspace with the run `run-1`, which made a model."""
    made = ToldWire()
    made.on("GET", "/datastores/workspaceartifactstore?", told(STORE))
    made.on(
        "POST", "/datastores/workspaceartifactstore/listSecrets", told({"secretsType": "Sas", "sasToken": "?sig=s"})
    )
    start = "ExperimentRun/dcid.run-1/outputs"
    made.on("GET", "comp=list", told(page()))
    made.on(
        "GET", "outputs%2Fmodel&", told(page(f"{start}/model/MLmodel", f"{start}/model/w.bin", f"{start}/model.pt"))
    )
    made.on("GET", "outputs%2Fmodel.pt&", told(page(f"{start}/model.pt", f"{start}/model.pt.bak")))
    made.files = {f"https://acc.blob.core.windows.net/azureml/{start}/{each}": b"abc"
                  for each in ("model/MLmodel", "model/w.bin", "model.pt")}  # fmt: skip
    return made


def registered(wire: ToldWire, kind: str, name: str) -> dict[str, Any]:
    """Return what was sent to register an asset, which is there from then on."""
    put = [each for each in wire.asked if each.method == "PUT" and f"/{kind}/{name}/" in each.url]
    assert len(put) == 1
    body: Any = put[0].json
    properties: dict[str, Any] = body["properties"]
    return properties


def kept(wire: ToldWire, kind: str, name: str, version: str = "1") -> None:
    """Answer as the service does once an asset was put."""
    path = f"/{kind}/{name}/versions/{version}?"

    def put(ask: Any) -> Any:
        wire.on("GET", path, told({"name": version, **ask.json}))
        return told({"name": version, **ask.json}, 201)

    wire.on("PUT", path, put)


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("run-1:outputs/model.pt", "run"),
        ("digits_7f3k9q:outputs/model", "run"),
        ("azureml://datastores/d/paths/p", "cloud"),
        ("azureml:name:1", "cloud"),
        ("https://example.com/x.gz", "web"),
        ("outputs/model.pt", "local"),
        ("/a/b.pt", "local"),
        ("C:\\models\\m.pt", "local"),
        ("C:/models/m.pt", "local"),
        ("run-1:", "local"),
    ],
)
def test_where_a_path_leads(path: str, origin: str) -> None:
    assert origin_of(path) == origin


@given(st.text(max_size=40))
def test_any_text_leads_somewhere(path: str) -> None:
    assert origin_of(path) in ("run", "cloud", "web", "local")


@pytest.mark.parametrize("path", ["run-1:../x", "run-1:/etc/passwd", "run-1:a/../../b", "run-1:./"])
def test_a_path_of_a_run_stays_in_the_run(path: str) -> None:
    with pytest.raises(UserError, match="names no file of the run"):
        run_and_path(path)


def test_lineage_is_in_the_uri() -> None:
    assert run_and_path("run-1:./outputs/model/") == ("run-1", "outputs/model")
    assert run_of(run_uri("run-1", "outputs/model")) == "run-1"
    assert run_of("azureml://subscriptions/s/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.r-2/o") == "r-2"
    assert run_of("azureml://datastores/d/paths/p") == ""


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["MLmodel", "model.pkl"], "mlflow_model"),
        (["resnet/config.pbtxt", "resnet/1/model.onnx"], "triton_model"),
        (["model.pt"], "custom_model"),
        (["deep/MLmodel"], "custom_model"),
    ],
)
def test_a_model_is_what_its_files_say(names: list[str], kind: str) -> None:
    assert model_type_of(names) == kind


@pytest.mark.parametrize(
    ("asset", "words"),
    [
        (NewAsset("data", "mnist dataset", "x"), "can't be called “mnist dataset”"),
        (NewAsset("model", "", "x"), "can't be called"),
        (NewAsset("model", "m", "x", version="a b"), "is no version"),
        (NewAsset("model", "m", "x", type="uri_file"), "no model of type “uri_file”"),
        (NewAsset("data", "d", "x", type="mlflow_model"), "no data asset of type"),
    ],
)
def test_what_no_asset_may_be(asset: NewAsset, words: str) -> None:
    with pytest.raises(UserError, match=words):
        check_asset(asset, facts())


def test_a_version_as_recorded() -> None:
    body = {"name": "3", "properties": {"description": None, "tags": {"foo": "bar"}, "modelType": "mlflow_model",
                                        "modelUri": "azureml://x/paths/y", "jobName": None},
            "systemData": {"createdAt": "2026-03-26T19:14:50.5505339+00:00"}}  # fmt: skip
    found = asset_of(SHELVES["model"], "m", body)
    assert (found.version, found.type, found.tags, found.description, found.run) == (
        "3", "mlflow_model", {"foo": "bar"}, "", "",
    )  # fmt: skip
    assert found.created is not None


async def test_a_model_of_a_run(wire: ToldWire, tmp_path: Path) -> None:
    kept(wire, "models", "digits")
    new = NewAsset("model", "digits", "run-1:outputs/model", tags={"a": "b"})
    made = await assets.register(asking_of(wire, tmp_path), WORKSPACE, new, Said())
    assert (made.version, made.type, made.run) == ("1", "mlflow_model", "run-1")
    sent = registered(wire, "models", "digits")
    assert sent["modelUri"] == "azureml://jobs/run-1/outputs/artifacts/paths/outputs/model"
    assert sent["tags"] == {"a": "b"}


async def test_the_next_version_is_the_services(wire: ToldWire, tmp_path: Path) -> None:
    wire.on("GET", "/models/digits?", told({"properties": {"nextVersion": "8"}}))
    kept(wire, "models", "digits", "8")
    new = NewAsset("model", "digits", "run-1:outputs/model.pt")
    assert (await assets.register(asking_of(wire, tmp_path), WORKSPACE, new, Said())).version == "8"


async def test_one_version_is_found_by_its_number_or_as_the_latest(wire: ToldWire, tmp_path: Path) -> None:
    asking = asking_of(wire, tmp_path)
    versions = [
        {"name": each, "systemData": {"createdAt": f"2026-11-0{each}T00:00:00Z"}, "properties": {}} for each in "132"
    ]
    wire.on("GET", "/models/digits?", told({"name": "digits"}))
    wire.on("GET", "/models/digits/versions?", told({"value": versions}))
    wire.on("GET", "/models/digits/versions/2?", told(versions[2]))
    for asked, found in (("", "3"), ("latest", "3"), ("2", "2")):
        assert (await assets.one(asking, WORKSPACE, "model", "digits", asked)).version == found
    with pytest.raises(UserError, match="has no version 9") as caught:
        await assets.one(asking, WORKSPACE, "model", "digits", "9")
    assert caught.value.hint == "There are 3, 2, 1."


async def test_what_the_run_has_not_is_not_registered(wire: ToldWire, tmp_path: Path) -> None:
    for path in ("outputs/nope", "outputs/mod"):
        new = NewAsset("model", "m", f"run-1:{path}")
        with pytest.raises(UserError, match=f"The run run-1 has no {path} in vision"):
            await assets.register(asking_of(wire, tmp_path), WORKSPACE, new, Said())
    assert not [each for each in wire.asked if each.method == "PUT"]


async def test_a_version_that_is_there_is_not_replaced(wire: ToldWire, tmp_path: Path) -> None:
    wire.on("GET", "/models/m/versions/2?", told({"name": "2"}))
    new = NewAsset("model", "m", "run-1:outputs/model", version="2")
    with pytest.raises(UserError, match="m has a version 2 already"):
        await assets.register(asking_of(wire, tmp_path), WORKSPACE, new, Said())


async def test_a_local_file_goes_through_the_sdk(wire: ToldWire, tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_text("w")
    kept(wire, "models", "m")
    wire.on("GET", "/models/m/versions/1?", told({"name": "1", "properties": {"modelType": "custom_model"}}))
    wire.functions["upload_model"] = lambda asked: {"version": asked["version"]}
    asking = asking_of(wire, tmp_path)
    wire.on("GET", "/models/m/versions/5?", told(None, 404))
    made = await assets.register(asking, WORKSPACE, NewAsset("model", "m", str(file)), Said())
    assert made.type == "custom_model"
    ((function, arguments),) = wire.called
    assert (function, arguments["path"], arguments["type"]) == ("upload_model", str(file), "custom_model")


async def test_an_upload_is_tried_again_after_a_fault_of_the_network(wire: ToldWire, tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_text("w")
    wire.on("GET", "/models/m/versions/1?", told({"name": "1", "properties": {"modelType": "custom_model"}}))
    left = ["service", "offline"]

    def upload(asked: Any) -> Any:
        if left:
            raise fault(left.pop())  # type: ignore[arg-type]
        return {"version": asked["version"]}

    wire.functions["upload_model"] = upload
    said = Said()
    await assets.register(asking_of(wire, tmp_path), WORKSPACE, NewAsset("model", "m", str(file)), said)
    assert len(wire.called) == 3
    assert {str(each["version"]) for _name, each in wire.called} == {"1"}
    left += ["forbidden", "forbidden"]
    with pytest.raises(CloudFault, match="forbidden"):
        await assets.register(asking_of(wire, tmp_path), WORKSPACE, NewAsset("model", "m", str(file)), said)
    assert len(wire.called) == 4


async def test_what_is_asked_again_waits_as_the_service_wishes() -> None:
    faults = [fault("throttled", 429, 0.3)]

    async def work() -> str:
        if faults:
            raise faults.pop()
        return "done"

    began = time.monotonic()
    assert await again(work, 0.0) == "done"
    assert time.monotonic() - began >= 0.3


async def test_of_a_file_and_a_folder_of_one_name_the_file_is_meant(wire: ToldWire, tmp_path: Path) -> None:
    start = "ExperimentRun/dcid.run-1/outputs/model"
    wire.on("GET", "outputs%2Fmodel&", told(page(start, f"{start}/w.bin")))
    found = await stores.listing(asking_of(wire, tmp_path), WORKSPACE, run_uri("run-1", "outputs/model"))
    assert [each.path for each in found] == ["model"]


async def test_data_of_a_run_and_tables(wire: ToldWire, tmp_path: Path) -> None:
    kept(wire, "data", "made")
    asking = asking_of(wire, tmp_path)
    made = await assets.register(asking, WORKSPACE, NewAsset("data", "made", "run-1:outputs/model.pt"), Said())
    assert (made.type, made.run) == ("uri_file", "run-1")
    assert made.path == "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.run-1/outputs/model.pt"
    with pytest.raises(UserError, match="The run run-1 has no outputs/nope"):
        await assets.register(asking, WORKSPACE, NewAsset("data", "x", "run-1:outputs/nope"), Said())
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.csv").write_text("a")
    with pytest.raises(UserError, match="has no file MLTable"):
        await assets.register(asking, WORKSPACE, NewAsset("data", "x", str(tmp_path / "plain"), "mltable"), Said())


async def test_a_folder_without_mlmodel_is_no_mlflow_model(wire: ToldWire, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "x").write_text("")
    new = NewAsset("model", "m", str(tmp_path / "m"), type="mlflow_model")
    with pytest.raises(UserError, match="has no file MLmodel"):
        await assets.register(asking_of(wire, tmp_path), WORKSPACE, new, Said())


def test_nothing_to_upload(tmp_path: Path) -> None:
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    with pytest.raises(UserError, match="has no file in it"):
        local(str(tmp_path / "empty"))
    with pytest.raises(UserError, match="is not there"):
        local(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("url", "kind"), [("https://h/a.gz", "uri_file"), ("https://h/a/", "uri_folder"), ("https://h", "uri_folder")]
)
def test_web_addresses(url: str, kind: str) -> None:
    assert web_type(url) == kind


async def test_data_of_the_web_is_referred_to(wire: ToldWire, tmp_path: Path) -> None:
    kept(wire, "data", "mnist")
    new = NewAsset("data", "mnist", "https://example.com/train.gz")
    made = await assets.register(asking_of(wire, tmp_path), WORKSPACE, new, Said())
    assert (made.type, made.path) == ("uri_file", "https://example.com/train.gz")
    with pytest.raises(UserError, match="is no web address"):
        await assets.register(asking_of(wire, tmp_path), WORKSPACE, replace(new, path="https:///x"), Said())


async def test_a_model_comes_whole_and_nowhere_else(wire: ToldWire, tmp_path: Path) -> None:
    asking, folder = asking_of(wire, tmp_path), tmp_path / "to"
    model = Asset("model", "m", "1", path=run_uri("run-1", "outputs/model"))
    assert await assets.download(asking, WORKSPACE, model, folder, Said()) == folder
    assert sorted(each.name for each in folder.iterdir()) == ["MLmodel", "w.bin"]
    single = Asset("model", "m", "1", path=run_uri("run-1", "outputs/model.pt"))
    assert await assets.download(asking, WORKSPACE, single, folder, Said()) == folder / "model.pt"
    assert not (folder / "model.pt.bak").exists()
    before = len(wire.fetched)
    start = "ExperimentRun/dcid.run-1/outputs"
    listed = page(f"{start}/model.pt").replace(
        "</Content-Length>", f"</Content-Length><Content-MD5>{md5_of(b'abc')}</Content-MD5>"
    )
    wire.on("GET", "outputs%2Fmodel.pt&", told(listed))
    await assets.download(asking, WORKSPACE, single, folder, Said())
    assert len(wire.fetched) == before  # what is there whole is not fetched again


async def test_a_file_of_another_size_is_told(wire: ToldWire, tmp_path: Path) -> None:
    start = "ExperimentRun/dcid.run-1/outputs"
    wire.on("GET", "outputs%2Fmodel.pt&", told(page(f"{start}/model.pt", size=99)))
    model = Asset("model", "m", "1", path=run_uri("run-1", "outputs/model.pt"))
    with pytest.raises(CloudFault):
        await assets.download(asking_of(wire, tmp_path), WORKSPACE, model, tmp_path / "to", Said())


async def test_nothing_there_is_never_silent(wire: ToldWire, tmp_path: Path) -> None:
    model = Asset("model", "m", "1", path=run_uri("run-2", "outputs"))
    with pytest.raises(UserError, match="There are no files at"):
        await assets.download(asking_of(wire, tmp_path), WORKSPACE, model, tmp_path / "to", Said())


@pytest.mark.parametrize("other", ["MODEL.PT", "model.pt/part", "e\u0301/a"])
async def test_files_that_would_be_one_here_are_told_before_any_is_fetched(
    wire: ToldWire, tmp_path: Path, other: str
) -> None:
    start = "ExperimentRun/dcid.run-1/outputs/model"
    wire.on("GET", "outputs%2Fmodel&", told(page(*(f"{start}/{each}" for each in ("model.pt", "é/a", other)))))
    model = Asset("model", "m", "1", path=run_uri("run-1", "outputs/model"))
    with pytest.raises(UserError, match="can't be fetched"):
        await assets.download(asking_of(wire, tmp_path), WORKSPACE, model, tmp_path / "to", Said())
    assert wire.fetched == []


async def test_no_message_has_the_signature_of_an_address(wire: ToldWire, tmp_path: Path) -> None:
    for address in ("https://acc.blob.core.windows.net/azureml/none", "https://example.org/"):
        data = Asset("data", "d", "1", path=f"{address}?sv=1&sig=c2VjcmV0")
        with pytest.raises(UserError, match=address) as caught:
            await assets.download(asking_of(wire, tmp_path), WORKSPACE, data, tmp_path / "to", Said())
        assert "sig=" not in f"{caught.value}{caught.value.hint}{caught.value.details}"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\x", "C:x", ""])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="can't be fetched"):
        stores.target_below(tmp_path, name)
