"""Which folders and files a job file sends up."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Value
from desktop_app.documents.upload_parts import is_local, upload_parts

HERE = Path("/project")


def named(kind: str, data: Value) -> list[tuple[str, str, str]]:
    """Return where, what and which place."""
    return [(each.path, each.what, each.given) for each in upload_parts(kind, data, HERE)]


def test_the_parts_of_a_command_job() -> None:
    data: Value = {
        "code": "./src",
        "inputs": {
            "local": {"type": "uri_folder", "path": "data"},
            "plain": {"path": "more"},
            "asset": {"type": "uri_folder", "path": "azureml:digits:1"},
            "web": {"type": "uri_file", "path": "https://host/a.csv"},
            "lr": 0.1,
            "word": {"type": "string", "default": "x"},
        },
        "environment": {"build": {"path": "docker"}},
    }
    assert named("commandJob", data) == [
        ("code", "code", "./src"),
        ("inputs.local.path", "data", "data"),
        ("inputs.plain.path", "data", "more"),
        ("environment.build.path", "Docker build folder", "docker"),
    ]


def test_a_place_that_is_named_twice_goes_up_once() -> None:
    jobs: Value = {"a": {"code": "src"}, "b": {"code": "src"}, "c": {"component": {"code": "../c"}}}
    assert named("pipelineJob", {"jobs": jobs}) == [
        ("jobs.a.code", "code", "src"),
        ("jobs.c.component.code", "code", "../c"),
    ]
    assert [each.of_component for each in upload_parts("pipelineJob", {"jobs": jobs}, HERE)] == [False, True]


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("component", {"code": "."}, [("code", "code", ".")]),
        ("model", {"path": "model.pt"}, [("path", "model", "model.pt")]),
        ("data", {"path": "file:d.csv"}, [("path", "data", "file:d.csv")]),
        ("environment", {"build": {"path": "."}}, [("build.path", "Docker build folder", ".")]),
        ("sweepJob", {"trial": {"code": "src"}}, [("trial.code", "code", "src")]),
        ("managedOnlineDeployment", {"code_configuration": {"code": "score"}, "model": {"path": "m"}},
         [("code_configuration.code", "code", "score"), ("model.path", "model", "m")]),
        ("commandJob", {"code": 3, "inputs": ["x", None]}, []),
        ("commandJob", None, []),
    ],
)  # fmt: skip
def test_the_parts_of_other_kinds(kind: str, data: Value, expected: list[tuple[str, str, str]]) -> None:
    assert named(kind, data) == expected


@pytest.mark.parametrize(
    ("given", "local"),
    [
        ("src", True), ("../x", True), ("/abs", True), ("C:\\code", True), ("c:/code", True), ("file:x.yml", True),
        ("azureml:x:1", False), ("https://x/y", False), ("git+https://x", False), ("${{inputs.code}}", False),
    ],
)  # fmt: skip
def test_what_lies_on_this_machine(given: str, local: bool) -> None:
    assert is_local(given) is local


def test_data_without_end_ends() -> None:
    deep: dict[str, Value] = {}
    here = deep
    for _ in range(500):
        inner: dict[str, Value] = {}
        here["jobs"] = inner
        here = inner
    here["code"] = "src"
    assert named("pipelineJob", deep) == []
