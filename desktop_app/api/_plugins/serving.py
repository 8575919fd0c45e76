"""A plugin's process at work: imports the plugin and calls its hooks and functions, as the program orders."""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from json import loads
from pathlib import Path
from socket import socket
from typing import Any, TypeAlias

import pluggy

from desktop_app.api._plugins.importing import ImportedPlugin, import_plugin
from desktop_app.api._plugins.manifest import Manifest
from desktop_app.api._plugins.prints import Prints
from desktop_app.api._plugins.results import GarbageError, checked, misfit, promised
from desktop_app.api._plugins.wire import Signature, asked, encoded, functions_of
from desktop_app.api._records import from_json, to_json
from desktop_app.api.diagnostics import Diagnostic, Fix, Severity
from desktop_app.api.environments import EnvironmentPreset
from desktop_app.api.errors import OutsideError, UserError
from desktop_app.api.exports import OnnxExporter
from desktop_app.api.hookspecs import PROJECT, Hooks
from desktop_app.api.jobs import Job, JobInput, JobOutput
from desktop_app.api.wizards import JobWizard

Message: TypeAlias = dict[str, Any]
_LONGEST = 64_000  # characters of a traceback


def serve(connection: socket) -> None:
    """Do what the program orders until it hangs up."""
    _Server(_Talk(connection)).run()


def warm() -> None:
    """Work out once what every plugin's process would else work out for itself: it is forked from this one."""
    hooks = [each for each in vars(Hooks) if not each.startswith("_")]
    for hook in hooks:
        asked(hook)
        promised(hook)
    job = from_json(Job, to_json(Job("x", inputs={"a": JobInput(1)}, outputs={"b": JobOutput()})))
    found = Diagnostic(Severity.INFO, "warm", job.command, fix=Fix("warm"))
    encoded(checked("check_job", [found]), lambda function, signature: 0)
    checked("environment_presets", [EnvironmentPreset("warm", "", "")])
    functions_of(JobWizard)
    functions_of(OnnxExporter)
    pluggy.PluginManager(PROJECT).add_hookspecs(Hooks)
    _raised(ValueError("warm"))


class _Talk:
    """Lines to the program, from any thread, and never from a fork of this process."""

    def __init__(self, connection: socket) -> None:
        self.orders = connection.makefile("rb")
        self._connection, self._owner = connection, os.getpid()
        self._turn = threading.Lock()

    def tell(self, message: Message) -> None:
        self._send(json.dumps(message).encode() + b"\n")

    def answer(self, call: int, message: Message) -> None:
        """Answer a call; where a plugin has patched `json` so that it can't be written, say that by other means."""
        try:
            self.tell({"answer": call, **message})
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - what a patched module raises nobody can tell
            cause = message.get("raised") or f"{type(error).__name__}: {error}"
            reason = _spelt(f"{cause} (json can't be used: did the plugin patch it?)")
            details = _spelt(message.get("traceback", ""))
            told = f'{{"answer": {call}, "raised": "{reason}", "traceback": "{details}"}}\n'
            self._send(told.encode("ascii"))

    def _send(self, line: bytes) -> None:
        if os.getpid() == self._owner:
            with self._turn:
                self._connection.sendall(line)

    def check_owner(self) -> None:
        """End a fork that a plugin's import or hook made and that came back to here."""
        if os.getpid() != self._owner:
            os._exit(0)


class _Server:
    def __init__(self, talk: _Talk) -> None:
        self._talk = talk
        self._prints = Prints(lambda text: talk.tell({"said": text}))
        self._plugin: ImportedPlugin | None = None
        self._functions: dict[int, tuple[Any, Signature]] = {}
        self._last = 0

    def run(self) -> None:
        for line in self._talk.orders:
            order = loads(line)
            for number in order.get("released", ()):
                self._functions.pop(number, None)
            answer = self._answer(order)
            self._talk.check_owner()
            self._prints.finish()
            self._talk.answer(order["call"], answer)

    def _answer(self, order: Message) -> Message:
        try:
            results = self._results(order)
            json.dumps(results)  # what JSON can't hold is this call's fault
        except UserError as error:
            said = [str(error.message), str(error.hint), str(error.details), isinstance(error, OutsideError)]
            return {"refused": said, **_raised(error)}
        except GarbageError as error:
            return {"garbage": str(error), "traceback": _traceback(error)}
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a plugin is an answer like any other
            return _raised(error)
        return {"results": results}

    def _results(self, order: Message) -> list[Any]:
        if "load" in order:
            return self._load(order["load"])
        if "function" in order:
            return [self._called(order["function"], order["arguments"])]
        hook, plugin = order["hook"], self._plugin
        assert plugin is not None
        hints = asked(hook)
        arguments = {name: from_json(hints[name], each) for name, each in order["arguments"].items()}
        return [encoded(checked(hook, each), self._keep) for each in plugin.call(hook, **arguments)]

    def _load(self, load: Mapping[str, Any]) -> list[Any]:
        """Import the plugin; what it brings along can be imported after Python's own."""
        sys.path += load["path"]
        sys.pycache_prefix = load["bytecode"]
        manifest = Manifest(Path(load["folder"]), load["id"], load["id"], "", "", hooks=load["hooks"])
        self._plugin = import_plugin(manifest, load["package"])
        return sorted(self._plugin.hooks)

    def _called(self, number: int, arguments: list[Any]) -> Any:
        function, (wanted, kind) = self._functions[number]
        given = [from_json(hint, each) for hint, each in zip(wanted, arguments, strict=True)]
        result = function(*given)
        if complaint := misfit(result, kind):
            raise GarbageError(f"{complaint}.")
        return to_json(result)

    def _keep(self, function: Any, signature: Signature) -> int:
        self._last += 1
        self._functions[self._last] = function, signature
        return self._last


def _spelt(text: str) -> str:
    """Return a text as the inside of a JSON string, without `json`; odd characters are left out."""
    plain = (each if each.isascii() and each.isprintable() and each not in '"\\' else " " for each in text)
    return "".join("\\n" if each == "\n" else shown for each, shown in zip(text, plain, strict=True))


def _raised(error: BaseException) -> Message:
    try:
        text = " ".join(str(error).split())[:300]
    except BaseException:  # noqa: BLE001 - an exception's own mistake
        text = ""
    name = type(error).__name__
    return {"raised": f"{name}: {text}" if text else f"{name}.", "traceback": _traceback(error)}


def _traceback(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error, limit=-30))[-_LONGEST:]
    except BaseException:  # noqa: BLE001 - an exception's own mistake
        return f"{type(error).__name__}\n"
