"""The built-in blob server by itself: forms as recorded, ranges, conditions, listings, signatures, memory."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote
from xml.etree import ElementTree

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.backends.azureml.files import blobs
from tests.emulator.blob_answers import answer
from tests.emulator.blob_listing import page_of
from tests.emulator.blob_signing import account_key, shared_key_text, sign
from tests.emulator.blob_store import Store
from tests.emulator.blobs import BuiltInBlobs, Links
from tests.emulator.clock import Clock
from tests.emulator.crc64 import crc64
from tests.emulator.options import Options
from tests.emulator.routing import Answer, Call, FilePart
from tests.emulator.service import Service
from tests.emulator.state import State

ACCOUNT = "acct"


class Storage:
    """A storage account of the emulator, asked without a network."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        self.store = Store(home, self.clock.now)
        self.links = Links(self.clock)
        blobs = BuiltInBlobs(self.store, self.links)
        self.service = Service(State("tenant", "subscription", "group"), Options(home), blobs, self.clock)
        self.service.add_part(self.store)
        self.store.container(ACCOUNT, "box")

    async def ask(
        self, method: str, name: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Ask with the account's key."""
        told = {key.lower(): value for key, value in (headers or {}).items()}
        told = {"x-ms-date": format_datetime(self.clock.now(), usegmt=True), "content-length": str(len(body)), **told}
        asked = dict(parse_qsl(query, keep_blank_values=True))
        text = shared_key_text(method, _path(name), asked, told, ACCOUNT)
        told.setdefault("authorization", f"SharedKey {ACCOUNT}:{sign(account_key(ACCOUNT), text)}")
        return await answer(self.service, _call(method, name, asked, told, body))

    async def follow(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """Ask with a link."""
        path, _, query = url.removeprefix(f"https://{ACCOUNT}.blob.core.windows.net").partition("?")
        name = path.removeprefix("/box").lstrip("/")
        return await answer(self.service, _call(method, name, dict(parse_qsl(query)), headers or {}))


def _call(method: str, name: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes = b"") -> Call:
    host, parts = f"{ACCOUNT}.blob.core.windows.net", {"container": "box", "name": name}
    return Call(method, host, _path(name), parts, query, headers, body, "blob")


def _path(name: str) -> str:
    return "/box" + (f"/{quote(name, safe='/~')}" if name else "")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path)


def _body(answer: Answer) -> bytes:
    return b"".join(answer.pieces(1 << 16))


async def test_an_error_is_xml_with_a_mark_and_its_code_in_a_header(storage: Storage) -> None:
    absent = await storage.ask("GET", "absent")
    assert absent.status == 404
    assert absent.headers["x-ms-error-code"] == "BlobNotFound"
    text = _body(absent).decode()
    assert text.startswith('\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>')
    assert "The specified blob does not exist.\nRequestId:" in text
    assert _body(await storage.ask("HEAD", "absent")) == b""
    nowhere = await storage.follow(storage.links.sas_url(ACCOUNT, "box", "x").replace("/box/", "/none/"))
    assert nowhere.status == 403


async def test_a_range_of_nothing_is_416_as_recorded(storage: Storage) -> None:
    storage.store.append(ACCOUNT, "box", "log", b"")
    empty = await storage.ask("GET", "log", headers={"x-ms-range": "bytes=0-33554431"})
    assert (empty.status, empty.headers["Content-Range"]) == (416, "bytes */0")
    assert (await storage.ask("GET", "log")).status == 200
    storage.store.append(ACCOUNT, "box", "log", b"line\n")
    at_end = await storage.ask("GET", "log", headers={"Range": "bytes=5-"})
    assert (at_end.status, at_end.headers["Content-Range"]) == (416, "bytes */5")


async def test_a_range_of_a_block_blob_tells_both_its_own_and_the_whole_md5(storage: Storage) -> None:
    blob = storage.store.put(ACCOUNT, "box", "b", b"0123456789")
    part = await storage.ask("GET", "b", headers={"x-ms-range": "bytes=2-4", "x-ms-range-get-content-md5": "true"})
    assert (part.status, _body(part), part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert part.headers["x-ms-blob-content-md5"] == blob.md5
    assert part.headers["Content-MD5"] == base64.b64encode(hashlib.md5(b"234").digest()).decode()
    head = await storage.ask("HEAD", "b")
    assert (head.headers["Content-MD5"], head.headers["x-ms-access-tier"]) == (blob.md5, "Hot")
    assert "x-ms-access-tier" not in part.headers


@settings(max_examples=60)
@given(data=st.binary(max_size=64), start=st.integers(0, 80), length=st.integers(1, 80))
async def test_every_range_is_that_part_of_the_bytes(
    data: bytes, start: int, length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    storage = Storage(tmp_path_factory.mktemp("range"))
    storage.store.put(ACCOUNT, "box", "b", data)
    found = await storage.ask("GET", "b", headers={"Range": f"bytes={start}-{start + length - 1}"})
    wanted = data[start : start + length]
    assert (found.status, _body(found) if wanted else b"") == (206 if wanted else 416, wanted)


@settings(max_examples=80)
@given(
    names=st.sets(st.text("ab/é", min_size=1, max_size=6), max_size=25),
    prefix=st.text("ab/é", max_size=2),
    delimiter=st.sampled_from(["", "/"]),
    most=st.integers(1, 6),
)
def test_pages_hold_every_blob_and_folder_once_and_in_order(
    names: set[str], prefix: str, delimiter: str, most: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = Store(tmp_path_factory.mktemp("list"))
    for name in names:
        store.put(ACCOUNT, "box", name, b"")
    box, marker = store.container(ACCOUNT, "box"), ""
    blobs: list[str] = []
    folders: list[str] = []
    while True:
        asked = {"prefix": prefix, "delimiter": delimiter, "marker": marker, "maxresults": str(most)}
        page = page_of(box, asked)
        assert len(page.blobs) + len(page.prefixes) <= most
        blobs += [blob.name for blob in page.blobs]
        folders += page.prefixes
        marker = page.following
        if not marker:
            break
    inside = sorted(name for name in names if name.startswith(prefix))
    in_folder = [name for name in inside if delimiter and delimiter in name[len(prefix) :]]
    assert blobs == [name for name in inside if name not in in_folder]
    assert folders == sorted({prefix + name[len(prefix) :].partition("/")[0] + "/" for name in in_folder})


async def test_a_listing_is_written_as_recorded(storage: Storage) -> None:
    storage.store.append(ACCOUNT, "box", "logs/std<&>log.txt", b"")
    text = _body(await storage.ask("GET", "", "restype=container&comp=list&prefix=logs/&include=metadata")).decode()
    assert text.startswith(
        '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults '
        'ServiceEndpoint="https://acct.blob.core.windows.net/" ContainerName="box"><Prefix>logs/</Prefix><Blobs><Blob>'
        "<Name>logs/std&lt;&amp;&gt;log.txt</Name><Properties><Creation-Time>"
    )
    assert text.endswith("<Metadata /><OrMetadata /></Blob></Blobs><NextMarker /></EnumerationResults>")
    told = [each.tag for each in ElementTree.fromstring(text.lstrip("\ufeff")).find("Blobs/Blob/Properties") or ()]
    assert told == [
        "Creation-Time", "Last-Modified", "Etag", "Content-Length", "Content-Type", "Content-Encoding",
        "Content-Language", "Content-CRC64", "Content-MD5", "Cache-Control", "Content-Disposition", "BlobType",
        "LeaseStatus", "LeaseState", "ServerEncrypted",
    ]  # fmt: skip


async def test_what_was_expected_of_a_blob_is_held_to(storage: Storage) -> None:
    first = storage.store.put(ACCOUNT, "box", "b", b"first")
    put = {"x-ms-blob-type": "BlockBlob"}
    assert (await storage.ask("PUT", "b", headers={**put, "If-None-Match": "*"})).status == 409
    assert (await storage.ask("PUT", "b", headers={**put, "If-Match": '"0x1"'})).status == 412
    assert (await storage.ask("GET", "b", headers={"If-None-Match": f'"{first.etag}"'})).status == 304
    assert (await storage.ask("PUT", "b", headers={**put, "If-Match": f'"{first.etag}"'}, body=b"second")).status == 201
    assert (await storage.ask("GET", "b", headers={"If-None-Match": f'"{first.etag}"'})).status == 200
    assert (await storage.ask("DELETE", "b", headers={"If-Match": f'"{first.etag}"'})).status == 412


async def test_bytes_that_are_not_those_of_the_md5_are_refused(storage: Storage) -> None:
    other = base64.b64encode(b"0" * 16).decode()
    refused = await storage.ask("PUT", "b", headers={"x-ms-blob-type": "BlockBlob", "Content-MD5": other}, body=b"x")
    assert (refused.status, refused.headers["x-ms-error-code"]) == (400, "Md5Mismatch")
    assert not storage.store.starting_with(ACCOUNT, "box")


async def test_a_name_that_xml_can_not_hold_is_listed_encoded_and_read_so(storage: Storage) -> None:
    """As our own reader takes it, and where the name is sound, as it is."""
    names = ["logs/a\x1b%25.txt", "logs/ä&b.txt", "logs/c\uffff"]
    for each in names:
        await storage.ask("PUT", each, headers={"x-ms-blob-type": "BlockBlob"}, body=b"1")
    text = _body(await storage.ask("GET", "", "restype=container&comp=list&prefix=logs/")).decode()
    assert '<Name Encoded="true">logs/a%1B%2525.txt</Name>' in text
    assert sorted(each.name for each in blobs.parsed(text)[0]) == sorted(names)


async def test_headers_that_can_not_be_read_are_the_clients_fault(storage: Storage) -> None:
    storage.store.append(ACCOUNT, "box", "log", b"x")
    for method, query, headers in (
        ("GET", "", {"If-Modified-Since": "yesterday"}),
        ("GET", "", {"If-Unmodified-Since": "tomorrow"}),
        ("PUT", "comp=appendblock", {"x-ms-blob-condition-appendpos": "-1"}),
    ):
        refused = await storage.ask(method, "log", query, headers)
        assert (refused.status, refused.headers["x-ms-error-code"]) == (400, "InvalidHeaderValue")
    listed = await storage.ask("GET", "", "restype=container&comp=list&maxresults=many")
    assert (listed.status, listed.headers["x-ms-error-code"]) == (400, "InvalidQueryParameterValue")


async def test_an_expired_link_says_so_in_the_words_of_the_service(storage: Storage) -> None:
    storage.store.put(ACCOUNT, "box", "b", b"x")
    url = storage.links.sas_url(ACCOUNT, "box", "b", hours=1)
    assert (await storage.follow(url)).status == 200
    storage.clock.skew = timedelta(hours=2)
    late = await storage.follow(url)
    assert (late.status, late.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    text = _body(late).decode()
    assert "<AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [" in text
    assert "GMT] - Expiry [" in text


async def test_links_live_no_longer_than_they_were_told_to(storage: Storage) -> None:
    storage.store.put(ACCOUNT, "box", "b", b"x")
    storage.links.lifetime = timedelta(minutes=1)
    url = storage.links.sas_url(ACCOUNT, "box", "b", hours=8)
    assert (await storage.follow(url)).status == 200
    storage.clock.skew = timedelta(minutes=2)
    assert (await storage.follow(url)).status == 403
    assert (await storage.follow(storage.links.sas_url(ACCOUNT, "box", "b", hours=8))).status == 200


async def test_a_clock_that_is_an_hour_off_is_told_by_the_date_of_the_request(storage: Storage) -> None:
    now = datetime.now(UTC)
    for hours in (-1, 1):
        date = format_datetime(now + timedelta(hours=hours), usegmt=True)
        refused = await storage.ask("GET", "b", headers={"x-ms-date": date})
        assert refused.status == 403
        assert f"Request date header too old: '{date}'" in _body(refused).decode()


async def test_an_account_without_keys_refuses_them_as_recorded(storage: Storage) -> None:
    storage.store.put(ACCOUNT, "box", "b", b"x")
    storage.store.account(ACCOUNT).keys_allowed = False
    for refused in (await storage.ask("GET", "b"), await storage.follow(storage.links.sas_url(ACCOUNT, "box", "b"))):
        assert (refused.status, refused.headers["x-ms-error-code"]) == (403, "KeyBasedAuthenticationNotPermitted")


async def test_an_account_without_keys_is_opened_by_what_an_identity_signed(storage: Storage) -> None:
    storage.store.put(ACCOUNT, "box", "b", b"x")
    storage.store.account(ACCOUNT).keys_allowed = False
    storage.links.signer = ("an object id", "a tenant")
    url = storage.links.sas_url(ACCOUNT, "box", "b")
    assert "skoid=an%20object%20id" in url
    assert (await storage.follow(url)).status == 200
    assert (await storage.follow(url.replace("skoid=an", "skoid=another"))).status == 403
    assert (await storage.follow(url.replace("sp=r", "sp=rw"))).status == 403
    whole = storage.links.url(ACCOUNT, "box", "b") + "?" + storage.links.sas(ACCOUNT, "box", permissions="rl")
    assert (await storage.follow(whole)).status == 200


async def test_what_the_storage_does_not_know_is_said_and_not_made_up(storage: Storage) -> None:
    refused = await storage.ask("PUT", "b", "comp=lease", {"x-ms-lease-action": "acquire"})
    assert (refused.status, refused.headers["x-ms-error-code"]) == (501, "NotEmulated")


async def test_the_end_of_a_huge_blob_is_read_without_the_rest(storage: Storage, tmp_path: Path) -> None:
    path, size = storage.store.new_file(storage.store.container(ACCOUNT, "box")), 6 << 30
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(size - 3)
        file.write(b"end")
    storage.store.settle(storage.store.container(ACCOUNT, "box"), "huge", path, "AppendBlob")
    before = psutil.Process().memory_info().rss
    end = await storage.ask("GET", "huge", headers={"Range": f"bytes={size - 3}-"})
    assert _body(end) == b"end"
    whole = await storage.ask("GET", "huge")
    assert whole.body == FilePart(path, 0, size)
    assert whole.headers["Content-Length"] == str(size)
    changed = storage.store.append(ACCOUNT, "box", "huge", b"!")
    assert (changed.size, changed.path) == (size + 1, path), "the new bytes alone are written, to the same file"
    assert psutil.Process().memory_info().rss - before < 200e6


def test_the_check_sum_is_that_of_the_service() -> None:
    assert crc64(b"123456789") == 0xAE8B14860A799888
