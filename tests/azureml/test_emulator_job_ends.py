"""Jobs of the emulator that are refused, fail to start, are canceled, preempted, stuck, sent twice, or many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.helpers.emulated_jobs import (
    PATIENCE,
    PLAIN,
    ask,
    details,
    logs_of,
    make_cluster,
    problem_of,
    reached,
    read_link,
    status_of,
    submit,
)
from tests.helpers.emulators import Emulator, Sdk, SdkError, running_emulator
from tests.helpers.waiting import wait_until

VERSION = "api-version=2024-01-01-preview"
FOREVER = "echo begun; exec sleep 600"


@pytest.fixture(scope="module")
def cluster(sdk: Sdk) -> str:
    """A cluster of two nodes."""
    return make_cluster(sdk, nodes=2)


def put(sdk: Sdk, name: str, **properties: Any) -> tuple[int, Any]:
    """PUT a command job as a client of its own would; return status and body."""
    body = {"jobType": "Command", "command": "echo hello", "environmentId": PLAIN, **properties}
    status, answer, _ = ask(sdk, "PUT", f"arm:/jobs/{name}?{VERSION}", {"properties": body})
    return status, answer


def code_of(answer: Any) -> str:
    """The innermost code of an error."""
    inner = next(each["info"]["value"] for each in answer["error"]["additionalInfo"] if each["type"] == "InnerError")
    return str(inner["innerError"]["code"])


def cancel(sdk: Sdk, name: str) -> None:
    """Cancel by the SDK and follow its operation to the end."""
    sdk("result = ml.jobs.begin_cancel(name, polling_interval=0.1).result()", name=name)


def test_a_running_job_is_canceled_and_its_log_stays(emulator: Emulator, sdk: Sdk, cluster: str) -> None:
    submit(sdk, "long", FOREVER, compute=cluster)
    assert reached(sdk, "long", "Running") == "Running"
    wait_until(lambda: "begun" in logs_of(emulator, sdk, "long").get("user_logs/std_log.txt", ""), PATIENCE)
    cancel(sdk, "long")
    assert status_of(sdk, "long") == "Canceled"
    assert logs_of(emulator, sdk, "long")["user_logs/std_log.txt"].startswith("begun")
    assert details(sdk, "long")["endTimeUtc"]


def test_a_cancel_is_answered_as_recorded(sdk: Sdk, cluster: str) -> None:
    submit(sdk, "told", FOREVER, compute=cluster)
    assert reached(sdk, "told", "Running") == "Running"
    status, body, headers = ask(sdk, "POST", f"arm:/jobs/told/cancel?{VERSION}")
    place = headers["Location"]
    assert (status, body, headers["x-ms-async-operation-timeout"]) == (202, None, "PT1H")
    assert "/mfeOperationResults/jc:" in place
    assert 2500 < len(place) < 3500
    assert "Azure-AsyncOperation" not in headers
    first, nothing, again = ask(sdk, "GET", place)
    while first == 202:
        assert (nothing, again["Location"]) == ({}, again["Azure-AsyncOperation"])
        assert again["Location"] != place, "the address is signed anew"
        first, nothing, again = ask(sdk, "GET", again["Location"])
    assert (first, nothing) == (200, None)
    assert ask(sdk, "POST", f"arm:/jobs/told/cancel?{VERSION}")[0] == 200, "what is over needs nothing"
    spoilt, refused, _ = ask(sdk, "GET", place[:-1] + ("A" if place[-1] != "A" else "B"))
    assert (spoilt, refused["error"]["code"]) == (400, "UserError")


def test_a_job_waits_for_nodes_and_can_be_canceled_there(sdk: Sdk, cluster: str) -> None:
    submit(sdk, "too-wide", "echo never", compute=cluster, instance_count=3)
    assert reached(sdk, "too-wide", "Queued") == "Queued"
    _, run, _ = ask(sdk, "GET", "api:/history/v1.0/runs/too-wide")
    wait_until(lambda: ask(sdk, "GET", "api:/history/v1.0/runs/too-wide")[1]["queueingInfo"], PATIENCE)
    cancel(sdk, "too-wide")
    _, run, _ = ask(sdk, "GET", "api:/history/v1.0/runs/too-wide")
    assert (run["status"], run["startTimeUtc"]) == ("Canceled", None)
    assert details(sdk, "too-wide")["logFiles"] == {}


def test_a_cluster_scales_up_for_its_jobs(sdk: Sdk, cluster: str) -> None:
    submit(sdk, "on-two", FOREVER, compute=cluster, instance_count=2, distribution=pytorch())
    assert reached(sdk, "on-two", "Running") == "Running", problem_of(sdk, "on-two")
    assert sdk("ml.compute.get('cpus')._to_dict()['name']") == cluster
    _, body, _ = ask(sdk, "GET", f"arm:/computes/cpus?{VERSION}")
    assert body["properties"]["properties"]["nodeStateCounts"]["runningNodeCount"] == 2
    submit(sdk, "behind", "echo at last", compute=cluster)
    assert reached(sdk, "behind", "Queued") == "Queued"
    cancel(sdk, "on-two")
    assert reached(sdk, "behind") == "Completed"


def test_a_compute_that_is_deleted_fails_the_jobs_that_wait_for_it(sdk: Sdk) -> None:
    submit(sdk, "left-alone", "echo never", compute=make_cluster(sdk, "short-lived", nodes=1), instance_count=2)
    assert reached(sdk, "left-alone", "Queued") == "Queued"
    sdk("result = ml.compute.begin_delete('short-lived').result()")
    assert reached(sdk, "left-alone") == "Failed"
    assert "short-lived was deleted" in problem_of(sdk, "left-alone")


def test_a_compute_that_is_deleted_ends_the_jobs_that_run_on_it(emulator: Emulator, sdk: Sdk) -> None:
    submit(sdk, "pulled", FOREVER, compute=make_cluster(sdk, "goes-away", nodes=1))
    assert reached(sdk, "pulled", "Running") == "Running", problem_of(sdk, "pulled")
    wait_until(lambda: "begun" in logs_of(emulator, sdk, "pulled").get("user_logs/std_log.txt", ""), PATIENCE)
    sdk("result = ml.compute.begin_delete('goes-away').result()")
    assert reached(sdk, "pulled") == "Failed"
    assert "goes-away was deleted while the job ran on it" in problem_of(sdk, "pulled")
    assert logs_of(emulator, sdk, "pulled")["user_logs/std_log.txt"].startswith("begun")


def test_nodes_go_to_the_job_that_waited_longest(sdk: Sdk, cluster: str) -> None:
    both = {"compute": cluster, "instance_count": 2, "distribution": pytorch()}
    submit(sdk, "one", FOREVER, **both)
    assert reached(sdk, "one", "Running") == "Running"
    submit(sdk, "two", FOREVER, **both)
    assert reached(sdk, "two", "Queued") == "Queued"
    submit(sdk, "three", "echo a small one", compute=cluster)
    cancel(sdk, "one")
    assert reached(sdk, "two", "Running") == "Running"
    assert status_of(sdk, "three") == "Queued"
    cancel(sdk, "two")
    assert reached(sdk, "three") == "Completed"


def pytorch() -> dict[str, object]:
    """A process for each node."""
    return {"type": "pytorch", "process_count_per_instance": 1}


def test_a_preempted_job_queues_and_runs_again_with_a_log_that_began_anew(
    emulator: Emulator, sdk: Sdk, cluster: str, tmp_path: Path
) -> None:
    mark = tmp_path / "second"
    line = f"if [ -e {mark} ]; then echo again; else echo 'a first line'; touch {mark}; exec sleep 600; fi"
    submit(sdk, "preempted", line, compute=cluster)
    wait_until(lambda: "first" in logs_of(emulator, sdk, "preempted").get("user_logs/std_log.txt", ""), PATIENCE)
    assert emulator.control("jobs/preempt", {"job": "preempted"}) == {"preempted": ["preempted"]}
    assert reached(sdk, "preempted") == "Completed"
    assert logs_of(emulator, sdk, "preempted")["user_logs/std_log.txt"] == "again\n"
    found = details(sdk, "preempted")
    assert found["currentAttemptId"] == 2
    assert "preempted" in found["warnings"][0]["message"]


def test_a_job_gets_stuck_in_cancel_requested_until_it_is_let_go(emulator: Emulator, sdk: Sdk) -> None:
    submit(sdk, "stuck", FOREVER)
    assert reached(sdk, "stuck", "Running") == "Running"
    assert emulator.control("jobs/stick", {"job": "stuck"}) == {"stuck": ["stuck"]}
    _, _, headers = ask(sdk, "POST", f"arm:/jobs/stuck/cancel?{VERSION}")
    assert [status_of(sdk, "stuck") for _ in range(3)] == ["CancelRequested"] * 3
    assert ask(sdk, "GET", headers["Location"])[0] == 202
    emulator.control("jobs/stick", {"job": "stuck", "stuck": False})
    assert reached(sdk, "stuck") == "Canceled"


def test_an_environment_that_is_not_there_fails_before_anything_runs(sdk: Sdk) -> None:
    submit(sdk, "no-environment", "echo never", environment="azureml:nothing:7")
    assert reached(sdk, "no-environment") == "Failed"
    assert "Environment nothing with version 7 is not found" in problem_of(sdk, "no-environment")
    assert details(sdk, "no-environment")["startTimeUtc"] is None


def test_an_image_that_can_not_be_built_leaves_the_log_of_its_build(emulator: Emulator, sdk: Sdk) -> None:
    text = {"properties": {"image": "mcr.microsoft.com/azureml/base", "condaFile": "- this\n- is a list\n"}}
    assert ask(sdk, "PUT", f"arm:/environments/odd/versions/1?{VERSION}", text)[0] == 201
    submit(sdk, "no-image", "echo never", environment="azureml:odd:1")
    assert reached(sdk, "no-image") == "Failed"
    assert "Image build failed" in problem_of(sdk, "no-image")
    assert "no mapping" in logs_of(emulator, sdk, "no-image")["azureml-logs/20_image_build_log.txt"]


def test_data_that_is_not_there_fails_the_job(sdk: Sdk) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/nowhere/data.csv"
    inputs = {"data": {"jobInputType": "uri_file", "uri": uri}}
    assert put(sdk, "no-data", inputs=inputs, command="cat ${{inputs.data}}")[0] == 201
    assert reached(sdk, "no-data") == "Failed"
    assert "nowhere/data.csv" in problem_of(sdk, "no-data")


@pytest.mark.parametrize(
    ("properties", "status", "code", "word"),
    [
        ({"computeId": "azureml:nothing"}, 400, "ComputeNotFound", "nothing"),
        ({"command": ""}, 400, "ArgumentNull", "Command"),
        ({"environmentId": None}, 400, "ArgumentNull", "EnvironmentId"),
        ({"jobType": None}, 400, "ArgumentNull", "JobType"),
        ({"jobType": "Sweep"}, 400, "ArgumentNull", "Trial.Command"),
    ],
)
def test_a_job_that_can_not_be_is_refused(
    sdk: Sdk, properties: dict[str, Any], status: int, code: str, word: str
) -> None:
    found, answer = put(sdk, "refused", **properties)
    assert (found, answer["error"]["code"], code_of(answer)) == (status, "UserError", code)
    assert word in answer["error"]["message"]
    assert ask(sdk, "GET", f"arm:/jobs/refused?{VERSION}")[0] == 404


def test_code_that_was_not_registered_is_not_found(sdk: Sdk) -> None:
    found, answer = put(sdk, "codeless", codeId="/x/workspaces/y/codes/none/versions/1")
    assert (found, answer["error"]["code"]) == (404, "NotFound")


def test_a_name_that_is_none_is_refused(sdk: Sdk) -> None:
    assert put(sdk, "a b")[0] == 400


def test_a_job_that_is_sent_twice_runs_once(sdk: Sdk, emulator: Emulator, tmp_path: Path) -> None:
    line = f"echo ran >> {tmp_path / 'runs.txt'}"
    submit(sdk, "twice", line, tags={"a": "1"})
    assert reached(sdk, "twice") == "Completed"
    assert submit(sdk, "twice", line, tags={"b": "2"}) == "Completed"
    assert (tmp_path / "runs.txt").read_text() == "ran\n"
    assert {"a": "1", "b": "2"}.items() <= sdk("dict(ml.jobs.get('twice').tags)").items(), "tags are never taken away"


def test_an_answer_that_is_lost_makes_the_sdk_send_again_and_the_job_runs_once(
    sdk: Sdk, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.control("faults", {"kind": "lost-answer", "method": "PUT", "path": "/jobs/lost", "count": 2})
    submit(sdk, "lost", f"echo ran >> {tmp_path / 'runs.txt'}")
    assert [each["method"] for each in emulator.log() if each["path"].endswith("/jobs/lost")].count("PUT") == 3
    assert reached(sdk, "lost") == "Completed"
    assert (tmp_path / "runs.txt").read_text() == "ran\n"


def test_a_job_that_is_sent_twice_may_also_be_refused(sdk: Sdk, emulator: Emulator) -> None:
    put(sdk, "strict")
    emulator.control("jobs/repeats", {"refused": True})
    try:
        status, answer = put(sdk, "strict")
    finally:
        emulator.control("jobs/repeats", {"refused": False})
    assert (status, code_of(answer)) == (400, "JobPropertyImmutable")


def test_a_job_ends_at_its_time_limit(sdk: Sdk) -> None:
    submit(sdk, "limited", FOREVER, timeout=1)
    assert reached(sdk, "limited") == "Canceled"


def test_an_environment_of_the_registry_with_a_typo_shows_when_the_job_is_prepared(sdk: Sdk) -> None:
    submit(sdk, "typo", "echo never", environment="azureml://registries/azureml/environments/no-such/versions/1")
    assert reached(sdk, "typo") == "Failed"
    assert "no-such" in problem_of(sdk, "typo")


def test_another_job_of_the_same_name_is_refused_as_the_service_words_it(sdk: Sdk) -> None:
    put(sdk, "same")
    status, answer = put(sdk, "same", command="echo other", environmentVariables={"A": "B"})
    assert (status, code_of(answer)) == (400, "JobPropertyImmutable")
    assert "the existing job's Command,  EnvironmentVariables cannot be changed" in answer["error"]["message"]
    with pytest.raises(SdkError, match="A job with this name already exists"):
        submit(sdk, "same", "echo a third")


def test_a_job_that_is_over_can_be_deleted(sdk: Sdk) -> None:
    put(sdk, "gone")
    assert reached(sdk, "gone") == "Completed"
    status, body, headers = ask(sdk, "DELETE", f"arm:/jobs/gone?{VERSION}")
    assert (status, body) == (202, None)
    assert ask(sdk, "GET", headers["Location"])[0] == 200
    assert ask(sdk, "GET", f"arm:/jobs/gone?{VERSION}")[0] == 404


def test_a_pipeline_is_kept_but_not_run(sdk: Sdk) -> None:
    body = {
        "properties": {
            "jobType": "Pipeline",
            "inputs": {},
            "outputs": {},
            "jobs": {},
            "settings": {"_source": "YAML.JOB"},
        }
    }
    status, shown, _ = ask(sdk, "PUT", f"arm:/jobs/pipe?{VERSION}", body)
    found = shown["properties"]
    assert (status, found["status"], found["inputs"], found["outputs"]) == (201, "NotStarted", None, {})


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, azureml_python: Path) -> Iterator[tuple[Emulator, Sdk]]:
    """An emulator with 10,000 jobs, 1,000 of which pretend to run, and the SDK."""
    home = tmp_path_factory.mktemp("crowd")
    (home / "sdk").mkdir()
    with (
        running_emulator(home / "emulator") as emulator,
        Sdk(azureml_python, emulator.environment, home / "sdk") as sdk,
    ):
        sdk("ml = client(config)", config=str(emulator.config))
        emulator.control("jobs/pretend", {"count": 10_000, "live": 1_000, "seconds": 3600})
        yield emulator, sdk


def test_ten_thousand_jobs_are_listed_in_pages(crowd: tuple[Emulator, Sdk]) -> None:
    _, sdk = crowd
    begun = time.monotonic()
    names, path, pages = [], f"arm:/jobs?{VERSION}&listViewType=All", 0
    while path:
        _, page, _ = ask(sdk, "GET", path)
        names += [each["name"] for each in page["value"]]
        path, pages = page.get("nextLink", ""), pages + 1
    assert (len(names), len(set(names)), pages) == (10_000, 10_000, 200)
    assert names[0] == "pretend-09999", "the newest comes first"
    assert time.monotonic() - begun < 60


def test_a_thousand_running_jobs_are_asked_for_in_few_requests(crowd: tuple[Emulator, Sdk]) -> None:
    _, sdk = crowd
    names = [f"pretend-{number:05d}" for number in range(9_000, 10_000)]
    query = {"filter": "Status eq 'Running'", "top": 500, "orderBy": "CreatedUtc desc"}
    found, token = [], None
    for _ in range(2):
        _, page, _ = ask(sdk, "POST", "api:/history/v1.0/runs:query", query | {"continuationToken": token})
        found += [each["runId"] for each in page["value"]]
        token = page.get("continuationToken")
    assert (sorted(found), token) == (names, None)
    requests = {name: {"runId": name, "selectRunMetadata": True} for name in (*names[:100], "nothing")}
    _, batch, _ = ask(sdk, "POST", "api:/history/v1.0/batchrundata", {"requests": requests})
    assert {each["runMetadata"]["status"] for each in batch["successfulResults"].values()} == {"Running"}
    assert list(batch["failedResults"]) == ["nothing"]


def test_a_job_that_pretends_is_canceled_and_has_ends_of_all_kinds(crowd: tuple[Emulator, Sdk]) -> None:
    _, sdk = crowd
    sdk("result = ml.jobs.begin_cancel('pretend-09500', polling_interval=0.1).result()")
    assert status_of(sdk, "pretend-09500") == "Canceled"
    ends = [status_of(sdk, f"pretend-0000{number}") for number in range(4)]
    assert ends == ["Completed", "Completed", "Failed", "Canceled"]


def is_written(mark: Path) -> bool:
    """Whether a process has left its id there."""
    return mark.is_file() and bool(mark.read_text().strip())


def test_nothing_goes_on_when_the_emulator_ends_or_starts_again_after_it_was_killed(tmp_path: Path) -> None:
    home, marks = tmp_path / "emulator", [tmp_path / "first", tmp_path / "second"]
    for mark in marks:
        with running_emulator(home, "--any-token") as emulator:
            body = {"jobType": "Command", "command": f"echo $$ > {mark}; exec sleep 600", "environmentId": PLAIN}
            url = f"{{ws}}/jobs/going-on?{VERSION}"
            assert emulator.ask("PUT", url, {"properties": body}, Authorization="Bearer any").status == 201
            wait_until(partial(is_written, mark), PATIENCE)
            if mark == marks[0]:
                emulator.process.kill()
    with running_emulator(home, "--any-token"):
        wait_until(lambda: not any(psutil.pid_exists(int(each.read_text())) for each in marks), PATIENCE)


def test_phases_take_the_time_that_was_asked_for_and_a_link_expires(tmp_path: Path, azureml_python: Path) -> None:
    delays = "starting=0.3,provisioning=0.3,preparing=0.3,queued=0.3,finalizing=0.3"
    (tmp_path / "sdk").mkdir()
    with (
        running_emulator(tmp_path / "emulator", "--delay", delays) as emulator,
        Sdk(azureml_python, emulator.environment, tmp_path / "sdk") as sdk,
    ):
        sdk("ml = client(config)", config=str(emulator.config))
        submit(sdk, "slow", "echo hello")
        assert reached(sdk, "slow") == "Completed"
        told = emulator.control("jobs/states", {"job": "slow"})
        link = details(sdk, "slow")["logFiles"]["user_logs/std_log.txt"]
        assert read_link(emulator, link) == b"hello\n"
        emulator.control("links", {"expire": True})
        with pytest.raises(OSError, match="403"):
            read_link(emulator, link)
    states, times = [each[0] for each in told], [datetime.fromisoformat(each[1]) for each in told]
    assert states == ["Starting", "Provisioning", "Preparing", "Queued", "Running", "Finalizing", "Completed"]
    lasted = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert all(seconds >= 0.3 for state, seconds in zip(states, lasted, strict=False) if state != "Running")
