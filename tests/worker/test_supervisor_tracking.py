"""Metrics by MLflow's REST calls, as the client 3.17 was seen to send them, and by the client itself."""

from __future__ import annotations

import http.client
import json
import math
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from desktop_app.backends.local.reading import RunReader
from desktop_app.worker.supervisor import tracking_server
from desktop_app.worker.supervisor.clock import Clock
from desktop_app.worker.supervisor.tracking import Tracking
from tests.helpers import local_runs
from tests.helpers.local_runs import end_of, start

RUN = {"run": "r-1", "display_name": "digits", "experiment": "numbers"}


class Client:
    """Speaks to the tracking server of one rank, on one connection as MLflow's session does."""

    def __init__(self, address: str) -> None:
        url = urlsplit(address)
        self.base = url.path
        self.connection = http.client.HTTPConnection(url.netloc, timeout=30)

    def call(self, method: str, name: str, body: Any = None, *, query: str = "") -> tuple[int, dict[str, Any]]:
        """Return the status and the answer of a call."""
        text = None if body is None else json.dumps(body)
        self.connection.request(method, f"{self.base}/api/2.0/mlflow/{name}{query}", text)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def post(self, call: str, /, **body: Any) -> dict[str, Any]:
        """Return the answer of a call that must be understood."""
        status, answer = self.call("POST", call, body)
        assert status == 200, answer
        return answer


@pytest.fixture
def tracking(tmp_path: Path) -> Iterator[Tracking]:
    """A tracking server over a folder with a space in its name."""
    folder = tmp_path / "a run"
    folder.mkdir()
    found = Tracking(folder, Clock(), RUN)
    assert found.open_door() is not None
    found.serve()
    yield found
    found.close()


@pytest.fixture
def client(tracking: Tracking) -> Iterator[Client]:
    """The client of rank 1."""
    found = Client(tracking.environment(1, {})["MLFLOW_TRACKING_URI"])
    yield found
    found.connection.close()


def points(tracking: Tracking) -> list[dict[str, Any]]:
    """Return what was written."""
    return [json.loads(line) for line in (tracking.folder / "metrics.jsonl").read_text().splitlines()]


def test_metrics_arrive_with_rank_step_and_time(tracking: Tracking, client: Client) -> None:
    client.post("runs/log-metric", run_uuid="r-1", run_id="r-1", key="loss", value=0.5, timestamp=1795251797629, step=1)
    client.post("runs/log-metric", run_uuid="r-1", run_id="r-1", key="loss", value=0.4, timestamp=1795251797638, step=2)
    assert points(tracking) == [
        {"name": "loss", "value": 0.5, "step": 1, "time": 1795251797.629, "rank": 1},
        {"name": "loss", "value": 0.4, "step": 2, "time": 1795251797.638, "rank": 1},
    ]
    assert tracking.changed()
    assert not tracking.changed()
    assert tracking.latest() == {"loss": [0.4, 2]}


def test_a_batch(tracking: Tracking, client: Client) -> None:
    metrics = [{"key": name, "value": 1, "timestamp": 1000, "step": 0} for name in ("a", "b")]
    client.post("runs/log-batch", run_id="r-1", metrics=metrics, params=[{"key": "lr", "value": "0.1"}], tags=[])
    assert [each["name"] for each in points(tracking)] == ["a", "b"]
    assert tracking.parameters == {"lr": "0.1"}


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", math.nan, math.inf])
def test_numbers_that_are_none(tracking: Tracking, client: Client, value: object) -> None:
    client.post("runs/log-metric", key="loss", value=value, timestamp=1, step=0)
    assert not math.isfinite(tracking.latest()["loss"][0])
    answer = client.call("GET", "runs/get", query="?run_id=r-1")[1]
    assert answer["run"]["data"]["metrics"][0]["value"] in ("NaN", "Infinity", "-Infinity")


def test_parameters_and_tags_come_back(tracking: Tracking, client: Client) -> None:
    client.post("runs/log-parameter", key="lr", value="0.1", run_id="r-1")
    client.post("runs/set-tag", key="who", value="me", run_id="r-1")
    run = client.call("GET", "runs/get", query="?run_uuid=r-1&run_id=r-1")[1]["run"]
    assert run["data"]["params"] == [{"key": "lr", "value": "0.1"}]
    assert run["data"]["tags"] == [{"key": "who", "value": "me"}]
    assert run["info"]["run_id"] == "r-1"
    assert run["info"]["lifecycle_stage"] == "active"
    assert run["info"]["artifact_uri"] == f"file://{quote(str(tracking.folder))}/code/outputs"


def test_whatever_run_or_experiment_is_asked_for_it_is_this_one(client: Client) -> None:
    assert client.post("runs/create", experiment_id="0")["run"]["info"]["run_id"] == "r-1"
    assert client.post("runs/search")["runs"][0]["info"]["run_id"] == "r-1"
    assert client.post("runs/update", status="FINISHED")["run_info"]["status"] == "FINISHED"
    assert client.post("experiments/create", name="x") == {"experiment_id": "0"}
    found = client.call("GET", "experiments/get-by-name", query="?experiment_name=mine")[1]["experiment"]
    assert (found["experiment_id"], found["name"]) == ("0", "mine")
    assert client.call("GET", "experiments/get", query="?experiment_id=0")[1]["experiment"]["name"] == "numbers"


def test_a_logged_model_goes_into_the_outputs(tracking: Tracking, client: Client) -> None:
    model = client.post("logged-models", experiment_id="0", name="net", source_run_id="r-1")["model"]["info"]
    assert model["artifact_uri"] == f"{tracking.artifacts()}/net"
    name = f"logged-models/{model['model_id']}"
    status, answer = client.call("PATCH", name, {"status": "LOGGED_MODEL_READY"})
    assert (status, answer["model"]["info"]["status"]) == (200, "LOGGED_MODEL_READY")
    assert client.call("GET", name)[1]["model"]["info"]["model_id"] == model["model_id"]
    assert client.call("GET", "logged-models/m-unknown")[0] == 400


@pytest.mark.parametrize("call", ["nothing/like-that", "artifacts/credentials"])
def test_what_is_not_kept_is_said_as_mlflow_says_it(client: Client, call: str) -> None:
    status, answer = client.call("GET", call)
    assert status == 404
    assert answer["error_code"] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("body", [{}, {"key": "x"}, {"key": "x", "value": "much"}, [1], "text"])
def test_a_bad_body_is_refused_and_the_server_goes_on(tracking: Tracking, client: Client, body: object) -> None:
    status, answer = client.call("POST", "runs/log-metric", body)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    client.post("runs/log-metric", key="x", value=1, step=0, timestamp=0)
    assert len(points(tracking)) == 1


def test_who_does_not_know_the_token_is_not_heard(tracking: Tracking, client: Client) -> None:
    client.base = "/guess/0"
    assert client.call("POST", "runs/log-metric", {"key": "x", "value": 1})[0] == 404
    assert not tracking.changed()


def raw(tracking: Tracking, head: str, *, body: bytes = b"") -> bytes:
    """Send a request as it stands; return all that comes back until the server hangs up."""
    address = urlsplit(tracking.environment(0, {})["MLFLOW_TRACKING_URI"])
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as line:
        line.sendall(head.format(base=address.path).replace("\n", "\r\n").encode() + body)
        answer = b""
        while chunk := line.recv(4096):
            answer += chunk
        return answer


def test_a_strangers_body_is_not_read(tracking: Tracking) -> None:
    head = "POST /guess/0/api/2.0/mlflow/runs/log-metric HTTP/1.1\nHost: evil.example\nContent-Length: 60000000\n\n"
    answer = raw(tracking, head)  # hangs up without waiting for what was announced
    assert b" 404 " in answer.splitlines()[0]
    assert b"Connection: close" in answer


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999", "1_0", ""])
def test_lengths_that_are_none(tracking: Tracking, length: str) -> None:
    head = f"POST {{base}}/api/2.0/mlflow/runs/set-tag HTTP/1.1\nContent-Length: {length}\nConnection: close\n\n"
    assert b" 400 " in raw(tracking, head).splitlines()[0]


def test_a_body_in_pieces_is_refused(tracking: Tracking) -> None:
    head = "POST {base}/api/2.0/mlflow/runs/set-tag HTTP/1.1\nTransfer-Encoding: chunked\n\n"
    assert b" 400 " in raw(tracking, head, body=b"2\r\n{}\r\n0\r\n\r\n").splitlines()[0]


def test_who_says_nothing_is_sent_away(tracking: Tracking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_server._Handler, "timeout", 0.1)
    assert raw(tracking, "POST /gue") == b""


def test_there_is_room_for_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_server, "MOST_CONNECTIONS", 2)
    monkeypatch.setattr(tracking_server._Handler, "timeout", 0.2)
    tracking = Tracking(tmp_path, Clock(), RUN)
    door = tracking.open_door()
    assert door is not None
    tracking.serve()
    idle = [socket.create_connection(door.getsockname()) for _ in range(6)]
    client = Client(tracking.environment(0, {})["MLFLOW_TRACKING_URI"])
    client.post("runs/log-metric", key="x", value=1)  # once the idle ones were sent away
    for each in idle:
        each.close()
    client.connection.close()
    tracking.close()


@pytest.mark.parametrize(
    "body",
    [
        '{"key": "x", "value": 1, "step": 1e999}', '{"key": "x", "value": 1, "step": 99999999999999999999}',
        '{"key": "x", "value": 1, "timestamp": 1e999}', "[" * 20_000,
    ],
)  # fmt: skip
def test_numbers_and_depths_beyond_all_bounds(tracking: Tracking, client: Client, body: str) -> None:
    client.connection.request("POST", f"{client.base}/api/2.0/mlflow/runs/log-metric", body)
    answer = client.connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert not tracking.changed()


def test_what_is_written_is_valid_json(tracking: Tracking, client: Client) -> None:
    for value in (math.nan, "-Infinity"):
        client.post("runs/log-metric", key="loss", value=value, timestamp=1, step=0)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    lines = (tracking.folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line, parse_constant=refuse)["value"] for line in lines] == ["NaN", "-Infinity"]


def test_a_tag_can_be_deleted_once(tracking: Tracking, client: Client) -> None:
    client.post("runs/set-tag", key="who", value="me")
    client.post("runs/delete-tag", key="who")
    assert tracking.tags == {}
    assert client.call("POST", "runs/delete-tag", {"key": "who"})[0] == 404


def test_parameters_that_are_too_long_or_too_many(
    tracking: Tracking, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.call("POST", "runs/log-parameter", {"key": "x", "value": "y" * 8001})[0] == 400
    monkeypatch.setattr("desktop_app.worker.supervisor.tracking.MOST_NAMES", 1)
    client.post("runs/log-parameter", key="x", value="1")
    client.post("runs/log-parameter", key="x", value="2")
    assert client.call("POST", "runs/log-parameter", {"key": "y", "value": "1"})[0] == 400
    assert tracking.parameters == {"x": "2"}


def test_reading_while_others_write(tracking: Tracking, client: Client) -> None:
    done = threading.Event()

    def write() -> None:
        for number in range(1500):
            tracking.set_tag(f"t{number}", "x")
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        assert client.call("GET", "runs/get")[0] == 200
    thread.join()


NOTED = """
import json, os, urllib.request
base = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/"
body = {"params": [{"key": "lr", "value": "0.1"}], "metrics": [{"key": "loss", "value": "NaN", "step": 1}],
        "tags": [{"key": "who", "value": "me"}, {"key": "mlflow.user", "value": "root"}]}
urllib.request.urlopen(urllib.request.Request(base + "runs/log-batch", json.dumps(body).encode())).read()
"""


def test_parameters_and_tags_are_kept_with_the_run(runs: Path, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(NOTED)
    folder = start(runs, ["python3 train.py"], files=[script])
    run = end_of(folder)
    assert (run["parameters"], run["tags"]) == ({"lr": "0.1"}, {"who": "me"})
    assert run["metrics"] == {"loss": ["NaN", 1]}, "JSON knows no NaN"
    handle = f"local://{folder.name}"
    found = RunReader(runs).read([handle])[handle]
    assert found.tags == {"who": "me"}
    assert math.isnan(found.metrics["loss"][0])


SCRIPT = """
import json, os, urllib.request
base = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/"
def post(name, **body):
    body["run_id"] = os.environ["MLFLOW_RUN_ID"]
    with urllib.request.urlopen(urllib.request.Request(base + name, json.dumps(body).encode())) as answer:
        return json.load(answer)
for step in range(50):
    post("runs/log-metric", key=f"loss", value=1 / (step + 1), step=step, timestamp=step)
"""


def test_ranks_of_a_run_log_at_the_same_time(runs: Path, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    folder = start(runs, ["python3 train.py"] * 3, files=[script])
    run = end_of(folder)
    assert run["status"] == "Completed", local_runs.log(folder)
    written = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for rank in range(3):
        assert [each["step"] for each in written if each["rank"] == rank] == list(range(50))
    assert run["metrics"] == {"loss": [0.02, 49]}


def test_a_job_may_have_a_tracking_server_of_its_own(runs: Path) -> None:
    folder = start(runs, ["echo $MLFLOW_TRACKING_URI"], environment={"MLFLOW_TRACKING_URI": "http://mine.example"})
    end_of(folder)
    assert local_runs.log(folder) == "http://mine.example\n"


CLIENT_SCRIPT = """
import math, mlflow
mlflow.set_experiment("other")
with mlflow.start_run():
    mlflow.log_param("lr", 0.1)
    for step in range(5):
        mlflow.log_metrics({"loss": 1.0 / (step + 1), "odd": math.nan}, step=step)
    mlflow.log_text("words", "notes/a.txt")
mlflow.log_metric("after", 1)
"""


@pytest.mark.torch
def test_the_mlflow_client_itself(runs: Path, tmp_path: Path, torch_toolchain: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(CLIENT_SCRIPT)
    folder = start(runs, [f"'{torch_toolchain}' train.py"] * 2, files=[script])
    run = end_of(folder, 200)
    assert run["status"] == "Completed", local_runs.log(folder)
    assert run["metrics"]["loss"] == [0.2, 4]
    assert run["metrics"]["after"] == [1.0, 0]
    assert (folder / "code" / "outputs" / "notes" / "a.txt").read_text() == "words"
    assert "http://" not in local_runs.log(folder), "no address that leads nowhere"
