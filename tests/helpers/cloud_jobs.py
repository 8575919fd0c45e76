"""A workspace with jobs, told on a wire: what was submitted is listed, asked for and cancelled as in the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from desktop_app.api import Value
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply
from tests.helpers.told_wire import ToldWire, not_found, told

JOB = """\
command: python train.py
code: ./src
environment: azureml:torch@latest
compute: azureml:gpu-cluster
display_name: Digits DDP
distribution:
  type: pytorch
  process_count_per_instance: 2
resources:
  instance_count: 2
"""


@dataclass
class CloudJobs:
    """Jobs by name with the service's word for their state; `names` in the order in which they were made."""

    wire: ToldWire = field(default_factory=ToldWire)
    states: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    more: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[str, dict[str, str]] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wire.functions["submit_job"] = self._submit
        self.wire.on("GET", "/jobs/", self._job)
        self.wire.on("POST", "/cancel?", self._cancel)
        self.wire.on("POST", "/batchrundata", self._batch)
        self.wire.on("GET", "/details", self._details)
        self.wire.on("GET", "/children", self._children)

    def _submit(self, arguments: Mapping[str, Value]) -> Value:
        name = str(arguments["name"])
        self.names.append(name)
        self.states.setdefault(name, "Starting")
        return {"name": name, "status": "Starting"}

    def _job(self, ask: Ask) -> Reply | CloudFault:
        name = _between(ask.url, "/jobs/")
        if name not in self.states:
            return not_found()
        return told({"name": name, "properties": {"status": self.states[name], "jobType": "Command"}})

    def _cancel(self, ask: Ask) -> Reply | CloudFault:
        name = _between(ask.url, "/jobs/")
        if name not in self.states:
            return not_found()
        self.states[name] = "CancelRequested"
        return told(None, 202)

    def record(self, name: str) -> dict[str, Any]:
        """Return a run as run history tells it."""
        created = "2026-11-21T10:00:00.1234567+00:00"
        return {"runId": name, "status": self.states[name], "createdUtc": created, **self.more.get(name, {})}

    def _batch(self, ask: Ask) -> Reply:
        assert isinstance(ask.json, Mapping)
        asked: Any = ask.json["requests"]
        good = {key: {"runMetadata": self.record(key)} for key in asked if key in self.states}
        bad = {key: {"error": {"code": "UserError"}} for key in asked if key not in self.states}
        return told(json.loads(json.dumps({"successfulResults": good, "failedResults": bad})))

    def _details(self, ask: Ask) -> Reply | CloudFault:
        name = _between(ask.url, "/runs/")
        return (
            told({**self.record(name), "logFiles": dict(self.logs.get(name, {}))})
            if name in self.states
            else not_found()
        )

    def _children(self, ask: Ask) -> Reply:
        name = _between(ask.url, "/runs/")
        found = [{**self.record(each), "parentRunId": name} for each in self.children.get(name, [])]
        return told({"value": found})


def _between(url: str, start: str) -> str:
    found = re.search(rf"{start}([^/?]+)", url)
    assert found is not None
    return found[1]
