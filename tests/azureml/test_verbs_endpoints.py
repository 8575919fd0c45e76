"""`rankzero endpoints`: a model is served without code, called, looked into and deleted; a custom one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.program import Program


@pytest.fixture
def served(verbs: Program, tmp_path: Path) -> Program:
    """A workspace with an MLflow model `digits`, and one of no known kind, `raw`."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}")
    assert verbs("models", "register", "digits", folder, "--type", "mlflow_model").code == 0
    assert verbs("models", "register", "raw", folder / "MLmodel", "--type", "custom_model").code == 0
    return verbs


def test_a_model_is_served_called_and_taken_down(served: Program) -> None:
    made = served("endpoints", "deploy", "digits-ep", "digits", "--json")
    assert made.code == 0, made.err
    (endpoint,) = made.json["endpoints"]
    (deployment,) = endpoint["deployments"]
    assert deployment["model"].startswith("digits:")
    assert deployment["traffic"] == 100
    assert endpoint["url"].endswith("/score")
    steps = [each for each in made.err.splitlines() if not each.startswith("Starting")]
    assert [each.split()[0] for each in steps] == ["Making", "Deploying", "Sending"]
    answer = served("endpoints", "call", "digits-ep", "--data", '{"input_data": [[1, 2]]}')
    assert answer.code == 0, answer.err
    assert answer.out.strip().startswith("[")
    file = served.cwd / "body.json"
    file.write_text('{"input_data": [[1, 2]]}')
    assert served("endpoints", "call", "digits-ep", file, "--json").json["answer"] == answer.out.strip()
    log = served("endpoints", "log", "digits-ep")
    assert log.code == 0
    assert log.out.strip()
    redeployed = served("endpoints", "deploy", "digits-ep", "digits", "--json")
    again = redeployed.json["endpoints"][0]["deployments"]
    assert sorted(each["traffic"] for each in again) == [0, 100]
    idle = next(each["name"] for each in again if not each["traffic"])
    assert f"{idle} still runs at digits-ep, without calls, and costs" in redeployed.err
    assert served("endpoints", "delete", "digits-ep", idle, "--json").json == {"deleted": f"digits-ep/{idle}"}
    (left,) = served("endpoints", "list", "--json").json["endpoints"][0]["deployments"]
    assert left["traffic"] == 100
    assert served("endpoints", "delete", "digits-ep", left["name"]).code == 1
    assert served("endpoints", "delete", "digits-ep", "--json").json == {"deleted": "digits-ep"}
    assert served("endpoints", "list", "--json").json["endpoints"] == []


def test_a_custom_model_is_refused_with_the_way_out(served: Program) -> None:
    said = served("endpoints", "deploy", "raw-ep", "raw")
    assert said.code == 1
    assert "needs a scoring script" in said.err
    assert "mlflow" in said.err
    assert served("endpoints", "list", "--json").json["endpoints"] == []


def test_what_is_wrong_is_told(served: Program) -> None:
    for arguments, code, words in (
        (("deploy", "1st", "digits"), 1, "can't be called “1st”"),
        (("deploy", "some-ep", "dgits"), 1, "Did you mean “digits”?"),
        (("deploy", "some-ep", "digits:99"), 1, "has no version 99"),
        (("call", "nope", "--data", "{}"), 1, "has no endpoint “nope”"),
        (("call", "nope", "--data", "{"), 1, "is no JSON"),
        (("call", "nope"), 2, "Give a JSON file, or --data."),
        (("log", "nope"), 1, "has no endpoint “nope”"),
        (("delete", "nope"), 1, "has no endpoint “nope”"),
    ):
        said = served("endpoints", *arguments)
        assert said.code == code, (arguments, said.err)
        assert words in said.err
