"""What newcomers write: said once, in plain words, with a fix that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.rules import check_meaning
from desktop_app.documents.checks import check_text
from desktop_app.services.catalogues import facts

REGISTRY = "azureml://registries/azureml"


def job(**data: Value) -> list[Diagnostic]:
    """Return what the rules say about a job that is else in order."""
    return check_meaning("commandJob", {"command": "python x.py", "environment": "azureml:e@latest", **data}, facts())


def only(found: list[Diagnostic]) -> Diagnostic:
    """Return the one finding."""
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("azureml://registries/azureml/environments/acme@latest", f"{REGISTRY}/environments/acme/labels/latest"),
        ("azureml://registries/azureml/environments/acme:7", f"{REGISTRY}/environments/acme/versions/7"),
        ("azureml://registries/azureml/environments/acme@7", f"{REGISTRY}/environments/acme/versions/7"),
        ("azureml://registries/azureml/environments/acme:latest", f"{REGISTRY}/environments/acme/labels/latest"),
        (f"{REGISTRY}/environments/acme@latest/labels/latest", f"{REGISTRY}/environments/acme/labels/latest"),
        ("azureml://registry/azureml/environments/acme/versions/7", f"{REGISTRY}/environments/acme/versions/7"),
        ("azureml://registry/azureml/environments/acme@latest", f"{REGISTRY}/environments/acme/labels/latest"),
    ],
)
def test_an_address_in_a_registry_is_written_by_slashes(written: str, meant: str) -> None:
    found = only(job(environment=written))
    assert found.fix is not None
    assert found.fix.set == {"environment": meant}
    assert job(environment=meant) == []
    data = only(job(inputs={"d": {"type": "uri_folder", "path": written}}))
    assert data.fix is not None
    assert data.fix.set == {"inputs.d.path": meant}


def test_a_search_space_is_called_one() -> None:
    sweep: dict[str, Value] = {
        "type": "sweep",
        "trial": {"command": "x ${{search_space.bs}}", "environment": "azureml:e@latest"},
        "search_space": {"lr": {"type": "choice", "values": [1, 2]}},
        "limits": {"max_total_trials": 2, "max_concurrent_trials": 10},
    }
    messages = [each.message for each in check_meaning("sweepJob", sweep, facts())]
    assert any("the search space has no “bs”" in each for each in messages)
    assert any("10 at once is more than max_total_trials" in each for each in messages)
    assert not any("output" in each for each in messages)


@pytest.mark.parametrize(("mode", "meant"), [("mount", "ro_mount"), ("upload", "download")])
def test_a_mode_that_is_not_for_inputs_is_said_once(mode: str, meant: str) -> None:
    text = (
        "command: python x.py ${{inputs.d}}\nenvironment: azureml:e@latest\n"
        f"inputs:\n  d:\n    type: uri_folder\n    path: azureml:d@latest\n    mode: {mode}\n"
    )
    report = check_text(None, text, lambda _: [])
    found = only([each for each in report.diagnostics if each.path == "inputs.d.mode"])
    assert found.fix is not None
    assert found.fix.set == {"inputs.d.mode": meant}


def test_an_image_at_environment_is_no_file() -> None:
    text = "command: python x.py\nenvironment: mcr.microsoft.com/azureml/mine/acme:12\ncompute: azureml:c\n"
    found = only(list(check_text(Path("job.yml"), text, lambda _: []).diagnostics))
    assert found.fix is not None
    assert found.fix.set == {"environment": {"image": "mcr.microsoft.com/azureml/mine/acme:12"}}
    assert job(environment=found.fix.set["environment"]) == []


def test_an_image_below_docker_moves_to_where_it_stands_today() -> None:
    given: dict[str, Value] = {"name": "mine", "docker": {"image": "acme/train:1"}}
    found = only(check_meaning("environment", given, facts()))
    assert found.fix is not None
    assert (found.fix.set, found.fix.unset) == ({"image": "acme/train:1"}, ("docker",))


def test_an_environment_is_made_of_something() -> None:
    found = only(check_meaning("environment", {"name": "mine"}, facts()))
    assert found.code == "missing-image"
    assert check_meaning("environment", {"name": "mine", "build": {"path": "."}}, facts()) == []


@pytest.mark.parametrize(("moment", "count"), [("2022-13-41", 1), ("2022-12-31", 0), ("2026-01-31T08:00:00", 0)])
def test_a_start_is_a_time_that_there_is(moment: str, count: int) -> None:
    trigger: dict[str, Value] = {"type": "cron", "expression": "0 8 * * *", "start_time": moment}
    found = check_meaning("schedule", {"name": "s", "trigger": trigger}, facts())
    assert [each.code for each in found] == ["time"] * count


@pytest.mark.parametrize("size", ["Standard_NC99", "Standard_NC24ads_A100_v5"])
def test_a_size_that_is_not_listed_is_only_a_hint(size: str) -> None:
    found = only(job(resources={"instance_type": size}))
    assert (found.severity, found.fix) == (Severity.INFO, None)
    assert "the nearest is Standard_NC" in found.message


@pytest.mark.parametrize(
    ("value", "written"),
    [(True, "true"), (None, ""), ("3", None), (3, None)],
    ids=["truth", "nothing", "text", "number"],
)
def test_a_variable_is_text(value: Value, written: str | None) -> None:
    found = job(environment_variables={"N": value})
    fixes = [each.fix.set for each in found if each.fix]
    assert fixes == ([] if written is None else [{"environment_variables.N": written}])


def test_a_misspelt_schema_is_told_and_its_kind_known() -> None:
    base = "https://azuremlschemas.azureedge.net/latest/"
    text = f"$schema: {base}enviroment.schema.json\nname: mine\nimage: acme/train:1\n"
    report = check_text(None, text, lambda _: [])
    assert report.kind == "environment"
    found = only(list(report.diagnostics))
    assert found.fix is not None
    assert found.fix.set == {"$schema": f"{base}environment.schema.json"}
