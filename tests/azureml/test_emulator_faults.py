"""Faults on demand: each does what it says, is logged, and hits the same requests again with the same seed."""

from __future__ import annotations

import argparse
import http.client
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.emulator.blobs import Links
from tests.emulator.clock import Clock
from tests.emulator.faults import KINDS, FaultError, Faults, parse_fault, rule_of
from tests.emulator.routing import Call
from tests.helpers.emulators import ROOT, Emulator, Sdk, SdkError, running_emulator
from tests.helpers.waiting import wait_until

DISCOVERY = "https://westus.api.azureml.ms/discovery"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(emulator: Emulator, url: str, method: str = "GET", patience: float = 60.0) -> Reply:
    """Ask through the proxy, over a connection of one's own."""
    where, proxy = urlsplit(url), urlsplit(emulator.proxy)
    trust = ssl.create_default_context(cafile=str(emulator.ca))
    connection = http.client.HTTPSConnection(str(proxy.hostname), proxy.port, context=trust, timeout=patience)
    connection.set_tunnel(str(where.hostname), 443)
    try:
        connection.request(method, where.path + (f"?{where.query}" if where.query else ""))
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@pytest.fixture
def faulty(emulator: Emulator) -> Iterator[Emulator]:
    """The emulator; afterwards all is well again."""
    yield emulator
    emulator.control("faults/clear", {})
    emulator.control("network", {"away": False})
    emulator.control("clock", {"skew": 0})


def _fault(emulator: Emulator, kind: str, **more: Any) -> None:
    emulator.control("faults", {"kind": kind, **more})


def test_two_requests_are_throttled_and_the_third_is_not(faulty: Emulator) -> None:
    _fault(faulty, "throttle", plane="api", count=2, seconds=7)
    replies = [ask(faulty, DISCOVERY) for _ in range(3)]
    assert [reply.status for reply in replies] == [429, 429, 200]
    assert [reply.headers.get("retry-after") for reply in replies] == ["7", "7", None]
    told = faulty.control("faults/log")[-2:]
    assert [(each["fault"], each["path"]) for each in told] == [("throttle", "/discovery")] * 2
    seen = [each["status"] for each in faulty.log() if each["path"] == "/discovery"]
    assert seen[-3:] == [429, 429, 200]


def test_throttling_and_failures_have_the_form_of_their_plane(faulty: Emulator) -> None:
    arm, blob = "https://management.azure.com/subscriptions", "https://acct.blob.core.windows.net/box/x"
    _fault(faulty, "throttle", seconds=-1)
    assert json.loads(ask(faulty, arm).body)["error"]["code"] == "SubscriptionRequestsThrottled"
    assert "retry-after" not in ask(faulty, arm).headers
    busy = ask(faulty, blob)
    assert (busy.status, busy.headers["x-ms-error-code"]) == (503, "ServerBusy")
    faulty.control("faults/clear", {})
    _fault(faulty, "error", status=503)
    assert json.loads(ask(faulty, arm).body)["error"]["code"] == "ServiceUnavailable"
    assert ask(faulty, DISCOVERY).status == 503
    faulty.control("faults/clear", {})
    _fault(faulty, "error")
    assert {ask(faulty, url).status for url in (arm, blob, DISCOVERY)} == {500}
    login = ask(faulty, "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration")
    assert json.loads(login.body)["error"] == "temporarily_unavailable"


def test_only_requests_that_the_rule_means_fail(faulty: Emulator) -> None:
    _fault(faulty, "error", plane="api", method="get", path=r"^westus\.api.*/discovery$", skip=1)
    assert ask(faulty, DISCOVERY).status == 200, "one is skipped"
    assert ask(faulty, DISCOVERY).status == 500
    assert ask(faulty, DISCOVERY, "HEAD").status != 500
    assert ask(faulty, "https://eastus.api.azureml.ms/discovery").status == 200
    rule = faulty.control("faults")[-1]
    assert (rule["seen"], rule["done"]) == (2, 1)
    faulty.control("faults/clear", {"id": rule["id"]})
    assert ask(faulty, DISCOVERY).status == 200


def test_a_connection_is_reset_without_an_answer(faulty: Emulator) -> None:
    _fault(faulty, "reset", count=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, ssl.SSLError)):
        ask(faulty, DISCOVERY)
    assert ask(faulty, DISCOVERY).status == 200


def test_an_answer_is_lost_but_what_was_asked_is_done(faulty: Emulator, sdk: Sdk) -> None:
    _fault(faulty, "lost-answer", plane="arm", method="PUT", path="/environments/", count=1)
    made = sdk("ml.environments.create_or_update(entities.Environment(name='lost', image='i', version='1')).version")
    assert made == "1", "the SDK sends it again"
    puts = [each for each in faulty.log() if each["method"] == "PUT" and "/environments/lost" in each["path"]]
    assert len(puts) == 2


def test_an_answer_is_cut_or_looks_whole_and_is_not(faulty: Emulator) -> None:
    whole = ask(faulty, DISCOVERY).body
    _fault(faulty, "cut", keep=0.25, count=1)
    with pytest.raises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)):
        ask(faulty, DISCOVERY)
    _fault(faulty, "short", keep=0.5, count=1)
    short = ask(faulty, DISCOVERY)
    assert (short.status, short.body) == (200, whole[: len(whole) // 2])


def test_answers_come_late_or_slowly(faulty: Emulator) -> None:
    size = len(ask(faulty, DISCOVERY).body)
    _fault(faulty, "delay", seconds=0.3, count=1)
    started = time.monotonic()
    assert ask(faulty, DISCOVERY).status == 200
    assert time.monotonic() - started > 0.3
    _fault(faulty, "slow", rate=size * 2, count=1)
    started = time.monotonic()
    assert len(ask(faulty, DISCOVERY).body) == size
    assert time.monotonic() - started > 0.45


def test_the_network_goes_away_and_comes_back(faulty: Emulator) -> None:
    faulty.control("network", {"away": True})
    with pytest.raises(ConnectionRefusedError):
        ask(faulty, DISCOVERY)
    faulty.control("network", {"away": False})
    assert ask(faulty, DISCOVERY).status == 200
    told = [(each["fault"], json.loads(each["path"])["away"]) for each in faulty.control("faults/log")[-2:]]
    assert told == [("network", True), ("network", False)]


def test_the_network_comes_back_by_itself(faulty: Emulator) -> None:
    faulty.control("network", {"away": True, "seconds": 0.3})
    with pytest.raises(ConnectionRefusedError):
        ask(faulty, DISCOVERY)
    wait_until(lambda: faulty.control("network") == {"away": False}, what="the network")
    assert ask(faulty, DISCOVERY).status == 200


def test_a_region_goes_away_alone(faulty: Emulator) -> None:
    faulty.control("network", {"away": r"^westus\."})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, OSError)):
        ask(faulty, DISCOVERY)
    assert ask(faulty, "https://eastus.api.azureml.ms/discovery").status == 200
    faulty.control("network", {"away": False})
    assert ask(faulty, DISCOVERY).status == 200


def test_an_open_connection_does_not_outlive_the_network(faulty: Emulator, sdk: Sdk) -> None:
    assert sdk("ml.workspaces.get(ml.workspace_name).name")
    faulty.control("network", {"away": True, "seconds": 1})
    assert sdk("ml.workspaces.get(ml.workspace_name).name"), "the SDK tries again until the network is back"
    assert faulty.control("network") == {"away": False}


def test_a_mute_network_keeps_its_clients_waiting(faulty: Emulator) -> None:
    faulty.control("network", {"away": True, "mute": True})
    with pytest.raises(TimeoutError):
        ask(faulty, DISCOVERY, patience=0.2)
    faulty.control("network", {"away": True, "mute": True, "seconds": 0.3})
    started = time.monotonic()
    assert ask(faulty, DISCOVERY).status == 200
    assert time.monotonic() - started > 0.2


def test_an_upload_is_cut_and_the_client_sends_it_again(faulty: Emulator, sdk: Sdk) -> None:
    _fault(faulty, "cut-upload", path=r"blob\.core", bytes=600_000, count=1)
    sent = sdk(_UPLOAD, size=1_000_000)
    assert sent == [True, 1_000_000]
    assert [each["fault"] for each in faulty.control("faults/log")][-1] == "cut-upload"
    puts = [each for each in faulty.log() if each["method"] == "PUT" and each["path"].endswith("/uploaded")]
    assert [each["received"] for each in puts if each["status"] == 201] == [1_000_000], "the half was never looked at"


def test_an_upload_is_slow(faulty: Emulator, sdk: Sdk) -> None:
    _fault(faulty, "slow-upload", path=r"blob\.core", rate=400_000)
    started = time.monotonic()
    assert sdk(_UPLOAD, size=200_000) == [True, 200_000]
    assert time.monotonic() - started > 0.4


_UPLOAD = """
import os
from azure.storage.blob import BlobServiceClient, LinearRetry
account = ml.datastores.get("workspaceblobstore").account_name
at_once = {"retry_policy": LinearRetry(backoff=0, random_jitter_range=0)}
service = BlobServiceClient(f"https://{account}.blob.core.windows.net", EnvironmentCredential(), **at_once)
blob, data = service.get_blob_client("azureml", "uploaded"), os.urandom(size)
blob.upload_blob(data, overwrite=True)
result = [blob.download_blob().readall() == data, blob.get_blob_properties().size]
"""


def test_a_cluster_that_was_accepted_fails(faulty: Emulator, sdk: Sdk) -> None:
    _fault(faulty, "fail-operation", path="/computes/doomed$", code="AllocationFailed", message="There is no room.")
    with pytest.raises(SdkError, match=r"There is no room\."):
        sdk("ml.compute.begin_create_or_update(entities.AmlCompute(name='doomed', size='Standard_DS3_v2')).result()")
    assert sdk("ml.compute.get('doomed').provisioning_state") == "Failed"
    made = "ml.compute.begin_create_or_update(entities.AmlCompute(name='well', size='Standard_DS3_v2')).result()"
    assert sdk(f"{made}.provisioning_state") == "Succeeded"


def test_links_that_were_handed_out_expire_and_new_ones_do_not(faulty: Emulator, sdk: Sdk) -> None:
    account = sdk("ml.datastores.get('workspaceblobstore').account_name")
    links = Links(Clock())
    old = links.sas_url(account, "azureml", "absent")
    assert ask(faulty, old).status == 404
    faulty.control("links", {"expire": True})
    expired = ask(faulty, old)
    assert (expired.status, expired.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert b"Signature not valid in the specified time frame" in expired.body
    assert ask(faulty, links.sas_url(account, "azureml", "absent")).status == 404
    assert "expired-link" in [each["fault"] for each in faulty.control("faults/log")[-2:]]


def test_tokens_that_were_handed_out_expire_and_new_ones_do_not(faulty: Emulator, sdk: Sdk) -> None:
    sdk("import requests; token = EnvironmentCredential().get_token('https://management.azure.com/.default').token")
    code = """
    def status():
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}).status_code
    before = status()
    """
    sdk(code, url="https://management.azure.com/subscriptions?api-version=2022-12-01")
    faulty.control("tokens", {"expire": True})
    renewed = "EnvironmentCredential().get_token('https://management.azure.com/.default').token"
    assert sdk(f"expired = status(); token = {renewed}; result = [before, expired, status()]") == [200, 401, 200]
    sdk("ml = client(config)", config=str(faulty.config))


def test_a_clock_runs_ahead(faulty: Emulator) -> None:
    url = Links(Clock()).sas_url("acct", "box", "absent", hours=1)
    assert ask(faulty, url).status == 404
    assert faulty.control("clock", {"skew": 7200})["skew"] == 7200
    assert ask(faulty, url).status == 403


def test_the_real_clients_try_again_when_they_are_throttled(faulty: Emulator, sdk: Sdk) -> None:
    _fault(faulty, "throttle", plane="arm", count=2, seconds=0)
    assert sdk("ml.workspaces.get(ml.workspace_name).location") == "westus"
    assert [each["fault"] for each in faulty.control("faults/log")[-2:]] == ["throttle", "throttle"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "earthquake"}, "There is no fault 'earthquake'"),
        ({"kind": "reset", "probabilty": 1}, "There is no probabilty"),
        ({"kind": "reset", "path": "("}, "can't be read"),
        ({}, "There is no fault None"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words(emulator: Emulator, asked: dict[str, Any], told: str) -> None:
    with pytest.raises(HTTPError) as refused, refused_body(emulator, asked):
        pass
    assert refused.value.code == 400
    assert told in json.loads(refused.value.read())["error"]


class refused_body:  # noqa: N801 - reads as a phrase
    """Ask for a rule inside `pytest.raises`."""

    def __init__(self, emulator: Emulator, asked: dict[str, Any]) -> None:
        self._emulator, self._asked = emulator, asked

    def __enter__(self) -> None:
        self._emulator.control("faults", self._asked)

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


def test_faults_of_the_command_line_are_there_from_the_start(tmp_path: Path) -> None:
    with running_emulator(tmp_path, "--fault", "error,plane=api,status=502,count=1", "--skew", "60") as emulator:
        assert ask(emulator, DISCOVERY).status == 502
        assert ask(emulator, DISCOVERY).status == 200
        assert emulator.control("clock")["skew"] == 60


def test_what_can_be_posted_can_be_done_at_the_start(tmp_path: Path) -> None:
    more = ["--control", "clock", '{"skew": 90}', "--control", "/faults", '{"kind": "error", "status": 504}']
    with running_emulator(tmp_path / "good", *more) as emulator:
        assert emulator.control("clock")["skew"] == 90
        assert ask(emulator, DISCOVERY).status == 504
    command = [sys.executable, "-m", "tests.emulator", "--home", str(tmp_path / "bad"), "--control", "faults", "{}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "--control faults {} was answered 400: " in ended.stderr
    assert "There is no fault None" in ended.stderr


def test_a_fault_of_the_command_line_is_read_or_refused() -> None:
    read = {"kind": "throttle", "plane": "arm", "probability": 0.5, "count": 3}
    assert parse_fault("throttle,plane=arm,probability=0.5,count=3") == read
    for wrong in ("flood", "reset,count=many", "reset,colour=red"):
        with pytest.raises(argparse.ArgumentTypeError):
            parse_fault(wrong)


def test_every_kind_has_a_rule_and_no_other() -> None:
    assert [rule_of({"kind": kind}).kind for kind in KINDS] == list(KINDS)
    with pytest.raises(FaultError):
        rule_of({"kind": "reset", "id": 7})


@given(seed=st.integers(0, 9), probability=st.floats(0, 1), requests=st.integers(1, 60))
def test_the_same_seed_hits_the_same_requests(seed: int, probability: float, requests: int) -> None:
    def hits() -> list[bool]:
        faults = Faults(Clock().now, seed)
        faults.add({"kind": "reset", "probability": probability})
        return [bool(faults.striking(Call("GET", "h", "/p"))) for _ in range(requests)]

    assert hits() == hits()


def test_a_probability_is_about_the_share_that_fails() -> None:
    faults = Faults(Clock().now, 1)
    faults.add({"kind": "reset", "probability": 0.1})
    assert 70 < sum(bool(faults.striking(Call("GET", "h", "/p"))) for _ in range(1000)) < 130
