"""The child that works with azure-ai-ml: one call at a time, in this process alone, as the client is not for threads.

Tokens come from the program, which has them from the child that signs in. A call is cancelled by ending this process.
"""

from __future__ import annotations

import gc
import os
import queue
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any

from . import sdk_assets, sdk_faults, sdk_jobs, sdk_progress
from .faults import Fault
from .talk import Talk

FUNCTIONS: Mapping[str, Callable[..., Any]] = {**sdk_jobs.FUNCTIONS, **sdk_assets.FUNCTIONS}


class Calls:
    """What the program asks for, and its answers to questions, read beside the work."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._calls = queue.Queue[dict[str, Any]]()
        self._answers = queue.Queue[dict[str, Any]]()

    def read(self) -> None:
        """Read until the program is gone, and end with it, whatever is being done."""
        for said in self.talk.requests():
            (self._answers if said["do"] == "answer" else self._calls).put(said)
        os._exit(0)

    def next(self) -> dict[str, Any]:
        """Return the next call."""
        return self._calls.get()

    def question(self, number: int, **asked: Any) -> Any:
        """Ask the program something about a call and wait for what it says. Raises Fault where that is one."""
        self.talk.write(number, question=asked)
        said = self._answers.get()
        if "fault" in said:
            raise Fault(**said["fault"])
        return said["value"]


def serve(talk: Talk) -> None:
    """Import the SDK while nobody waits for it, then do what is asked."""
    calls = Calls(talk)
    threading.Thread(target=calls.read, name="requests", daemon=True).start()
    _import()
    sdk_progress.listen()
    clients = Clients(calls)
    while True:
        _answer(calls, clients, calls.next())


def _import() -> None:
    """Import the SDK: hundreds of thousands of objects that stay; looking for garbage among them would double it."""
    gc.disable()
    try:
        import azure.ai.ml  # noqa: F401 - takes a second
    finally:
        gc.freeze()
        gc.enable()


def _answer(calls: Calls, clients: Clients, asked: Mapping[str, Any]) -> None:
    number, talk = asked["id"], calls.talk
    try:
        function = FUNCTIONS[asked["function"]]
        client = clients.of(number, asked["workspace"])
        sdk_progress.report = lambda message, part=None: talk.progress(number, message, part)
        talk.write(number, result=function(client, sdk_progress.report, **asked["arguments"]))
    except BaseException as error:  # noqa: BLE001 - sys.exit() in the SDK is a failure as well
        clients.forget()
        talk.fault(number, sdk_faults.fault_of(error))
    finally:
        os.chdir(tempfile.gettempdir())  # a folder in which a process stands can't be deleted on Windows


class Clients:
    """The client of the last workspace, with its open connections; after a fault a new one is made."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._kept: tuple[Mapping[str, str], _Relayed, Any] | None = None

    def of(self, number: int, workspace: Mapping[str, str]) -> Any:
        """Return the client for a call."""
        # The SDK keeps the cloud in a variable of the process, which outlives the client.
        os.environ["AZUREML_CURRENT_CLOUD"] = workspace["cloud"]
        if self._kept is None or self._kept[0] != workspace:
            relayed = _Relayed(self._calls, number)
            self._kept = workspace, relayed, _client(relayed, workspace)
        _, credential, client = self._kept
        credential.number = number
        return client

    def forget(self) -> None:
        """Make a new one the next time."""
        self._kept = None


def _client(credential: _Relayed, workspace: Mapping[str, str]) -> Any:
    from azure.ai.ml import MLClient

    names = workspace["subscription"], workspace["group"], workspace["name"]
    return MLClient(credential, *names, cloud=workspace["cloud"])


class _Relayed:
    """A credential whose tokens the program hands over."""

    def __init__(self, calls: Calls, number: int) -> None:
        self._calls = calls
        self.number = number
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **_options: Any) -> Any:
        """Return a token; the SDK's threads ask one after the other."""
        from azure.core.credentials import AccessToken

        with self._lock:
            found = self._calls.question(self.number, token=scopes[0])
        return AccessToken(found["token"], found["expires_on"])
