"""What azure-ai-ml 1.35.2 sends, held against ARM's published schemas: what the emulator takes is what clients send."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers.emulators import Sdk

_SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "azureml-truth" / "arm-schemas"
_SENT = """
import pathlib
import arm_lint
from azure.ai.ml import Input, Output, command, entities
from azure.ai.ml.sweep import BanditPolicy, Choice, Uniform
arm_lint.listen()
pathlib.Path("src").mkdir(exist_ok=True)
pathlib.Path("src/train.py").write_text("print('hello')")
pathlib.Path("conda.yml").write_text("channels: [conda-forge]\\ndependencies: [python=3.11]\\n")
small = {"size": "Standard_DS2_v2", "min_instances": 0, "max_instances": 1, "idle_time_before_scale_down": 120}
ml.compute.begin_create_or_update(entities.AmlCompute(name="one", **small)).result()
ml.compute.begin_create_or_update(entities.AmlCompute(name="low", tier="low_priority", **small)).result()
ml.environments.create_or_update(entities.Environment(name="e", image="mcr.microsoft.com/x", conda_file="conda.yml"))
ml.environments.create_or_update(entities.Environment(name="b", build=entities.BuildContext(path="src")))
ml.data.create_or_update(entities.Data(name="file", path="src/train.py", type="uri_file"))
ml.data.create_or_update(entities.Data(name="folder", path="src", type="uri_folder"))
ml.models.create_or_update(entities.Model(name="m", path="src", type="mlflow_model"))
account = {"account_name": "a", "container_name": "c", "credentials": entities.AccountKeyConfiguration(account_key="k")}
ml.datastores.create_or_update(entities.AzureBlobDatastore(name="mine", **account))

def job(name, distribution=None, **more):
    # waits for more nodes than there are, and so never runs
    asked = {"command": "python train.py ${{inputs.rows}} ${{outputs.made}}", "code": "src", "compute": "one"}
    asked |= {"environment": "azureml:e:1", "instance_count": 9, "distribution": distribution, "name": name}
    rows = Input(type="uri_file", path="azureml:file:1")
    return command(**asked, inputs={"rows": rows, **more}, outputs={"made": Output(type="uri_folder")})

for name, distribution in (
    ("plain", None),
    ("pytorch", {"type": "pytorch", "process_count_per_instance": 2}),
    ("mpi", {"type": "mpi", "process_count_per_instance": 2}),
    ("tensorflow", {"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1}),
    ("ray", {"type": "ray", "port": 6379}),
):
    ml.jobs.create_or_update(job(name, distribution))
trial = job("x", rate=0.1)(rate=Uniform(0.001, 0.1))
sweep = trial.sweep(compute="one", sampling_algorithm="random", primary_metric="accuracy", goal="maximize")
sweep.name = "sweep"
sweep.set_limits(max_total_trials=4, max_concurrent_trials=2)
sweep.early_termination = BanditPolicy(slack_factor=0.1, evaluation_interval=1)
ml.jobs.create_or_update(sweep)
ml.online_endpoints.begin_create_or_update(entities.ManagedOnlineEndpoint(name="body-ep", auth_mode="key")).result()
size = {"instance_type": "Standard_DS3_v2", "instance_count": 1}
made = entities.ManagedOnlineDeployment(name="blue", endpoint_name="body-ep", model="azureml:m:1", **size)
ml.online_deployments.begin_create_or_update(made).result()
for name in ("plain", "pytorch", "mpi", "tensorflow", "ray", "sweep"):
    ml.jobs.begin_cancel(name).result()
"""

_VERSIONS: Mapping[str, str] = {
    "computes": "2023-08-01-preview",
    "environments_versions": "2023-04-01-preview",
    "data_versions": "2023-04-01-preview",
    "models_versions": "2023-08-01-preview",
    "datastores": "2024-10-01-preview",
    "codes_versions": "2023-04-01",
    "jobs": "2025-01-01-preview",
    "onlineEndpoints": "2022-02-01-preview",
    "onlineEndpoints_deployments": "2023-04-01-preview",
}
_LAG = (
    ("codes_versions", "hash_version: 202208 is not of type 'string'"),  # the SDK sends a number
    ("jobs", "distributionType: 'Ray' is not one of"),  # the schema knows no Ray yet
    ("jobs", "is not valid under any of the given schemas"),  # nor a sweep, in that version
)
"""Where the schemas are behind the service, and how the lint says so."""


@pytest.fixture(scope="module")
def sent(sdk: Sdk) -> Sdk:
    """The SDK after it made one of everything."""
    sdk(_SENT)
    return sdk


def test_each_kind_is_sent_in_the_version_that_is_known(sent: Sdk) -> None:
    found = {(kind.removeprefix("workspaces_"), version) for kind, _, version, _ in sent("arm_lint.puts")}
    assert found == {*_VERSIONS.items(), ("jobs", "2024-01-01-preview")}, "a sweep has an older version"


def test_bodies_have_the_members_that_the_emulator_reads(sent: Sdk) -> None:
    bodies = {name: body["properties"] for _, name, _, body in sent("arm_lint.puts")}
    assert {"jobType", "command", "codeId", "environmentId", "computeId", "distribution"} <= bodies["pytorch"].keys()
    assert [bodies[each]["distribution"]["distributionType"] for each in ("pytorch", "mpi", "tensorflow", "ray")] == [
        "PyTorch", "Mpi", "TensorFlow", "Ray"
    ]  # fmt: skip
    assert {"searchSpace", "samplingAlgorithm", "objective", "trial", "earlyTermination"} <= bodies["sweep"].keys()
    assert bodies["low"]["properties"]["vmPriority"] == "LowPriority"


def test_bodies_are_as_the_schemas_of_arm_have_them(sent: Sdk) -> None:
    if not _SCHEMAS.is_dir():
        pytest.skip("ARM's schemas are not on this machine")
    told = sent("arm_lint.lint(folder)", folder=_SCHEMAS)
    assert len(told) >= 16
    wrong = [(kind.removeprefix("workspaces_"), name, said) for kind, name, said in told if said]
    new = [each for each in wrong if not any(each[0] == kind and words in each[2] for kind, words in _LAG)]
    assert not new
    assert [name for kind, name, _ in wrong if kind == "jobs"] == ["ray", "sweep"]
