"""Growing files and whole ones through the child: nothing twice, nothing lost, nothing unchecked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from desktop_app.backends.azureml.client.gateway_process import Gateway
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Tail
from tests.helpers.gateways import WORKSPACE, gateway_of, silent
from tests.helpers.https_servers import https_server

SIGNED = "?sv=2021&sig=c2VjcmV0"


class Blob:
    """A blob as the service serves it: ranges, ETags, 416 beyond its end; `cuts` end answers after so many bytes."""

    def __init__(self) -> None:
        self.data = b""
        self.sent = 0
        self.cuts: list[int] = []
        self.shorts: list[int] = []
        self.moved = 0
        self.md5 = ""
        self.knows_ranges = True
        self.status = 0
        self.unchanged = 0

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.data).hexdigest()[:8]}"'

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.status:
            return web.Response(status=self.status, text=EXPIRED, content_type="application/xml")
        if request.headers.get("If-Match", self.etag) != self.etag:
            return web.Response(status=412)
        self.unchanged += (is_same := request.headers.get("If-None-Match") == self.etag)
        if is_same:
            return web.Response(status=304, headers={"ETag": self.etag})
        start, headers, size = 0, {"ETag": self.etag}, len(self.data)
        if self.md5:
            headers["x-ms-blob-content-md5"] = self.md5
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if asked and self.knows_ranges:
            start = int(asked[1]) + self.moved
            if start >= size:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        body = self.data[start:]
        if self.shorts:
            body = body[: self.shorts.pop(0)]
        cut = self.cuts.pop(0) if self.cuts else len(body)
        response = web.StreamResponse(status=206 if start or (asked and self.knows_ranges) else 200, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        for piece in range(0, min(cut, len(body)), 10_000):
            await response.write(body[piece : min(piece + 10_000, cut)])
        self.sent += min(cut, len(body))
        if cut < len(body):
            assert request.transport is not None
            request.transport.close()
        return response


EXPIRED = (
    "\ufeff<?xml version='1.0' encoding='utf-8'?><Error><Code>AuthenticationFailed</Code><Message>Server failed to "
    "authenticate the request.\nRequestId:1</Message><AuthenticationErrorDetail>Signature not valid in the specified "
    "time frame</AuthenticationErrorDetail></Error>"
)


@pytest.fixture
def blob() -> Blob:
    return Blob()


@pytest.fixture
async def url(blob: Blob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    async with https_server(tmp_path, blob.answer) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca))
        yield f"{server.url}/c/user_logs/std_log.txt{SIGNED}"


@pytest.fixture
async def gateway(azureml_python: Path) -> AsyncIterator[Gateway]:
    async with gateway_of(azureml_python) as made:
        yield made


async def test_a_growing_file_is_read_once(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    """Bytes go over the line once each; an empty append blob answers 416."""
    path, offset = tmp_path / "cloud" / "run" / "log.txt", 0
    assert await gateway.tail(WORKSPACE, url, path, 0) == Tail(0, 0)
    for _ in range(5):
        blob.data += os.urandom(30_000)
        tail = await gateway.tail(WORKSPACE, url, path, offset)
        assert (tail.appended, tail.size, tail.shrunk) == (30_000, len(blob.data), False)
        offset = tail.offset
        assert await gateway.tail(WORKSPACE, url, path, offset) == Tail(offset, offset)
    assert path.read_bytes() == blob.data
    assert blob.sent == len(blob.data)
    assert blob.unchanged == 5, "what did not grow is told without a body"
    blob.data = blob.data[::-1]
    assert await gateway.tail(WORKSPACE, url, path, offset) == Tail(offset, offset), "another file, as long"


async def test_an_end_that_names_no_size_is_no_file_that_shrank(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * 2000)
    blob.status = 416
    assert await gateway.tail(WORKSPACE, url, path, 2000) == Tail(2000, 2000)


async def test_a_cut_answer_keeps_what_came(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    blob.data, blob.cuts = os.urandom(100_000), [40_000]
    path = tmp_path / "log.txt"
    first = await gateway.tail(WORKSPACE, url, path, 0)
    assert 0 < first.offset <= 40_000
    second = await gateway.tail(WORKSPACE, url, path, first.offset)
    assert (second.offset, path.read_bytes() == blob.data) == (100_000, True)


async def test_a_file_that_shrinks_is_told_and_left(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    blob.data = b"one\ntwo\n"
    await gateway.tail(WORKSPACE, url, path, 0)
    blob.data = b"one\n"
    assert await gateway.tail(WORKSPACE, url, path, 8) == Tail(8, 4, 0, shrunk=True)
    assert path.read_bytes() == b"one\ntwo\n"


async def test_what_was_written_but_not_told_is_not_doubled(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    """A child that was killed may have written more than anybody knows; a copy that was deleted is made anew."""
    path = tmp_path / "log.txt"
    path.write_bytes(b"one\ntwo\nand more")
    blob.data = b"one\ntwo\n"
    assert (await gateway.tail(WORKSPACE, url, path, 4)).offset == 8
    assert path.read_bytes() == blob.data
    path.unlink()
    blob.data += b"three\n"
    assert (await gateway.tail(WORKSPACE, url, path, 8)).appended == 14
    assert path.read_bytes() == blob.data


async def test_a_server_without_ranges_costs_more_but_doubles_nothing(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    blob.knows_ranges = False
    path = tmp_path / "log.txt"
    blob.data = os.urandom(300_000)
    assert (await gateway.tail(WORKSPACE, url, path, 0)).offset == 300_000
    blob.data += b"more"
    assert (await gateway.tail(WORKSPACE, url, path, 300_000)).appended == 4
    assert path.read_bytes() == blob.data


async def test_a_link_that_ran_out_is_told(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    blob.status = 403
    with pytest.raises(CloudFault) as caught:
        await gateway.tail(WORKSPACE, url, tmp_path / "log.txt", 0)
    assert (caught.value.kind, caught.value.code) == ("forbidden", "AuthenticationFailed")
    assert "c2VjcmV0" not in f"{caught.value!r}{caught.value.details}"


async def test_a_file_comes_whole_through_breaks(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    blob.data, blob.cuts = os.urandom(3_000_000), [500_000, 1_000_000, 0]
    blob.md5 = base64.b64encode(hashlib.md5(blob.data).digest()).decode()
    told: list[float | None] = []
    path = tmp_path / "outputs" / "model.pt"
    await gateway.download(
        WORKSPACE, url, path, size=3_000_000, md5=None, progress=lambda _message, part: told.append(part)
    )
    assert path.read_bytes() == blob.data
    assert blob.sent < 3_000_000 * 1.2
    assert told
    assert told == sorted(told, key=lambda each: each or 0)
    assert sorted(each.name for each in path.parent.iterdir()) == ["model.pt"]


async def test_what_a_killed_download_left_is_gone_on_with(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    blob.data = os.urandom(1_000_000)
    (tmp_path / "a.bin.rz-part").write_bytes(blob.data[:600_000])
    (tmp_path / "a.bin.rz-part.json").write_text(json.dumps({"etag": blob.etag}))
    await gateway.download(WORKSPACE, url, tmp_path / "a.bin", size=None, md5=None, progress=silent)
    assert (tmp_path / "a.bin").read_bytes() == blob.data
    assert blob.sent == 400_000


async def test_a_file_that_changed_meanwhile_begins_anew(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    blob.data = os.urandom(100_000)
    (tmp_path / "a.bin.rz-part").write_bytes(b"old")
    (tmp_path / "a.bin.rz-part.json").write_text('{"etag": "\\"old\\""}')
    await gateway.download(WORKSPACE, url, tmp_path / "a.bin", size=100_000, md5=None, progress=silent)
    assert (tmp_path / "a.bin").read_bytes() == blob.data


@pytest.mark.parametrize("wrong", ["size", "md5"])
async def test_what_is_not_as_it_should_be_is_not_kept(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path, wrong: str
) -> None:
    blob.data = b"hello"
    (tmp_path / "a.txt").write_text("before")
    size, md5 = (6, None) if wrong == "size" else (5, "AAAA")
    with pytest.raises(CloudFault, match="instead of 6" if wrong == "size" else "other contents"):
        await gateway.download(WORKSPACE, url, tmp_path / "a.txt", size=size, md5=md5, progress=silent)
    assert (tmp_path / "a.txt").read_text() == "before"
    assert not list(tmp_path.glob("a.txt.rz-part*"))


async def test_a_file_that_came_short_is_fetched_again(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    """A whole answer with half of the file, once."""
    blob.data, blob.shorts = os.urandom(50_000), [20_000]
    await gateway.download(WORKSPACE, url, tmp_path / "a.bin", size=50_000, md5=None, progress=silent)
    assert (tmp_path / "a.bin").read_bytes() == blob.data


async def test_an_answer_that_begins_elsewhere_is_not_appended(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"0123456789")
    blob.data, blob.moved = b"0123456789abcdef", 3
    with pytest.raises(CloudFault, match="begins at byte 13 instead of 10"):
        await gateway.tail(WORKSPACE, url, path, 10)
    assert path.read_bytes() == b"0123456789"


async def test_an_empty_file_is_a_file(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    await gateway.download(WORKSPACE, url, tmp_path / "empty", size=0, md5=None, progress=silent)
    assert (tmp_path / "empty").read_bytes() == b""


async def test_a_full_or_forbidden_place_is_told(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blob.data = b"hello"
    with pytest.raises(CloudFault, match="can't be written"):
        await gateway.download(WORKSPACE, url, tmp_path / "file" / "a", size=5, md5=None, progress=silent)
    with pytest.raises(CloudFault, match="can't be written"):
        await gateway.tail(WORKSPACE, url, tmp_path / "file" / "a", 0)


async def test_a_file_of_the_web_is_fetched_without_a_token(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    """Nobody is signed in here: asking for a token would fail, and sending one would give it away."""
    blob.data = b"a,b\n"
    plain = url.partition("?")[0]
    await gateway.download(WORKSPACE, plain, tmp_path / "a.csv", size=None, md5=None, progress=silent)
    assert (tmp_path / "a.csv").read_bytes() == b"a,b\n"
    reply = await gateway.ask(WORKSPACE, Ask("GET", plain, audience="storage", text=True))
    assert reply.text == "a,b\n"


async def test_a_file_that_is_called_like_a_part_is_no_part(
    gateway: Gateway, blob: Blob, url: str, tmp_path: Path
) -> None:
    (tmp_path / "model.pt.part").write_text("what the run wrote")
    blob.data = b"hello"
    await gateway.download(WORKSPACE, url, tmp_path / "model.pt", size=5, md5=None, progress=silent)
    assert (tmp_path / "model.pt.part").read_text() == "what the run wrote"


async def test_who_cannot_hear_disturbs_nobody_else(gateway: Gateway, blob: Blob, url: str, tmp_path: Path) -> None:
    """What a window is told after it was closed may raise; all ask by way of one child."""
    blob.data = os.urandom(300_000)

    def deaf(_message: str, _part: float | None) -> None:
        raise RuntimeError("the window is gone")

    other = asyncio.create_task(gateway.download(WORKSPACE, url, tmp_path / "b", size=None, md5=None, progress=silent))
    with pytest.raises(RuntimeError, match="the window is gone"):
        await gateway.download(WORKSPACE, url, tmp_path / "a", size=300_000, md5=None, progress=deaf)
    child = gateway._wire
    await other
    assert (await gateway.tail(WORKSPACE, url, tmp_path / "log.txt", 0)).appended == 300_000
    assert gateway._wire is child
