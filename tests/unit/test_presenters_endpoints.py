"""What the window says of endpoints: states, what a deployment costs and takes, calls, samples; and of old lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Asset, Deployment, Endpoint, Headroom, SizeOffer
from desktop_app.presenters.clouds import endpoints
from desktop_app.presenters.clouds.listing import Age, as_of_text, is_today
from desktop_app.services.catalogues import facts

OLD = Deployment("digits-1", "Succeeded", "digits:1", "STANDARD_DS3_V2", 2, 100)
NEW = Deployment("digits-2", "Failed", "digits:2", "Standard_DS3_v2", 1, 0)
ENDPOINT = Endpoint("digits-ep", "Succeeded", "key", "https://digits-ep.x.net/score", (OLD, NEW))


def test_an_endpoints_row() -> None:
    assert endpoints.endpoint_row(ENDPOINT).cells == (
        "digits-ep", "Ready", "digits-1 100 %", "a key", "https://digits-ep.x.net/score",
    )  # fmt: skip
    assert endpoints.endpoint_row(Endpoint("e", "Creating")).cells[1:3] == ("Creating", "–")
    assert endpoints.endpoint_row(Endpoint("e", "Succeeded", deployments=(NEW,))).cells[2] == "nobody yet"


def test_a_deployment_that_failed_says_where_to_look() -> None:
    row = endpoints.deployment_row(NEW)
    assert (row.role, row.tip) == ("failed", "Its log says why.")
    assert endpoints.deployment_row(OLD).cells[4] == "2 × Standard_DS3_v2", "the service writes sizes in capitals"
    assert endpoints.is_idle(NEW)
    assert not endpoints.takes_calls(NEW)


@given(st.text(min_size=1, max_size=60))
def test_the_name_that_is_suggested_is_one_that_azure_takes(model: str) -> None:
    rule = facts().name_rule("online endpoint")
    assert rule is not None
    first = endpoints.suggested_name(f"{model}:3", ())
    for name in (first, endpoints.suggested_name(f"{model}:3", (first,))):
        assert endpoints.name_complaint(name) == ""
        assert rule.least <= len(name) <= rule.most


@pytest.mark.parametrize("name", ["", "ep", "1ep", "a--b", "a_b", "x" * 33, "ep-"])
def test_names_that_no_endpoint_has(name: str) -> None:
    assert "3 to 32" in endpoints.name_complaint(name)


def test_what_becomes_of_what_is_served_now() -> None:
    assert endpoints.at_endpoint("other", [ENDPOINT]).startswith("A new endpoint")
    assert endpoints.at_endpoint("digits-ep", [ENDPOINT]).endswith("digits-1 stays, and costs.")
    idle = Endpoint("digits-ep", "Succeeded", deployments=(NEW,))
    assert endpoints.at_endpoint("digits-ep", [idle]).endswith("every call goes to it.")


def test_models_that_are_served_without_code() -> None:
    types = ("mlflow_model", "custom_model", "triton_model", "")
    models = [Asset("model", kind or "unknown", "1", kind) for kind in types]
    assert [each.type for each in endpoints.servable(models)] == ["mlflow_model", "triton_model", ""]
    assert endpoints.model_text(models[0]) == "mlflow_model:1 – MLflow"


def test_sizes_begin_with_the_usual_one_and_those_without_gpus() -> None:
    offers = [SizeOffer("B", vcpus=8), SizeOffer("G", gpus=1, vcpus=4), SizeOffer("A", vcpus=2),
              SizeOffer(endpoints.USUAL_SIZE, vcpus=4)]  # fmt: skip
    assert [each.name for each in endpoints.sizes(offers)] == [endpoints.USUAL_SIZE, "A", "B", "G"]


@pytest.mark.parametrize(("count", "counted"), [(1, 2), (4, 5), (5, 6), (10, 12)])
def test_machines_are_counted_with_what_upgrades_need(count: int, counted: int) -> None:
    assert endpoints.with_reserve(count) == counted


def test_whether_the_quota_is_enough() -> None:
    tone, text = endpoints.room_text(Headroom("s", "DSv2", 40, 2, 2), 1)
    assert (tone, "Azure counts 2 machines" in text) == ("success", True)
    assert endpoints.room_text(Headroom("s", "DSv2", 4, 2, 1, "1 of 2 fits."), 1)[0] == "warning"


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 100), max_size=4))
def test_parts_make_a_hundred_or_nothing(parts: dict[str, int]) -> None:
    total = sum(parts.values())
    assert (endpoints.parts_complaint(parts) == "") == (total in (0, 100))
    assert (endpoints.parts_note(parts) == "") == bool(total)


def test_the_sample_is_of_the_kind_that_gets_the_calls() -> None:
    triton = Asset("model", "digits", "1", "triton_model")
    mlflow = Asset("model", "digits", "2", "mlflow_model")
    assert "inputs" in json.loads(endpoints.sample(ENDPOINT, [mlflow, triton]))
    assert "input_data" in json.loads(endpoints.sample(ENDPOINT, []))
    assert "inputs" in json.loads(endpoints.sample(Endpoint("e", "Succeeded", url="https://e.x.net/"), []))


def test_what_is_no_json_is_said_with_its_place() -> None:
    assert endpoints.json_complaint('{"a": 1}') == ""
    assert "at line 2, column 1" in endpoints.json_complaint("{\n")


@given(st.text(max_size=40))
def test_any_answer_can_be_shown(answer: str) -> None:
    assert isinstance(endpoints.answer_text(answer), str)


def test_an_answer_in_json_has_lines() -> None:
    assert endpoints.answer_text('{"ü":[1]}') == '{\n  "ü": [\n    1\n  ]\n}'
    assert endpoints.answer_text("12.5") == "12.5"
    assert endpoints.answer_text("no json") == "no json"


@pytest.mark.parametrize(
    ("age", "time", "said"),
    [
        (Age.NOW, "14:03", ""), (Age.UPDATING, "14:03", "as of 14:03 · updating…"), (Age.UPDATING, "", "asking…"),
        (Age.OFFLINE, "14:03", "as of 14:03 · offline"), (Age.OFFLINE, "", ""),
        (Age.REFUSED, "14:03", "as of 14:03 · not updated"), (Age.NOTHING, "", ""),
    ],
)  # fmt: skip
def test_how_old_a_list_is(age: Age, time: str, said: str) -> None:
    assert as_of_text(age, time) == said


def test_what_stands_beside_it_is_not_said_twice() -> None:
    assert as_of_text(Age.OFFLINE, "14:03", beside="offline") == "as of 14:03"
    assert as_of_text(Age.UPDATING, "14:03", beside="asking…") == "as of 14:03 · updating…"


def test_a_list_that_was_cut_says_so() -> None:
    assert as_of_text(Age.OFFLINE, "14:03", 12) == "as of 14:03 · offline · without the last 12 rows"
    assert is_today(datetime(2026, 11, 21, 1, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC))
    assert not is_today(datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 1, tzinfo=UTC))
