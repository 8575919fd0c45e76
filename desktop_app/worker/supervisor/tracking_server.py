"""MLflow's REST tracking API, as much of it as training scripts use, for one run.

Shapes as the `mlflow` client 3.x sends and reads them (mlflow/protos/service.proto). MLflow's own file store no longer
works without a server, and a server of MLflow's would be a big second program. Which data sets went in (`log-inputs`)
and which models came out (`outputs`) is answered, so that scripts and autologging go on, and not kept.

Anybody on this machine, also a web page in its browser, can knock here. Who does not know the token is sent away
before a byte of a body is read; connections are limited in number and in the time they may stay silent.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from desktop_app.worker.supervisor.journal import number
from desktop_app.worker.supervisor.tracking_models import LoggedModels

if TYPE_CHECKING:
    from desktop_app.worker.supervisor.tracking import Tracking

EXPERIMENT = "0"
MAX_BODY = 64 << 20
MOST_CONNECTIONS = 1024
STRANGER = 10.0
"""Seconds that a connection may be silent before it showed the token."""
FRIEND = 60.0
"""Seconds from then on; MLflow's client makes a new connection when it needs one."""
_STATUS = {"RUNNING": "RUNNING", "FINISHED": "FINISHED", "FAILED": "FAILED", "KILLED": "KILLED"}

Body = Mapping[str, Any]


class NotKnown(Exception):  # noqa: N818 - an answer, not an error
    """There is no such thing here; MLflow is told RESOURCE_DOES_NOT_EXIST."""


class Api:
    """Answers calls by their name (`runs/log-metric`) with what MLflow expects."""

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking
        self._models = LoggedModels(tracking.artifacts, tracking.clock.now)
        self._calls: dict[str, Callable[[int | None, Body], Body]] = {
            "runs/get": self._run,
            "runs/create": self._run,
            "runs/update": self._run_info,
            "runs/search": lambda rank, body: {"runs": [self._run(rank, body)["run"]]},
            "runs/log-metric": self._log_metric,
            "runs/log-batch": self._log_batch,
            "runs/log-parameter": self._log_parameter,
            "runs/set-tag": self._set_tag,
            "runs/delete-tag": self._delete_tag,
            "runs/log-inputs": lambda rank, body: {},
            "runs/log-model": lambda rank, body: {},
            "runs/outputs": lambda rank, body: {},
            "experiments/get": self._experiment,
            "experiments/get-by-name": self._experiment,
            "experiments/create": lambda rank, body: {"experiment_id": EXPERIMENT},
            "experiments/search": lambda rank, body: {"experiments": [self._experiment(rank, body)["experiment"]]},
            "experiments/set-experiment-tag": lambda rank, body: {},
        }

    def answer(self, call: str, rank: int | None, body: Body) -> Body:
        """Return the answer to a call. Raises NotKnown, and KeyError, TypeError or ValueError for a bad body."""
        if call.split("/", maxsplit=1)[0] == "logged-models":
            return self._models.answer(call.partition("/")[2], body)
        found = self._calls.get(call)
        if found is None:
            raise NotKnown(call)
        return found(rank, body)

    def _info(self) -> dict[str, Any]:
        run, tracking = self._tracking.run, self._tracking
        return {
            "run_id": run.get("run", ""),
            "run_uuid": run.get("run", ""),
            "run_name": run.get("display_name", ""),
            "experiment_id": EXPERIMENT,
            "user_id": "",
            "status": "RUNNING",
            "start_time": int(tracking.started * 1000),
            "artifact_uri": tracking.artifacts(),
            "lifecycle_stage": "active",
        }

    def _run(self, rank: int | None, body: Body) -> Body:
        metrics = [
            {
                "key": name,
                "value": number(value),
                "step": int(step),
                "timestamp": int(self._tracking.clock.now() * 1000),
            }
            for name, (value, step) in self._tracking.latest().items()
        ]
        data = {"metrics": metrics, "params": _pairs(self._tracking.parameters), "tags": _pairs(self._tracking.tags)}
        return {"run": {"info": self._info(), "data": data, "inputs": {}}}

    def _run_info(self, rank: int | None, body: Body) -> Body:
        return {"run_info": {**self._info(), "status": _STATUS.get(str(body.get("status")), "RUNNING")}}

    def _experiment(self, rank: int | None, body: Body) -> Body:
        name = body.get("experiment_name") or self._tracking.run.get("experiment") or "Default"
        artifacts = self._tracking.artifacts()
        found = {"experiment_id": EXPERIMENT, "name": name, "artifact_location": artifacts, "lifecycle_stage": "active"}
        return {"experiment": found}

    def _log_metric(self, rank: int | None, body: Body) -> Body:
        self._tracking.add(rank, body)
        return {}

    def _log_parameter(self, rank: int | None, body: Body) -> Body:
        self._tracking.set_parameter(str(body["key"]), str(body["value"]))
        return {}

    def _set_tag(self, rank: int | None, body: Body) -> Body:
        self._tracking.set_tag(str(body["key"]), str(body["value"]))
        return {}

    def _delete_tag(self, rank: int | None, body: Body) -> Body:
        name = str(body["key"])
        if not self._tracking.delete_tag(name):
            raise NotKnown(f"the tag {name}")
        return {}

    def _log_batch(self, rank: int | None, body: Body) -> Body:
        for metric in body.get("metrics", ()):
            self._tracking.add(rank, metric)
        for each in body.get("params", ()):
            self._log_parameter(rank, each)
        for each in body.get("tags", ()):
            self._set_tag(rank, each)
        return {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, door: socket.socket, api: Api, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = door
        self.server_address = door.getsockname()
        self.api = api
        self.token = token
        self.room = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection to its end, then make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away in the middle; tell of anything else."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = STRANGER
    # An answer goes out in one packet: with Nagle's algorithm each call would take 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the run's log is no place for it."""

    def _answer(self) -> None:
        status, answer = 200, {}
        try:
            answer = dict(self._call())
        except NotKnown as missing:
            status, answer = 404, _error("RESOURCE_DOES_NOT_EXIST", f"Not kept for local runs: {missing}")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError) as error:
            status, answer = 400, _error("INVALID_PARAMETER_VALUE", f"{type(error).__name__}: {error}")
        self._send(status, json.dumps(answer).encode())

    def _call(self) -> Body:
        url = urlsplit(self.path)
        parts = url.path.strip("/").split("/")
        if not hmac.compare_digest(parts[0].encode(), self.server.token.encode()):
            self.close_connection = True  # with what it may still send
            raise NotKnown("this address")
        self.connection.settimeout(FRIEND)
        body: dict[str, Any] = {**dict(parse_qsl(url.query)), **self._body()}
        if len(parts) < 6 or parts[2] != "api" or parts[4] != "mlflow":
            raise NotKnown(url.path)
        return self.server.api.answer("/".join(parts[5:]), int(parts[1]) if parts[1].isdigit() else None, body)

    def _body(self) -> dict[str, Any]:
        said = self.headers.get("Content-Length") or "0"
        if not (said.isascii() and said.isdigit()) or int(said) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # where the next request begins can't be known
            raise ValueError(f"a body of {MAX_BODY} bytes at most is wanted, with its length")
        found = json.loads(self.rfile.read(int(said))) if int(said) else {}
        if not isinstance(found, dict):
            raise TypeError("an object is wanted")
        return found

    def _send(self, status: int, answer: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)


def serve(door: socket.socket, tracking: Tracking) -> None:
    """Answer, in a thread per connection, until `door` is shut down. Waits without polling."""
    server = _Server(door, Api(tracking), tracking.token)
    while True:
        try:
            server.room.acquire()
            connection, address = door.accept()
        except OSError:
            return
        with contextlib.suppress(RuntimeError):  # no more threads: this one goes unanswered
            server.process_request(connection, address)
            continue
        connection.close()
        server.room.release()


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _error(code: str, message: str) -> dict[str, str]:
    return {"error_code": code, "message": message}
