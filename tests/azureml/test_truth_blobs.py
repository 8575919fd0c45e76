"""What the storage answers, compared in shape with recorded answers: uploads and logs as the SDK asks for them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping

import pytest

from tests.helpers.azureml_truth import Story, told_otherwise
from tests.helpers.azureml_truth_kinds import BLOBS
from tests.helpers.emulators import Told, running_emulator

_SECRETS = "{ws}/datastores/%s/listSecrets?api-version=2024-07-01-preview"
_STORE = "{ws}/datastores/%s?api-version=2024-10-01-preview"
_LISTED = "restype=container&comp=list&prefix=ExperimentRun%2Fdcid.run%2F&include=metadata"
_LOGS = "ExperimentRun/dcid.run/logs/azureml"
_RANGE = {"x-ms-range": "bytes=0-33554431"}


def _opened(ask: Story, datastore: str) -> tuple[str, str]:
    """Return a datastore's address and the SAS that opens it."""
    store = ask("", "GET", _STORE % datastore).json["properties"]
    token = ask("", "POST", _SECRETS % datastore, {"expirableSecret": True, "expireAfterHours": 1}).json["sasToken"]
    return f"https://{store['accountName']}.blob.core.windows.net/{store['containerName']}", token.removeprefix("?")


def _upload(ask: Story) -> None:
    where, sas = _opened(ask, "workspaceblobstore")
    url, data = f"{where}/LocalUpload/{'0' * 32}/model.pkl?{sas}", b"a model"
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    sent = {"Authorization": "", "x-ms-version": "2021-08-06"}
    ask("blob.head.notfound", "HEAD", url, **sent)
    kind = {"x-ms-blob-type": "BlockBlob", "If-None-Match": "*", "Content-MD5": md5}
    ask("blob.put", "PUT", url, data, **sent, **kind)
    said = {"x-ms-meta-name": "n", "x-ms-meta-upload_status": "completed", "x-ms-meta-version": "1"}
    ask("blob.setmetadata", "PUT", f"{url}&comp=metadata", **sent, **said)
    ask("blob.head", "HEAD", url, **sent)
    ask("blob.head.prefix.notfound", "HEAD", f"{where}/azureml/score/?{sas}", **sent)


def _logs(ask: Story) -> None:
    where, sas = _opened(ask, "workspaceartifactstore")
    sent = {"Authorization": "", "x-ms-version": "2021-08-06"}
    for name in ("executionlogs", "stderrlogs"):
        made = ask("", "PUT", f"{where}/{_LOGS}/{name}.txt?{sas}", **sent, **{"x-ms-blob-type": "AppendBlob"})
        assert made.status == 201, made.body
    ask(
        "",
        "PUT",
        f"{where}/{_LOGS}/executionlogs.txt?comp=appendblock&{sas}",
        b"[2023-02-12 04:58:55Z] Done.\n",
        **sent,
    )
    ask("blob.list", "GET", f"{where}?{_LISTED}&{sas}", **sent)
    ask("blob.get.range", "GET", f"{where}/{_LOGS}/executionlogs.txt?{sas}", **sent, **_RANGE)
    ask("blob.get.range.empty", "GET", f"{where}/{_LOGS}/stderrlogs.txt?{sas}", **sent, **_RANGE)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Told]]:
    with running_emulator(tmp_path_factory.mktemp("open")) as emulator:
        ask = Story(emulator)
        _upload(ask)
        _logs(ask)
        where, sas = _opened(ask, "workspaceartifactstore")
    with running_emulator(tmp_path_factory.mktemp("keyless"), "--secrets", "none") as emulator:
        closed = Story(emulator)
        account = closed("", "GET", _STORE % "workspaceartifactstore").json["properties"]["accountName"]
        where = f"https://{account}.blob.core.windows.net/azureml"
        closed("blob.list.forbidden", "GET", f"{where}?{_LISTED}&{sas}", Authorization="")
        yield ask.told | closed.told


_KNOWN: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("blob.head.notfound", "blob.head.prefix.notfound"), ("header Transfer-Encoding is missing",)
)  # of a body that a HEAD never has


@pytest.mark.parametrize("kind", BLOBS)
def test_status_headers_and_body_have_the_shape_of_the_recording(told: Mapping[str, Told], kind: str) -> None:
    found = [each for each in told_otherwise(kind, told[kind]) if each not in _KNOWN.get(kind, ())]
    assert not found, "\n".join(found)
