"""Asking package indexes that are away, slow, broken or lie; passwords; cancelling."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import psutil
import pytest
import trustme

from desktop_app.api import OutsideError, UserError
from desktop_app.services.plugins.installing.finding.choosing import choose
from desktop_app.services.plugins.installing.finding.fitting import Fit
from desktop_app.services.plugins.installing.finding.index import Complaint, Sources, fetch, sources
from desktop_app.services.plugins.installing.finding.searching import search
from desktop_app.services.plugins.installing.models import Choice, Offer, Order, Source, SourceKind
from desktop_app.services.toolchains.pip_default import default_index
from tests.helpers.plugin_index import JSON_PAGE, PluginIndex, plugin_index, plugin_wheel, send
from tests.helpers.waiting import wait_until_async

ROOT = Path(__file__).resolve().parents[2]
FIT = Fit(python="3.11.9", tags={"py3-none-any": 1}, api="1")
QUICK: dict[str, Any] = {"timeout": 30.0, "patience": 60.0, "page": 200_000, "file": 2_000_000}


def quiet(_what: str, _part: float | None) -> None:
    """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PluginIndex]:
    with plugin_index() as made:
        made.add(plugin_wheel(tmp_path / "wheels"))
        yield made


def quick(index: PluginIndex, **more: Any) -> Sources:
    """Return an index alone, and little patience with it."""
    return replace(sources(environ=index.environment()), **{**QUICK, **more})


async def chosen(where: Sources, folder: Path, target: str = "rankzero-acme", **more: Any) -> Choice:
    """Choose from these sources."""
    return await choose(Order(target), folder / "looked", quiet, fit=FIT, where=where, **more)


def redirect(target: str) -> Any:
    return lambda request: send(request, 302, b"", Location=target)


def cut(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", JSON_PAGE)
    request.send_header("Content-Length", "5000")
    request.end_headers()
    request.wfile.write(b'{"files": [')


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()
    while True:
        request.wfile.write(b"<p>more and more</p>" * 1000)


def trickle(index: PluginIndex) -> Any:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        while not index.released.wait(0.05):
            request.wfile.write(b"<")
            request.wfile.flush()

    return answer


FAULTS: dict[str, tuple[Any, str]] = {
    "500": (lambda request: send(request, 500, b"oh"), "is in trouble (status 500)."),
    "403": (lambda request: send(request, 403, b"no"), "lets nobody in with what it was given (status 403)."),
    "429": (
        lambda request: send(request, 429, b"no"),
        "was asked too often and wants to be left alone for a while (status 429).",
    ),
    "html garbage": (
        lambda request: send(request, 200, b"\xff\xfe<<<a href=&\x00>", JSON_PAGE),
        "answers with something that is no list of files.",
    ),
    "json of another kind": (
        lambda request: send(request, 200, b'{"files": {"a": 1}}', JSON_PAGE),
        "answers with something that is no list of files.",
    ),
    "deep json": (
        lambda request: send(request, 200, b"[" * 100_000, JSON_PAGE),
        "answers with something that is no list of files.",
    ),
    "a picture": (
        lambda request: send(request, 200, b"GIF89a", "image/gif"),
        "answers with “image/gif”, which no package index does.",
    ),
    "truncated": (cut, "broke off in the midst of its answer."),
    "endless": (endless, "sends more than 0.2 MB; that is too much."),
    "to a file": (redirect("file:///etc/passwd"), "leads to file: addresses, which is not followed."),
    "to ftp": (redirect("ftp://127.0.0.1/simple"), "leads to ftp: addresses, which is not followed."),
    "in circles": (redirect("/simple/rankzero-acme/"), "sends who asks it round in circles."),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_sentence_says_what_an_index_does(index: PluginIndex, tmp_path: Path, fault: str) -> None:
    answer, sentence = FAULTS[fault]
    index.faults["/simple/"] = answer
    with pytest.raises(OutsideError) as caught:
        await chosen(quick(index), tmp_path)
    message = f"“rankzero-acme” could not be looked for: {index.url}/simple {sentence}"
    assert caught.value.message == message


@pytest.mark.parametrize("fault", ["slow", "trickling"])
async def test_an_index_that_is_slow(index: PluginIndex, tmp_path: Path, fault: str) -> None:
    index.faults["/simple/"] = trickle(index) if fault == "trickling" else lambda _request: index.released.wait()
    with pytest.raises(OutsideError, match=r"did not answer within 0.5 s|is too slow: it was given 1 s"):
        await chosen(quick(index, timeout=0.5, patience=1.0), tmp_path)


async def test_an_index_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"http://127\.0\.0\.1:9/simple can't be reached") as caught:
        await chosen(Sources(indexes=("http://127.0.0.1:9/simple",)), tmp_path)
    assert caught.value.exit_code == 3


async def test_other_sources_still_answer(index: PluginIndex, tmp_path: Path) -> None:
    where = quick(index, indexes=("http://127.0.0.1:9/simple", f"{index.url}/simple"))
    choice = await chosen(where, tmp_path)
    assert choice.best.version == "0.1.0"
    assert choice.complaints == ("http://127.0.0.1:9/simple can't be reached.",)


async def test_an_index_that_breaks_off_once_is_asked_again(index: PluginIndex, tmp_path: Path) -> None:
    def once(request: BaseHTTPRequestHandler) -> None:
        del index.faults["/simple/"]
        send(request, 503, b"a moment")

    index.faults["/simple/"] = once
    assert (await chosen(quick(index), tmp_path)).best.version == "0.1.0"


async def test_a_way_that_is_not_encrypted_is_not_gone(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="the way there is not encrypted") as caught:
        await chosen(Sources(indexes=("http://index.invalid/simple",)), tmp_path)
    assert "trusted-host" in caught.value.hint


async def test_a_page_of_an_index_names_no_file_of_this_computer(index: PluginIndex, tmp_path: Path) -> None:
    secret = plugin_wheel(tmp_path / "secret", version="9.9")
    page = f'<a href="{secret.as_uri()}">{secret.name}</a><a href="/files/x.txt">x</a>'
    index.faults["/simple/"] = lambda request: send(request, 200, page.encode())
    with pytest.raises(UserError, match="Nothing called “rankzero-acme” is there"):
        await chosen(quick(index), tmp_path)


async def test_a_wheel_that_is_another_than_was_said(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path / "wheels", version="0.2.0"), said={"sha256": "0" * 64})
    best = (await chosen(quick(index), tmp_path)).best
    with pytest.raises(Complaint, match="is not what its index says it is: its sha256 is another") as caught:
        await fetch(best, tmp_path / "had", quiet, where=quick(index))
    assert "0" * 64 in caught.value.hint
    assert list((tmp_path / "had").iterdir()) == []


async def test_metadata_that_are_others_than_was_said(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path / "wheels", version="0.2.0"))
    index.faults["/files/rankzero_acme-0.2.0-py3-none-any.whl.metadata"] = lambda request: send(
        request, 200, b"Name: x"
    )
    choice = await chosen(quick(index), tmp_path)
    assert choice.best.version == "0.1.0"
    assert "0.2.0 can't be had: " in choice.unfit[0].why_not
    assert "is not what its index says it is" in choice.unfit[0].why_not


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (cut, "broke off in the midst of its answer"),
        (endless, "sends more than 2 MB; that is too much"),
        (lambda request: send(request, 404), "is not there"),
        (lambda request: send(request, 200, b"short"), "its sha256 is another"),
    ],
    ids=["truncated", "endless", "gone", "another"],
)
async def test_a_wheel_that_does_not_come(index: PluginIndex, tmp_path: Path, fault: Any, sentence: str) -> None:
    best = (await chosen(quick(index), tmp_path)).best
    index.faults["/files/"] = fault
    with pytest.raises(Complaint, match=sentence):
        await fetch(best, tmp_path / "had", quiet, where=quick(index))
    assert list((tmp_path / "had").iterdir()) == []


async def test_a_folder_that_cannot_be_written(index: PluginIndex, tmp_path: Path) -> None:
    best = (await chosen(quick(index), tmp_path)).best
    (tmp_path / "had").write_text("a file")
    with pytest.raises(OutsideError, match=r"could not be written to .*had"):
        await fetch(best, tmp_path / "had", quiet, where=quick(index))


async def test_fetching_tells_how_far_it_is(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path / "wheels", version="0.2.0", files={"data.bin": bytes(1_500_000)}))
    best = (await chosen(quick(index), tmp_path)).best
    told: list[tuple[str, float | None]] = []
    await fetch(best, tmp_path / "had", lambda what, part: told.append((what, part)), where=quick(index))
    assert {what for what, _ in told} == {"Fetching rankzero-acme 0.2.0"}
    parts = [part for _, part in told if part is not None]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert len(parts) > 2


@pytest.mark.parametrize("deed", ["choose", "search"])
async def test_cancelling_ends_the_child(index: PluginIndex, tmp_path: Path, deed: str) -> None:
    index.faults["/simple/"] = lambda _request: index.released.wait()
    where = quick(index, timeout=60.0, patience=60.0)
    work = chosen(where, tmp_path) if deed == "choose" else search("", tmp_path, quiet, where=where)
    task = asyncio.ensure_future(work)

    async def asked() -> bool:
        return bool(index.asked)

    await wait_until_async(asked)
    children = [each for each in psutil.Process().children() if "index_worker" in " ".join(each.cmdline())]
    assert len(children) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not children[0].is_running()


PASSWORD = "s3cr3t-of-ann"


def with_password(index: PluginIndex, password: str = PASSWORD) -> dict[str, str]:
    """Return settings that have a password in the index's address."""
    address = index.url.replace("http://", f"http://ann:{password}@")
    return {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": f"{address}/simple"}


async def test_a_password_in_the_address_is_used_and_never_shown(
    index: PluginIndex, tmp_path: Path, caplog: Any
) -> None:
    index.password = ("ann", PASSWORD)
    where = replace(sources(environ=with_password(index)), **QUICK)
    told: list[str] = []
    order = Order("acme")
    choice = await choose(order, tmp_path / "looked", lambda what, _: told.append(what), fit=FIT, where=where)
    path = await fetch(choice.best, tmp_path / "had", lambda what, _: told.append(what), where=where)
    assert path.exists()
    found = await search("", tmp_path / "lists", lambda what, _: told.append(what), fit=FIT, where=where)
    assert [each.best.distribution for each in found.found] == ["rankzero-acme"]
    assert choice.best.source == Source(SourceKind.INDEX, f"{index.url}/simple")
    files = "".join(each.read_text() for each in (tmp_path / "lists").iterdir())
    everything = json.dumps([asdict(choice), asdict(found)], default=str) + repr(where) + "".join(told) + files
    assert PASSWORD not in everything + caplog.text
    assert "ann:" not in everything


async def test_a_wrong_password_is_said_without_it(index: PluginIndex, tmp_path: Path) -> None:
    index.password = ("ann", PASSWORD)
    where = replace(sources(environ=with_password(index, "wr0ng-0ne")), **QUICK)
    with pytest.raises(OutsideError, match="wants a name and a password, or another one") as caught:
        await chosen(where, tmp_path)
    error = caught.value
    assert "wr0ng" not in f"{error}{error.hint}{error.details}{error.__cause__!r}{error.__context__!r}"
    assert "keyring" in error.hint


async def test_a_password_of_netrc(index: PluginIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index.password = ("ann", PASSWORD)
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ann password {PASSWORD}\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert (await chosen(quick(index), tmp_path)).best.version == "0.1.0"


async def test_a_password_of_the_keyring(index: PluginIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index.password = ("ann", PASSWORD)
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho ann\necho {PASSWORD}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    address = index.url.replace("http://", "http://ann@")
    where = quick(index, indexes=(f"{address}/simple",))
    assert (await chosen(where, tmp_path)).best.version == "0.1.0"


async def test_cancelling_ends_a_keyring_that_waits_for_somebody(
    index: PluginIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.password = ("ann", PASSWORD)
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    task = asyncio.ensure_future(chosen(quick(index, patience=60.0), tmp_path))

    async def waits() -> list[psutil.Process]:
        return [each for each in psutil.Process().children(recursive=True) if each.name() == "sleep"]

    (sleeping,) = await wait_until_async(waits)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def ended() -> bool:
        return not sleeping.is_running() or sleeping.status() == psutil.STATUS_ZOMBIE

    await wait_until_async(ended)


async def test_a_wheel_that_breaks_off_once_is_fetched_again(index: PluginIndex, tmp_path: Path) -> None:
    best = (await chosen(quick(index), tmp_path)).best

    def once(request: BaseHTTPRequestHandler) -> None:
        index.faults.clear()
        cut(request)

    index.faults["/files/"] = once
    assert (await fetch(best, tmp_path / "had", quiet, where=quick(index))).exists()


async def test_a_password_goes_to_no_other_host(index: PluginIndex, tmp_path: Path) -> None:
    index.password = ("ann", PASSWORD)
    with plugin_index() as other:
        other.add(plugin_wheel(tmp_path / "wheels", version="0.2.0"))
        (held,) = other.files.values()
        page = f'<a href="{other.url}/files/{held.path.name}">{held.path.name}</a>'
        index.faults["/simple/"] = lambda request: send(request, 200, page.encode())
        where = replace(sources(environ=with_password(index)), **QUICK)
        best = (await chosen(where, tmp_path)).best
        await fetch(best, tmp_path / "had", quiet, where=where)
        other.add(plugin_wheel(tmp_path / "wheels", version="0.3.0"))
        index.faults = {"/": redirect(f"{other.url}/simple/rankzero-acme/")}
        assert (await chosen(where, tmp_path)).best.version == "0.3.0"
        assert "Authorization" in index.asked[-1][1]
        assert len(other.asked) > 2
        assert not [path for path, headers in other.asked if "Authorization" in headers]


KILLED = """
import asyncio, sys
from pathlib import Path
from desktop_app.services.plugins.installing.finding.choosing import choose
from desktop_app.services.plugins.installing.finding.index import Sources
from desktop_app.services.plugins.installing.models import Order

asyncio.run(choose(Order("acme"), Path(sys.argv[2]), print, where=Sources(indexes=(sys.argv[1],))))
"""


async def test_the_child_ends_when_the_program_is_killed(index: PluginIndex, tmp_path: Path) -> None:
    index.faults["/simple/"] = lambda _request: index.released.wait()
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, f"{index.url}/simple", str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )

    async def asked() -> bool:
        return bool(index.asked)

    await wait_until_async(asked)
    (child,) = psutil.Process(program.pid).children()
    program.kill()
    await program.wait()

    async def ended() -> bool:
        return not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

    await wait_until_async(ended)


def test_what_pip_is_set_to(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://u:p@one.invalid/simple\nextra-index-url =\n  https://two.invalid/simple\n"
        "  file:///three\nfind-links = /wheels\ntrusted-host = one.invalid two.invalid:8080\ncert = /ca.pem\n"
        "proxy = http://u:p@proxy.invalid:3128\n[install]\ntimeout = 7\n"
    )
    found = sources(environ={"PIP_CONFIG_FILE": str(config), "PIP_CLIENT_CERT": "/mine.pem"})
    assert found.indexes == ("https://u:p@one.invalid/simple", "https://two.invalid/simple", "file:///three")
    assert found.links == ("/wheels",)
    assert sources(environ={"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "/srv/simple"}).indexes == (
        Path("/srv/simple").absolute().as_uri(),
    )
    links = "file:///srv/a%20b ~/wheels https://one.invalid/links.html"
    assert sources(environ={"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": links}).links == (
        "/srv/a b", str(Path("~/wheels").expanduser()), "https://one.invalid/links.html",
    )  # fmt: skip
    assert found.trusted == ("one.invalid", "two.invalid:8080")
    assert (found.cert, found.client_cert, found.timeout) == ("/ca.pem", "/mine.pem", 7.0)
    assert found.proxy == "http://u:p@proxy.invalid:3128"
    assert "u:p" not in repr(found)
    assert sources(environ={"PIP_CONFIG_FILE": str(config), "PIP_NO_INDEX": "1"}).indexes == ()
    with pytest.raises(UserError, match="is not there"):
        sources(tmp_path / "nowhere")


def test_without_settings_it_is_where_pip_looks() -> None:
    (found,) = sources(environ={"PIP_CONFIG_FILE": "/dev/null"}).indexes
    quiet_pip = {"PIP_CONFIG_FILE": "/dev/null", "PATH": os.environ["PATH"], "COLUMNS": "500"}
    command = [sys.executable, "-m", "pip", "install", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=quiet_pip).stdout
    assert f"(default {found})" in said


def test_without_pip_there_is_the_one_that_python_could_install(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, find = default_index(), importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pip" else find(name))
    assert default_index.__wrapped__() == usual
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert default_index.__wrapped__() == ""


async def test_certificates_of_pip_and_trusted_hosts(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with plugin_index(context) as index:
        index.add(plugin_wheel(tmp_path / "wheels"))
        with pytest.raises(OutsideError, match="shows a certificate that isn't trusted here") as caught:
            await chosen(quick(index), tmp_path)
        assert "cert" in caught.value.hint
        assert (await chosen(quick(index, cert=str(tmp_path / "ca.pem")), tmp_path)).best.version == "0.1.0"
        host = index.url.removeprefix("https://")
        assert (await chosen(quick(index, trusted=(host,)), tmp_path)).best.version == "0.1.0"
        index.faults["/simple/"] = redirect("http://127.0.0.1:9/simple")
        with pytest.raises(OutsideError, match="leads to http: addresses, which is not followed"):
            await chosen(quick(index, cert=str(tmp_path / "ca.pem")), tmp_path)


async def test_certificates_that_are_not_there(index: PluginIndex, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"The certificates in /nowhere\.pem, which pip is set to, can't be read"):
        await chosen(quick(index, cert="/nowhere.pem"), tmp_path)


async def test_by_way_of_a_proxy(index: PluginIndex, tmp_path: Path) -> None:
    where = quick(index, indexes=("http://index.invalid/simple",), trusted=("index.invalid",), proxy=index.url)
    assert (await chosen(where, tmp_path)).best.source.where == "http://index.invalid/simple"
    assert all(path.startswith("http://index.invalid/") for path in index.paths)


async def test_indexes_and_folders_of_this_computer(tmp_path: Path) -> None:
    wheel = plugin_wheel(tmp_path / "index" / "files", version="0.3.0")
    page = tmp_path / "index" / "simple" / "rankzero-acme" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<!DOCTYPE html><a href="../../files/{wheel.name}">{wheel.name}</a>')
    plugin_wheel(tmp_path / "links", version="0.2.0")
    environ = {
        "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": (tmp_path / "index" / "simple").as_uri(),
        "PIP_FIND_LINKS": str(tmp_path / "links"), "PIP_EXTRA_INDEX_URL": (tmp_path / "nothing").as_uri(),
    }  # fmt: skip
    choice = await chosen(sources(environ=environ), tmp_path)
    assert (choice.best.version, choice.best.file) == ("0.3.0", wheel)
    found = await search("acme", tmp_path / "lists", quiet, fit=FIT, where=sources(environ=environ))
    assert [each.best.version for each in found.found] == ["0.3.0"]
    path = await fetch(choice.best, tmp_path / "had", quiet)
    assert path.read_bytes() == wheel.read_bytes()


async def test_only_wheels_are_fetched(tmp_path: Path) -> None:
    offer = Offer("acme", "1.0", Source(SourceKind.INDEX), url="https://index.invalid/acme-1.0.tar.gz")
    with pytest.raises(UserError, match="is no wheel, and only wheels are installed"):
        await fetch(offer, tmp_path, quiet)
