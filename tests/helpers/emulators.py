"""The Azure ML emulator as tests use it: a child process, and the unmodified SDK in another one."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
_DRIVER = Path(__file__).with_name("azureml_driver.py")


@dataclass(frozen=True)
class Told:
    """An answer as it came over the wire; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Emulator:
    """A running emulator: where it listens, what to export, and its control plane."""

    process: subprocess.Popen[str]
    proxy: str
    control_url: str
    ca: Path
    config: Path
    configs: Mapping[str, Path]
    environment: Mapping[str, str]

    def control(self, path: str, body: object = None) -> Any:
        """Ask the control plane: GET without a body, POST with one; return its answer as JSON."""
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.control_url}/{path.lstrip('/')}", data)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def ask(self, method: str, url: str, body: object = None, **headers: str) -> Told:
        """Ask the emulated cloud, through the proxy; `{ws}` in an address stands for the workspace's on ARM.

        A dict or list is sent as JSON, bytes as a form. Without an Authorization header the application's token goes
        along; with an empty one none does.
        """
        if "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token()}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = "application/x-www-form-urlencoded" if isinstance(body, bytes) else "application/json"
        sent = {name: value for name, value in headers.items() if value} | ({"Content-Type": kind} if data else {})
        asked = urllib.request.Request(url.format(ws=self.workspace), data, sent, method=method)
        try:
            with self._opener.open(asked, timeout=60) as answer:
                return Told(answer.status, {name.lower(): text for name, text in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Told(error.code, {name.lower(): text for name, text in error.headers.items()}, error.read())

    def token(self, scope: str = "https://management.azure.com/.default") -> str:
        """Return a token of the application that the environment names."""
        form = {"grant_type": "client_credentials", "scope": scope, "client_id": self.environment["AZURE_CLIENT_ID"]}
        form["client_secret"] = self.environment["AZURE_CLIENT_SECRET"]
        url = f"https://login.microsoftonline.com/{self.environment['AZURE_TENANT_ID']}/oauth2/v2.0/token"
        told = self.ask("POST", url, urllib.parse.urlencode(form).encode(), Authorization="")
        return str(told.json["access_token"])

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        trusted = ssl.create_default_context(cafile=str(self.ca))
        proxy = urllib.request.ProxyHandler({"https": self.proxy})
        return urllib.request.build_opener(proxy, urllib.request.HTTPSHandler(context=trusted))

    @property
    def workspace(self) -> str:
        """The first workspace's address on ARM."""
        named = self.named
        return (
            f"https://management.azure.com/subscriptions/{named['subscription_id']}/resourceGroups/"
            f"{named['resource_group']}/providers/Microsoft.MachineLearningServices/workspaces/{named['workspace_name']}"
        )

    def log(self) -> list[dict[str, Any]]:
        """Return all requests that were answered so far, oldest first."""
        found: list[dict[str, Any]] = self.control("log")
        return found

    @property
    def named(self) -> dict[str, str]:
        """The first workspace's `config.json`."""
        read: dict[str, str] = json.loads(self.config.read_text(encoding="utf-8"))
        return read


@contextmanager
def running_emulator(home: Path, *options: str) -> Iterator[Emulator]:
    """Start an emulator with its files in `home`; end it at the end."""
    command = [sys.executable, "-m", "tests.emulator", "--json", "--home", str(home), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the emulator ended with {process.wait(60)} before it listened"
        told = json.loads(line)
        yield Emulator(
            process,
            told["proxy"],
            told["control"],
            Path(told["ca"]),
            Path(told["config"]),
            {name: Path(path) for name, path in told["configs"].items()},
            told["environment"],
        )
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


class SdkError(Exception):
    """What the SDK raised; `kind` is its class, `status` the HTTP status where there was one."""

    def __init__(self, kind: str, message: str, status: int | None) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.status = status


class Sdk:
    """azure-ai-ml in a child process that keeps its names from one piece of code to the next."""

    def __init__(self, python: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._log = (folder / "sdk.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [str(python), str(_DRIVER)],
            cwd=folder,
            env={**os.environ, **environment, "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._log.close()

    def __call__(self, code: str, **names: object) -> Any:
        """Run code with `names` set; return the value of an expression, or what statements put into `result`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"code": code, "names": names}, default=str) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise AssertionError(f"the SDK's process ended:\n{self._log.read()[-4000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise SdkError(answer["error"], answer["message"], answer.get("status"))
        return answer["value"]
