"""Rules hold for any data: nothing raises, every path is one, every message one sentence, and nothing is said twice."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.api import Value
from desktop_app.core.paths import split_path
from desktop_app.core.rules import check_meaning
from desktop_app.documents.checks import check_text
from desktop_app.documents.yaml_writer import write_yaml
from desktop_app.services.catalogues import facts

KINDS = (
    "commandJob", "sweepJob", "pipelineJob", "sparkJob", "autoMLJob", "component", "environment", "conda", "compute",
    "managedOnlineEndpoint", "managedOnlineDeployment", "batchDeployment", "schedule", "config", "runconfig", "data",
    "model", "workspace", "unknown", "never heard of",
)  # fmt: skip
KEYS = st.sampled_from((
    "command", "code", "environment", "image", "build", "conda_file", "dependencies", "pip", "channels", "inputs",
    "outputs", "default", "path", "mode", "type", "distribution", "process_count_per_instance", "process_count",
    "worker_count", "parameter_server_count", "resources", "instance_count", "instance_type", "shm_size", "limits",
    "timeout", "jobs", "trial", "search_space", "component", "task", "settings", "default_compute", "compute", "name",
    "tags", "environment_variables", "DB_PASSWORD", "traffic", "trigger", "frequency", "interval", "expression",
    "subscription_id", "max_total_trials", "min_value", "max_value", "size", "code_configuration", "scoring_script",
    "endpoint_name", "create_job", "mpi", "entry", "file", "a",
))  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 5000), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from((
        "pytorch", "tensorflow", "mpi", "sweep", "pipeline", "command", "azureml:x", "azureml:gpu-cluster",
        "python train.py ${{inputs.a}} {outputs.b} $(inputs.a)", "torchrun x.py '", "${{parent.jobs.a.outputs.b}}",
        "torch==2.8.0", "python=3.6", "Standard_NC6", "8gb", "5m", "PT1H", "../..", "ghp_" + "a1B2" * 9,
    )),
)  # fmt: skip
DATA: st.SearchStrategy[Value] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(KEYS, DATA, max_size=8))
def test_nothing_raises_and_each_finding_is_whole(kind: str, data: dict[str, Value]) -> None:
    found = check_meaning(kind, data, facts())
    for each in found:
        assert each.message[-1] in ".?"
        assert each.code
        if each.path:
            split_path(each.path)
        if each.fix:
            assert each.fix.set or each.fix.unset
            assert all(split_path(path) for path in (*each.fix.set, *each.fix.unset))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(KEYS, DATA, min_size=1, max_size=6))
def test_a_whole_check_places_each_finding_once(tmp_path: Path, data: dict[str, Value]) -> None:
    schema = "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json"
    text = write_yaml({"$schema": schema, **data})
    found = check_text(tmp_path / "job.yml", text, lambda _job: (), facts()).diagnostics
    assert all(each.line and each.column and each.end_line and each.end_column for each in found)
    said = [(each.code, each.path, each.message, each.line, each.column) for each in found]
    assert len(set(said)) == len(said)
