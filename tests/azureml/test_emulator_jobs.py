"""Jobs of the emulator by the unmodified SDK: submitted, really run, watched, read, downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.emulated_jobs import (
    LOG_METRIC,
    OVER,
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

TRAIN = """
import os, sys
from pathlib import Path
rank = int(os.environ["RANK"])
print(f"rank {rank} of {os.environ['WORLD_SIZE']} of the run {os.environ['AZUREML_RUN_ID']}", flush=True)
print("data:", Path(sys.argv[1]).read_text().strip())
if rank == 0:
    Path("outputs").mkdir(exist_ok=True)
    Path("outputs/model.txt").write_text("a model")
    Path("logs").mkdir(exist_ok=True)
    Path("logs/own.log").write_text("a log of its own")
    Path(sys.argv[2], "named.txt").write_text("a named output")
"""


@pytest.fixture(scope="module")
def cluster(sdk: Sdk) -> str:
    """A cluster of four nodes."""
    return make_cluster(sdk)


@pytest.fixture(scope="module")
def trained(sdk: Sdk, cluster: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job of two ranks with code, data and an output, run to its end."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "code").mkdir()
    (folder / "code" / "train.py").write_text(TRAIN)
    (folder / "words.txt").write_text("some words\n")
    first = sdk(
        """
        from azure.ai.ml import Input, Output, command
        job = command(
            command="python train.py ${{inputs.words}} ${{outputs.made}}", name="two-ranks", environment=environment,
            code=folder + "/code", compute=compute, experiment_name="tries", instance_count=2, tags={"a": "b"},
            distribution={"type": "pytorch", "process_count_per_instance": 1},
            inputs={"words": Input(type="uri_file", path=folder + "/words.txt"), "rate": 0.1},
            outputs={"made": Output(type="uri_folder")},
        )
        result = ml.jobs.create_or_update(job).status
        """,
        folder=str(folder),
        environment=PLAIN,
        compute=cluster,
    )
    assert first == "Starting"
    assert reached(sdk, "two-ranks") == "Completed", details(sdk, "two-ranks")["error"]
    return "two-ranks"


def test_every_rank_and_the_script_itself_have_a_log_behind_a_link(emulator: Emulator, sdk: Sdk, trained: str) -> None:
    logs = logs_of(emulator, sdk, trained)
    assert "rank 0 of 2 of the run two-ranks" in logs["user_logs/std_log_process_0.txt"]
    assert "rank 1 of 2 of the run two-ranks" in logs["user_logs/std_log_process_1.txt"]
    assert "data: some words" in logs["user_logs/std_log_process_0.txt"]
    assert logs["logs/own.log"] == "a log of its own"
    assert "outputs/model.txt" not in logs


def test_details_tell_the_states_times_in_order(sdk: Sdk, trained: str) -> None:
    found = details(sdk, trained)
    assert (found["status"], found["runId"], found["error"]) == ("Completed", trained, None)
    assert found["createdTimeUtc"] < found["startTimeUtc"] <= found["endTimeUtc"]
    assert found["tags"]["a"] == "b"


def test_a_job_is_shown_with_the_defaults_that_the_service_fills_in(sdk: Sdk, trained: str) -> None:
    _, body, _ = ask(sdk, "GET", f"arm:/jobs/{trained}?api-version=2024-01-01-preview")
    shown = body["properties"]
    assert shown["queueSettings"] == {"jobTier": "Null", "priority": None}
    assert (shown["resources"]["instanceCount"], shown["resources"]["shmSize"]) == (2, "2g")
    assert list(shown["outputs"]) == ["made", "default"]
    assert shown["outputs"]["default"]["uri"].endswith("/ExperimentRun/dcid.two-ranks")
    assert (shown["inputs"]["words"]["mode"], shown["outputs"]["made"]["mode"]) == ("ReadOnlyMount", "ReadWriteMount")
    assert shown["properties"]["_azureml.ClusterName"] == "cpus"
    assert shown["distribution"] == {"distributionType": "PyTorch", "processCountPerInstance": 1}
    assert body["systemData"]["createdAt"].endswith("+00:00")


def test_everything_is_downloaded_where_outputs_are_spelled_as_the_sdk_expects(
    emulator: Emulator, sdk: Sdk, trained: str, tmp_path: Path
) -> None:
    emulator.control("outputs", {"spelling": "uri_folder"})
    try:
        sdk("ml.jobs.download(name, download_path=folder, all=True)", name=trained, folder=str(tmp_path))
    finally:
        emulator.control("outputs", {"spelling": "UriFolder"})
    assert (tmp_path / "artifacts" / "outputs" / "model.txt").read_text() == "a model"
    assert (tmp_path / "named-outputs" / "made" / "named.txt").read_text() == "a named output"
    assert (tmp_path / "artifacts" / "user_logs" / "std_log_process_1.txt").is_file()


def test_the_sdk_skips_named_outputs_in_silence_as_against_the_real_service(
    sdk: Sdk, trained: str, tmp_path: Path
) -> None:
    sdk("ml.jobs.download(name, download_path=folder, all=True)", name=trained, folder=str(tmp_path))
    assert (tmp_path / "artifacts").is_dir()
    assert not (tmp_path / "named-outputs").exists()


def test_a_named_output_is_the_input_of_another_job(emulator: Emulator, sdk: Sdk, trained: str, cluster: str) -> None:
    sdk(
        """
        from azure.ai.ml import Input, command
        made = Input(type="uri_folder", path=f"azureml://jobs/{before}/outputs/made/paths/")
        job = command(
            command="cat ${{inputs.made}}/named.txt", name="second", environment=environment, inputs={"made": made}
        )
        result = ml.jobs.create_or_update(job).status
        """,
        before=trained,
        environment=PLAIN,
    )
    assert reached(sdk, "second") == "Completed", problem_of(sdk, "second")
    assert logs_of(emulator, sdk, "second")["user_logs/std_log.txt"] == "a named output"


def test_a_log_is_read_on_by_ranges_while_it_grows(emulator: Emulator, sdk: Sdk, cluster: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    submit(sdk, "growing", f"echo one; while [ ! -e {gate} ]; do sleep 0.1; done; echo two", compute=cluster)
    assert reached(sdk, "growing", "Running") == "Running"
    wait_until(lambda: "user_logs/std_log.txt" in details(sdk, "growing")["logFiles"], PATIENCE)
    link = details(sdk, "growing")["logFiles"]["user_logs/std_log.txt"]
    wait_until(lambda: read_link(emulator, link) == b"one\n", PATIENCE)
    gate.touch()
    assert reached(sdk, "growing") == "Completed"
    assert read_link(emulator, link, Range="bytes=4-") == b"two\n"


def test_metrics_arrive_in_the_metric_service_and_in_mlflow(sdk: Sdk, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(LOG_METRIC + "for step in range(3): log('loss', 1 / (step + 1), step)\n")
    submit(sdk, "measured", "python train.py", code=str(tmp_path), experiment_name="measures")
    assert reached(sdk, "measured") == "Completed", problem_of(sdk, "measured")
    _, listed, _ = ask(sdk, "POST", "api:/metric/v2.0/runs/measured/list", {})
    assert [each["metricKey"]["name"] for each in listed["value"]] == ["loss"]
    _, full, _ = ask(sdk, "POST", "api:/metric/v2.0/runs/measured/full", {"metricName": "loss"})
    assert [(each["step"], each["data"]["loss"]) for each in full["value"]] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    _, last, _ = ask(sdk, "GET", "api:/metric/v2.0/runs/measured/lastvalues")
    assert last["value"][0]["value"][0]["step"] == 2
    mlflow = "api:/mlflow/v2.0/api/2.0/mlflow"
    _, run, _ = ask(sdk, "GET", f"{mlflow}/runs/get?run_id=measured")
    assert (run["run"]["info"]["status"], run["run"]["data"]["metrics"][0]["value"]) == ("FINISHED", 1 / 3)
    _, history, _ = ask(sdk, "GET", f"{mlflow}/metrics/get-history?run_id=measured&metric_key=loss&max_results=2")
    assert [each["step"] for each in history["metrics"]] == [0, 1]
    assert "next_page_token" in history


def test_artifacts_are_listed_and_linked_by_both_services(emulator: Emulator, sdk: Sdk, trained: str) -> None:
    store = "api:/artifact/v2.0/artifacts"
    _, listed, _ = ask(sdk, "GET", f"{store}/ExperimentRun/dcid.{trained}?path=outputs/")
    assert [each["path"] for each in listed["value"]] == ["outputs/model.txt"]
    _, one, _ = ask(sdk, "GET", f"{store}/contentinfo/ExperimentRun/dcid.{trained}/outputs/model.txt")
    assert read_link(emulator, one["contentUri"]) == b"a model"
    _, many, _ = ask(sdk, "GET", f"{store}/prefix/contentinfo/ExperimentRun/dcid.{trained}?path=user_logs")
    assert [each["path"].rpartition("/")[2] for each in many["value"]] == [
        "std_log_process_0.txt",
        "std_log_process_1.txt",
    ]
    of_run = f"api:/history/v1.0/experiments/tries/runs/{trained}/artifacts"
    _, again, _ = ask(sdk, "GET", f"{of_run}/contentinfo?path=outputs/model.txt")
    assert read_link(emulator, again["contentUri"]) == b"a model"
    status, refused, _ = ask(sdk, "GET", f"{of_run}/contentinfo?path=outputs/none.txt")
    assert (status, refused["error"]["code"]) == (404, "UserError")


def test_a_script_that_fails_is_told_with_its_log_and_code(emulator: Emulator, sdk: Sdk, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("raise ValueError('no such layer')\n")
    submit(sdk, "failing", "python train.py", code=str(tmp_path))
    assert reached(sdk, "failing") == "Failed"
    told = problem_of(sdk, "failing")
    assert "exited with status code 1" in told
    assert "'user_logs/std_log.txt'" in told
    assert "ValueError: no such layer" in told
    assert details(sdk, "failing")["error"]["componentName"] == "CommonRuntime"
    assert "ValueError" in logs_of(emulator, sdk, "failing")["user_logs/std_log.txt"]


def test_jobs_are_renamed_tagged_hidden_and_shown_again(sdk: Sdk, trained: str) -> None:
    sdk("result = ml.jobs.archive(name)", name=trained)
    assert trained not in sdk("[each.name for each in ml.jobs.list()]")
    assert trained in sdk("[each.name for each in ml.jobs.list(list_view_type='ArchivedOnly')]")
    sdk("result = ml.jobs.restore(name)", name=trained)
    assert trained in sdk("[each.name for each in ml.jobs.list()]")
    sdk("result = ml.jobs.update(name, display_name='Named', tags={'c': 'd'}).name", name=trained)
    name, tags = sdk("j = ml.jobs.get(name); result = [j.display_name, dict(j.tags)]", name=trained)
    assert (name, tags["a"], tags["c"]) == ("Named", "b", "d")


@pytest.fixture
def with_keys(tmp_path: Path, azureml_python: Path) -> Iterator[tuple[Emulator, Sdk]]:
    """An emulator whose datastores hand out account keys, as the service did for years, and the SDK."""
    with running_emulator(tmp_path / "emulator", "--secrets", "key") as emulator:
        (tmp_path / "sdk").mkdir()
        with Sdk(
            azureml_python, {**emulator.environment, "AZUREML_RUN_POLLING_INTERVAL_MIN": "1"}, tmp_path / "sdk"
        ) as sdk:
            sdk("ml = client(config)", config=str(emulator.config))
            yield emulator, sdk


def test_the_sdk_streams_a_running_job_where_datastores_hand_out_keys(with_keys: tuple[Emulator, Sdk]) -> None:
    _, sdk = with_keys
    submit(sdk, "streamed", "for i in 1 2 3; do echo line $i; sleep 1.2; done")
    said = sdk("ml.jobs.stream(name); result = printed.getvalue()", name="streamed")
    assert "Streaming user_logs/std_log.txt" in said
    assert "line 2" in said
    assert "Execution Summary" in said
    assert status_of(sdk, "streamed") in OVER


def test_a_job_that_is_not_there_is_not_found(sdk: Sdk) -> None:
    with pytest.raises(SdkError) as absent:
        sdk("ml.jobs.get('nothing')")
    assert absent.value.status == 404
    status, body, headers = ask(sdk, "GET", "arm:/jobs/nothing?api-version=2024-01-01-preview")
    info = {each["type"]: each["info"]["value"] for each in body["error"]["additionalInfo"]}
    assert (status, body["error"]["message"]) == (404, "Job nothing not found.")
    assert info["InnerError"]["innerError"]["code"] == "JobNotFound"
    assert headers["x-ms-response-type"] == "error"


def test_assets_of_all_kinds_are_inputs_and_named_outputs_become_assets(
    emulator: Emulator, sdk: Sdk, tmp_path: Path
) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "one.txt").write_text("one\n")
    (tmp_path / "words" / "large.bin").write_bytes(b"x" * (9 * 1024 * 1024))
    (tmp_path / "model.bin").write_text("weights\n")
    sdk(
        """
        from azure.ai.ml import Input, Output, command
        ml.data.create_or_update(entities.Data(name="words", version="1", type="uri_folder", path=folder + "/words"))
        net = entities.Model(name="net", version="1", type="custom_model", path=folder + "/model.bin")
        ml.models.create_or_update(net)
        job = command(
            name="with-assets", environment=environment,
            command=line,
            inputs={
                "words": Input(type="uri_folder", path="azureml:words:1"), "rate": 0.5,
                "net": Input(type="custom_model", path="azureml:net:1"),
            },
            outputs={"made": Output(
                type="uri_folder", name="made-words", path="azureml://datastores/workspaceblobstore/paths/mine/${{name}}/"
            )},
        )
        result = ml.jobs.create_or_update(job).status
        """,
        line=" && ".join(
            (
                "wc -c < ${{inputs.words}}/large.bin",
                "cat ${{inputs.words}}/one.txt ${{inputs.net}}",
                "echo ${{inputs.rate}} | tee ${{outputs.made}}/x.txt",
            )
        ),
        folder=str(tmp_path),
        environment=PLAIN,
    )
    assert reached(sdk, "with-assets") == "Completed", problem_of(sdk, "with-assets")
    assert logs_of(emulator, sdk, "with-assets")["user_logs/std_log.txt"] == "9437184\none\nweights\n0.5\n"
    made = sdk("d = ml.data.get('made-words', '1'); result = [d.type, d.path]")
    assert made[0] == "uri_folder"
    assert made[1].endswith("/datastores/workspaceblobstore/paths/mine/with-assets/")
    emulator.control("outputs", {"spelling": "uri_folder"})
    got = tmp_path / "got"
    sdk("result = ml.jobs.download('with-assets', download_path=folder, output_name='made')", folder=str(got))
    emulator.control("outputs", {"spelling": "UriFolder"})
    assert (got / "named-outputs" / "made" / "x.txt").read_text() == "0.5\n"
