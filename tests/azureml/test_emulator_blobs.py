"""The emulated storage: the real client gets the same answers from the built-in store and from Azurite."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.azurite import Azurite, installed, missing
from tests.emulator.azurite_blobs import AzuriteBlobs
from tests.emulator.blob_signing import account_key
from tests.emulator.blob_store import Store
from tests.emulator.blobs import Blobs, BuiltInBlobs, Links
from tests.emulator.clock import Clock
from tests.helpers.emulators import ROOT, Emulator, Sdk, SdkError, running_emulator
from tests.helpers.waiting import wait_until

STORES = ("built-in", "azurite")


def _azurite_or_skip() -> None:
    if missing():
        pytest.skip(missing())
    installed()


@pytest.fixture(scope="module", params=STORES)
def storage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Emulator]]:
    """An emulator with either store."""
    options = []
    if request.param == "azurite":
        _azurite_or_skip()
        options = ["--azurite"]
    with running_emulator(tmp_path_factory.mktemp("storage"), *options) as running:
        yield request.param, running


@pytest.fixture(scope="module")
def client(
    storage: tuple[str, Emulator], azureml_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sdk]:
    """azure-storage-blob with `service` and `box`, a container of the workspace's account."""
    _, emulator = storage
    with Sdk(azureml_python, emulator.environment, tmp_path_factory.mktemp("client")) as running:
        account = running(
            "client(config).datastores.get('workspaceblobstore').account_name", config=str(emulator.config)
        )
        running(_SET_UP, account=account, key=account_key(account))
        yield running


_SET_UP = """
import datetime, os, urllib.request
from azure.core.exceptions import AzureError
from azure.identity import EnvironmentCredential
from azure.storage.blob import (
    BlobBlock, BlobClient, BlobServiceClient, ContentSettings, generate_account_sas, generate_blob_sas,
    generate_container_sas,
)
address = f"https://{account}.blob.core.windows.net"
service = BlobServiceClient(address, credential=key)
box = service.create_container("box")

def refused(work, *given, **named):
    "The code of the refusal, with its status."
    try:
        work(*given, **named)
    except AzureError as error:
        return [error.status_code, error.response.headers.get("x-ms-error-code")]
    return "let through"

def later(hours):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)

def sas(name, permission="r", hours=1, secret=key, **more):
    more |= {"account_key": secret, "permission": permission, "expiry": later(hours)}
    return f"{address}/box/{name}?{generate_blob_sas(account, 'box', name, **more)}"
"""


def test_a_blob_is_written_read_in_parts_described_and_removed(client: Sdk) -> None:
    found = client(
        """
        blob = box.get_blob_client("a b/ü%+#.txt")
        made = blob.upload_blob(b"hello world", metadata={"name": "x"}, content_settings=ContentSettings("text/plain"))
        told = blob.get_blob_properties()
        again = refused(blob.upload_blob, b"other")
        over = refused(blob.upload_blob, b"hello again", overwrite=True)
        parts = [blob.download_blob().readall(), blob.download_blob(offset=3, length=4).readall(),
                 blob.download_blob(offset=6).readall()]
        beyond = refused(lambda: blob.download_blob(offset=99, length=1).readall())
        blob.set_blob_metadata({"name": "y"})
        changed = blob.get_blob_properties()
        blob.delete_blob()
        result = [made["etag"] != changed.etag, told.size, told.metadata, told.content_settings.content_type, again,
                  over, [str(part) for part in parts], beyond, changed.metadata, blob.exists(),
                  refused(blob.download_blob), str(told.blob_type)]
        """
    )
    parts = ["b'hello again'", "b'lo a'", "b'again'"]
    assert found == [
        True, 11, {"name": "x"}, "text/plain", [409, "BlobAlreadyExists"], "let through",
        parts, [416, "InvalidRange"], {"name": "y"}, False, [404, "BlobNotFound"], "BlobType.BLOCKBLOB",
    ]  # fmt: skip


def test_a_listing_has_prefixes_folders_metadata_and_pages(client: Sdk) -> None:
    found = client(
        """
        names = ["l/a", "l/b/1", "l/b/2", "l/b/c/3", "l/d", "m"]
        for name in names:
            box.upload_blob(name, name.encode(), metadata={"of": name.replace("/", "-")})
        flat = [[each.name, each.size, each.metadata["of"]] for each in box.list_blobs("l/", include=["metadata"])]
        folder = [each.name for each in box.walk_blobs("l/", delimiter="/")]
        pages = [[each.name for each in page] for page in box.list_blobs("l/", results_per_page=2).by_page()]
        result = [flat, folder, pages, [each.name for each in service.list_containers("box")]]
        for name in names:
            box.delete_blob(name)
        """
    )
    flat, folder, pages, containers = found
    assert [each[0] for each in flat] == ["l/a", "l/b/1", "l/b/2", "l/b/c/3", "l/d"]
    assert [each[1:] for each in flat] == [[len(each[0]), each[0].replace("/", "-")] for each in flat]
    assert sorted(folder) == ["l/a", "l/b/", "l/d"]
    assert pages == [["l/a", "l/b/1"], ["l/b/2", "l/b/c/3"], ["l/d"]]
    assert containers == ["box"]


def test_an_append_blob_grows_and_is_read_from_where_one_was(client: Sdk) -> None:
    found = client(
        """
        log = box.get_blob_client("std_log.txt")
        log.create_append_blob()
        empty = [log.download_blob().readall().decode(), refused(lambda: next(iter(log.download_blob(0, 5).chunks())))]
        for line in ("one\\n", "two\\n", "three\\n"):
            last = log.append_block(line.encode())
        rest = log.download_blob(offset=4).readall().decode()
        told = log.get_blob_properties()
        wrong_place = refused(log.append_block, b"x", appendpos_condition=3)
        result = [empty[0], last["blob_append_offset"], last["blob_committed_block_count"], rest, told.size,
                  str(told.blob_type), wrong_place, refused(log.stage_block, "YQ==", b"x") in
                  ([409, "InvalidBlobType"], "let through")]
        """
    )
    assert found == [
        "", "8", 3, "two\nthree\n", 14, "BlobType.APPENDBLOB", [412, "AppendPositionConditionNotMet"], True
    ]  # fmt: skip


def test_a_large_blob_goes_up_in_blocks_and_comes_down_in_ranges(client: Sdk) -> None:
    found = client(
        """
        many = BlobServiceClient(address, credential=key, max_single_put_size=65536, max_block_size=65536,
                                 max_single_get_size=65536, max_chunk_get_size=65536)
        large, data = many.get_blob_client("box", "large"), os.urandom(300_000)
        large.upload_blob(data, max_concurrency=4)
        blocks = large.get_block_list("all")
        same = large.download_blob(max_concurrency=4).readall() == data
        large.stage_block("eno=", b"tail")
        waiting = [block["size"] if isinstance(block, dict) else block.size for block in large.get_block_list("all")[1]]
        kept = [BlobBlock(block["id"] if isinstance(block, dict) else block.id) for block in blocks[0]]
        missing = refused(large.commit_block_list, [BlobBlock("none0")])
        small = many.get_blob_client("box", "small")
        small.stage_block("one", b"one"); small.stage_block("two", b"two")
        small.commit_block_list([BlobBlock("two"), BlobBlock("one"), BlobBlock("two")])
        small.stage_block("new", b"new!")
        small.commit_block_list([BlobBlock("one"), BlobBlock("new"), BlobBlock("two")])
        copy = many.get_blob_client("box", "copy")
        copied = copy.start_copy_from_url(large.url)["copy_status"]
        result = [len(blocks[0]), same, waiting, missing, small.download_blob().readall().decode(), copied,
                  copy.download_blob().readall() == data]
        """
    )
    assert found == [5, True, [4], [400, "InvalidBlockList"], "onenew!two", "success", True]


def test_a_sas_opens_what_it_names_and_nothing_else(storage: tuple[str, Emulator], client: Sdk) -> None:
    found = client(
        """
        box.upload_blob("open", b"open"); box.upload_blob("other", b"other")
        def read(url):
            return BlobClient.from_blob_url(url).download_blob().readall()
        def write(url):
            BlobClient.from_blob_url(url).upload_blob(b"x", overwrite=True)
        whole = generate_container_sas(account, "box", account_key=key, permission="rl", expiry=later(1))
        all_of_it = generate_account_sas(account, key, "co", "rl", later(1))
        wrong = key[:-4] + ("AAA=" if not key.endswith("AAA=") else "BBB=")
        good = [read(sas("open")), read(f"{address}/box/other?{whole}"), read(f"{address}/box/other?{all_of_it}")]
        bad = {
            "another blob": refused(read, sas("open").replace("/open?", "/other?")),
            "another key": refused(read, sas("open", secret=wrong)),
            "expired": refused(read, sas("open", hours=-1, start=later(-2))),
            "expired, no start": refused(read, sas("open", hours=-1)),
            "not yet": refused(read, sas("open", hours=3, start=later(2))),
            "no signature": refused(read, f"{address}/box/open"),
            "may not write": refused(write, sas("open")),
            "may not delete": refused(BlobClient.from_blob_url(sas("open", "rcw")).delete_blob),
            "may make, not replace": refused(write, sas("open", "c")),
            "may make": refused(BlobClient.from_blob_url(sas("made", "c")).upload_blob, b"x"),
            "wrong key": refused(BlobClient(address, "box", "open", credential=wrong).download_blob),
        }
        result = [[each.decode() for each in good], bad]
        """
    )
    good, bad = found
    assert good == ["open", "other", "other"]
    assert bad == (REFUSALS if storage[0] == "built-in" else REFUSALS | AZURITE_SAYS)


REFUSALS: dict[str, Any] = {
    "another blob": [403, "AuthenticationFailed"],
    "another key": [403, "AuthenticationFailed"],
    "expired": [403, "AuthenticationFailed"],
    "expired, no start": [403, "AuthenticationFailed"],
    "not yet": [403, "AuthenticationFailed"],
    "no signature": [409, "PublicAccessNotPermitted"],
    "may not write": [403, "AuthorizationPermissionMismatch"],
    "may not delete": [403, "AuthorizationPermissionMismatch"],
    "may make, not replace": [403, "AuthorizationPermissionMismatch"],
    "may make": "let through",
    "wrong key": [403, "AuthenticationFailed"],
}

AZURITE_SAYS: dict[str, Any] = {
    # Where Azurite's word is another than the service's, the service's (from recordings and users' reports) is ours.
    name: [403, "AuthorizationFailure"]
    for name in ("another blob", "another key", "expired", "expired, no start", "not yet", "no signature")
} | {"wrong key": [400, "InvalidAuthenticationInfo"]}


def test_a_token_opens_what_the_account_holds(client: Sdk) -> None:
    found = client(
        """
        box.upload_blob("by-token", b"by token", overwrite=True)
        class Made:
            def get_token(self, *scopes, **more):
                from azure.core.credentials import AccessToken
                return AccessToken("eyJhbGciOiJub25lIn0.e30.", 2_000_000_000)
        signed_in = BlobServiceClient(address, credential=EnvironmentCredential()).get_blob_client("box", "by-token")
        made_up = BlobServiceClient(address, credential=Made()).get_blob_client("box", "by-token")
        result = [signed_in.download_blob().readall().decode(), refused(made_up.download_blob)[0]]
        """
    )
    assert found[0] == "by token"
    assert found[1] in (401, 403)


@pytest.fixture(params=STORES)
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Blobs]:
    """Either store, as the other parts of the emulator use it."""
    links = Links(Clock())
    if request.param == "built-in":
        yield BuiltInBlobs(Store(tmp_path), links)
        return
    _azurite_or_skip()
    kept = AzuriteBlobs(Azurite(tmp_path, ["one"]), links)
    try:
        yield kept
    finally:
        await kept.close()


async def test_the_other_parts_write_read_list_and_remove_blobs(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)))
    await blobs.put("one", "box", "d/ä b", b"first", metadata={"k": "v"})
    await blobs.put("one", "box", "d/ä b", b"second")
    await blobs.put("one", "box", "file", tmp_path / "file")
    (tmp_path / "large").write_bytes(large := os.urandom(9 << 20))
    await blobs.put("one", "box", "large/é", tmp_path / "large", metadata={"k": "v"})
    assert await blobs.get("one", "box", "large/é") == large
    await blobs.delete("one", "box", "large/é")
    await blobs.append("one", "box", "log", b"one\n")
    await blobs.append("one", "box", "log", b"two\n")
    await blobs.append("one", "box", "empty", b"")
    await blobs.put("two", "other", "x", b"in an account that was not known at the start")
    assert await blobs.get("one", "box", "d/ä b") == b"second"
    assert await blobs.get("one", "box", "file", 10, 3) == bytes([10, 11, 12])
    assert await blobs.get("one", "box", "log", 4) == b"two\n"
    assert await blobs.get("one", "box", "absent") is None
    assert await blobs.get("one", "nowhere", "absent") is None
    assert list(await blobs.list("one", "box")) == ["d/ä b", "empty", "file", "log"]
    assert list(await blobs.list("one", "box", "d/")) == ["d/ä b"]
    assert list(await blobs.list("one", "nowhere")) == []
    assert [(each.size, each.kind) for each in await blobs.entries("one", "box", "log")] == [(8, "AppendBlob")]
    assert await blobs.exists("two", "other", "x")
    await blobs.delete("one", "box", "log")
    await blobs.delete("one", "box", "log")
    assert not await blobs.exists("one", "box", "log")


def test_links_that_the_emulator_hands_out_are_good_and_end(client: Sdk, storage: tuple[str, Emulator]) -> None:
    account = client("account")
    client("box.upload_blob('linked', b'linked', overwrite=True); result = 1")
    links = Links(Clock())
    for url in (
        links.sas_url(account, "box", "linked"),
        f"{links.url(account, 'box', 'linked')}?{links.sas(account, 'box', permissions='rl')}",
        f"{links.url(account, 'box', 'linked')}?{links.account_sas(account)}",
    ):
        assert client("BlobClient.from_blob_url(url).download_blob().readall().decode()", url=url) == "linked"
    spent = Links(Clock(timedelta(hours=-3))).sas_url(account, "box", "linked")
    with pytest.raises(SdkError) as refused:
        client("BlobClient.from_blob_url(url).download_blob().readall()", url=spent)
    assert refused.value.status == 403
    if storage[0] == "built-in":
        assert "Signature not valid in the specified time frame: Start [" in str(refused.value)


def test_a_workspace_without_keys_is_used_by_who_is_signed_in(azureml_python: Path, tmp_path: Path) -> None:
    with (
        running_emulator(tmp_path / "home", "--secrets", "none") as keyless,
        Sdk(azureml_python, keyless.environment, tmp_path) as sdk,
    ):
        found = sdk(
            """
            import pathlib
            from azure.storage.blob import BlobClient
            ml = client(config)
            pathlib.Path("model.txt").write_text("weights")
            account = ml.datastores.get("workspaceblobstore").account_name
            path = ml.models.create_or_update(entities.Model(name="m", path="model.txt", type="custom_model")).path
            name = path.partition("/paths/")[2]
            address = f"https://{account}.blob.core.windows.net"
            def read(credential):
                try:
                    return BlobClient(address, box, name, credential=credential).download_blob().readall().decode()
                except Exception as error:
                    return error.response.headers.get("x-ms-error-code")
            from azure.storage.blob import BlobServiceClient, generate_blob_sas
            import datetime
            now = datetime.datetime.now(datetime.timezone.utc)
            until = now + datetime.timedelta(hours=1)
            lent = BlobServiceClient(address, EnvironmentCredential()).get_user_delegation_key(now, until)
            link = generate_blob_sas(account, box, name, user_delegation_key=lent, permission="r", expiry=until)
            other = generate_blob_sas(account, box, "other", user_delegation_key=lent, permission="r", expiry=until)
            result = [read(EnvironmentCredential()), read(key), read(link), read(other)]
            """,
            config=str(keyless.config),
            box=_default_container(keyless),
            key=account_key("any"),
        )
        assert found == ["weights", "KeyBasedAuthenticationNotPermitted", "weights", "AuthenticationFailed"]


def _default_container(emulator: Emulator) -> str:
    found = emulator.ask("GET", "{ws}/datastores/workspaceblobstore").json
    name: str = found["properties"]["containerName"]
    return name


@pytest.mark.parametrize("storage", ["azurite"], indirect=True)
def test_a_job_runs_and_is_fetched_with_its_blobs_in_azurite(storage: tuple[str, Emulator], client: Sdk) -> None:
    emulator = storage[1]
    client(
        """
        import pathlib
        ml = client(config)
        pathlib.Path("src").mkdir(exist_ok=True)
        pathlib.Path("src", "hello.py").write_text("print('hello from azurite')")
        asked = {"code": "src", "command": "python hello.py"}
        asked["environment"] = "azureml://registries/azureml/environments/sklearn-1.5/versions/1"
        ml.jobs.create_or_update(command(**asked, name="in-azurite"))
        """,
        config=str(emulator.config),
    )
    status = "ml.jobs.get('in-azurite').status"
    wait_until(lambda: client(status) in ("Completed", "Failed"), what="the job")
    assert client(status) == "Completed"
    found = client(
        "ml.jobs.download('in-azurite', download_path='fetched', all=True); "
        "result = pathlib.Path('fetched/artifacts/user_logs/std_log.txt').read_text()"
    )
    assert "hello from azurite" in found


def test_without_node_the_emulator_says_what_azurite_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.emulator", "--home", str(tmp_path), "--azurite"]
    bare = {**os.environ, "PATH": str(tmp_path)}
    ended = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (1, "Azurite needs node and npm, version 20 or later of Node.js.\n")
