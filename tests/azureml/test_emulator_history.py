"""Run history of the emulator by plain requests: queries, pages, experiments, changes, over jobs that only pretend."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers.emulators import Emulator, Told

VERSION = "api-version=2024-01-01-preview"


@pytest.fixture(scope="module", autouse=True)
def jobs(emulator: Emulator) -> None:
    """Forty jobs of two experiments, four of which run."""
    emulator.control("jobs/pretend", {"count": 30, "prefix": "old", "experiment": "first", "compute": "cpus"})
    emulator.control("jobs/pretend", {"count": 10, "live": 4, "prefix": "new", "experiment": "second"})


def ask(emulator: Emulator, method: str, rest: str, body: object = None) -> Told:
    """Ask run history."""
    path = urlsplit(emulator.workspace).path
    return emulator.ask(method, f"https://westus.api.azureml.ms/history/v1.0{path}/{rest}", body)


def names(told: Told) -> list[str]:
    """The runs of a page."""
    return [each["runId"] for each in told.json["value"]]


def every(emulator: Emulator, rest: str, **asked: Any) -> list[str]:
    """The runs of all pages of a query."""
    found: list[str] = []
    token: str | None = ""
    while token is not None:
        told = ask(emulator, "POST", rest, asked | ({"continuationToken": token} if token else {}))
        assert told.status == 200, told.body
        found += names(told)
        token = told.json.get("continuationToken")
    return found


def test_a_query_goes_through_all_pages_newest_first(emulator: Emulator) -> None:
    found = every(emulator, "runs:query", top=7)
    assert (len(found), len(set(found))) == (40, 40)
    assert found[0] == "new-00009"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("Status eq 'Running'", 4),
        ("Status eq 'Running' and Name eq 'new-00009'", 1),
        ("Status eq 'Failed' or Status eq 'Canceled'", 16),
        ("ExperimentName eq 'first'", 30),
        ("Target eq 'cpus' and Status eq 'Completed'", 16),
        ("EndTimeUtc eq '' and CreatedUtc gt 2000-01-01", 4),
    ],
)
def test_filters_find_what_they_say(emulator: Emulator, query: str, count: int) -> None:
    assert len(every(emulator, "runs:query", filter=query, top=500)) == count


def test_an_order_is_kept_in_both_directions(emulator: Emulator) -> None:
    up = every(emulator, "runs:query", orderBy="name asc", top=10)
    assert up == sorted(up)
    assert every(emulator, "runs:query", orderBy="name desc", top=10) == up[::-1]


def test_a_filter_that_can_not_be_read_is_refused_in_the_form_of_the_data_plane(emulator: Emulator) -> None:
    told = ask(emulator, "POST", "runs:query", {"filter": "Status is Running"})
    assert (told.status, told.json["error"]["code"], told.json["correlation"]) == (400, "UserError", None)


def test_an_experiment_is_found_by_name_and_id_with_its_runs(emulator: Emulator) -> None:
    by_name = ask(emulator, "GET", "experiments/second").json
    by_id = ask(emulator, "GET", f"experimentids/{by_name['experimentId']}").json
    assert by_id == by_name
    assert len(every(emulator, "experiments/second/runs:query")) == 10
    assert len(every(emulator, f"experimentids/{by_name['experimentId']}/runs:query")) == 10
    listed = ask(emulator, "POST", "experiments:query", {}).json["value"]
    assert [each["name"] for each in listed] == ["second", "first"]
    assert ask(emulator, "GET", "experiments/third").status == 404


def test_runs_are_shown_by_their_names_and_by_their_compute(emulator: Emulator) -> None:
    found = ask(
        emulator, "POST", "experiments/first/runs/runIds", {"runIds": ["old-00001", "nothing", "new-00001"]}
    ).json
    assert [each["runId"] for each in found] == ["old-00001", "new-00001"]
    first = ask(emulator, "GET", "computes/cpus/runs?$top=20")
    second = emulator.ask("GET", first.json["nextLink"])
    assert (len(names(first)), len(names(second)), "nextLink" in second.json) == (20, 10, False)


def test_a_run_is_the_same_with_and_without_its_experiment(emulator: Emulator) -> None:
    run = ask(emulator, "GET", "runs/old-00002").json
    assert ask(emulator, "GET", "experiments/first/runs/old-00002").json == run
    assert (run["status"], run["error"]["error"]["code"]) == ("Failed", "UserError")
    assert run["duration"] == "01:00:00"
    assert ask(emulator, "GET", "runs/nothing").status == 404
    assert ask(emulator, "GET", "runs/nothing/details").status == 404
    assert ask(emulator, "POST", "rundata", {"runId": "nothing"}).status == 404


def test_names_tags_and_whether_a_run_is_hidden_are_changed(emulator: Emulator) -> None:
    asked = {"displayName": "Named", "tags": {"a": "b"}, "properties": {"c": "d"}, "hidden": True}
    run = ask(emulator, "PATCH", "experiments/first/runs/old-00003", asked).json
    assert (run["displayName"], run["tags"]["a"], run["properties"]["c"], run["hidden"]) == ("Named", "b", "d", True)
    job = emulator.ask("GET", f"{{ws}}/jobs/old-00003?{VERSION}").json["properties"]
    assert (job["displayName"], job["isArchived"]) == ("Named", True)
    hidden = emulator.ask("GET", f"{{ws}}/jobs?{VERSION}&listViewType=ArchivedOnly").json["value"]
    assert [each["name"] for each in hidden] == ["old-00003"]
    assert "error" in ask(emulator, "PATCH", "runs/nothing", {}).json


def test_a_run_is_canceled_by_run_history_too(emulator: Emulator) -> None:
    assert ask(emulator, "POST", "experiments/second/runs/new-00006/cancel").json["status"] == "Canceled"
    assert ask(emulator, "GET", "runs/new-00006").json["endTimeUtc"]


def test_jobs_are_changed_by_arm_and_listed_by_tag_and_type(emulator: Emulator) -> None:
    changed = emulator.ask("PATCH", f"{{ws}}/jobs/old-00005?{VERSION}", {"properties": {"tags": {"keep": "yes"}}})
    assert changed.json["properties"]["tags"] == {"keep": "yes"}
    for query, found in (("tag=keep", 1), ("tag=keep=yes", 1), ("tag=keep=no", 0), ("jobType=Sweep", 0)):
        listed = emulator.ask("GET", f"{{ws}}/jobs?{VERSION}&{query}").json["value"]
        assert len(listed) == found, query
    assert emulator.ask("PATCH", f"{{ws}}/jobs/nothing?{VERSION}", {}).status == 404
    assert emulator.ask("POST", f"{{ws}}/jobs/nothing/cancel?{VERSION}").status == 404
    assert emulator.ask("DELETE", f"{{ws}}/jobs/nothing?{VERSION}").status == 204
    assert emulator.ask("DELETE", f"{{ws}}/jobs/new-00008?{VERSION}").status == 400, "it runs"


def test_a_run_without_logs_metrics_or_services_says_so(emulator: Emulator) -> None:
    assert ask(emulator, "GET", "runs/new-00007/details").json["logFiles"] == {}
    assert ask(emulator, "GET", "runs/new-00007/serviceinstances/0").json == {"instances": {}}
    path = urlsplit(emulator.workspace).path
    told = emulator.ask("POST", f"https://westus.api.azureml.ms/metric/v2.0{path}/runs/new-00007/list", {})
    assert told.json["value"] == []


def test_a_log_grows_and_begins_again_as_told(emulator: Emulator) -> None:
    def link(name: str) -> str:
        return str(ask(emulator, "GET", "runs/new-00009/details").json["logFiles"][name])

    name = "user_logs/std_log_process_1.txt"
    assert emulator.control("jobs/log", {"job": "new-00009", "log": name, "text": "line\n", "times": 3}) == {
        "bytes": 15
    }
    emulator.control("jobs/log", {"job": "new-00009", "log": name, "text": "more\n"})
    assert emulator.ask("GET", link(name), Authorization="").body == b"line\nline\nline\nmore\n"
    assert emulator.ask("GET", link(name), Authorization="", Range="bytes=15-").body == b"more\n"
    assert emulator.ask("GET", link(name), Authorization="", Range="bytes=20-").status == 416
    emulator.control("jobs/log", {"job": "new-00009", "log": name, "text": "anew\n", "anew": True})
    assert emulator.ask("GET", link(name), Authorization="").body == b"anew\n"


def test_jobs_that_pretend_may_have_many_ranks(emulator: Emulator) -> None:
    emulator.control("jobs/pretend", {"count": 1, "prefix": "wide", "nodes": 4, "processes": 8})
    job = emulator.ask("GET", f"{{ws}}/jobs/wide-00000?{VERSION}").json["properties"]
    assert (job["resources"]["instanceCount"], job["distribution"]["processCountPerInstance"]) == (4, 8)
    assert emulator.ask("DELETE", f"{{ws}}/jobs/wide-00000?{VERSION}").status == 202


def test_artifacts_of_any_name_are_listed_as_they_are_called(emulator: Emulator) -> None:
    assert emulator.control("jobs/artifact", {"job": "old-00001", "path": "../../x", "text": "odd"}) == {"put": 1}
    path = urlsplit(emulator.workspace).path
    url = f"https://westus.api.azureml.ms/artifact/v2.0{path}/artifacts/ExperimentRun/dcid.old-00001"
    assert [each["path"] for each in emulator.ask("GET", url).json["value"]] == ["../../x"]


def test_jobs_that_pretend_end_when_they_are_told_to(emulator: Emulator) -> None:
    emulator.control("jobs/pretend", {"count": 1, "live": 1, "prefix": "told", "seconds": 3600})
    told = emulator.control("jobs/end", {"job": "told-00000", "status": "Failed", "message": "Execution failed: so."})
    assert told == {"ended": ["told-00000"]}
    states = [state for state, _at in emulator.control("jobs/states", {"job": "told-00000"})]
    assert states[-2:] == ["Running", "Failed"]
    assert emulator.control("jobs/end", {"job": "none"}) == {"ended": []}
