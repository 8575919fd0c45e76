"""The emulator's base, asked by the unmodified SDK: sign-in, the workspace, computes, assets."""

from __future__ import annotations

import pytest

from tests.helpers.emulators import Emulator, Sdk, SdkError


def test_the_sdk_reads_the_workspace_of_a_config_file(emulator: Emulator, sdk: Sdk) -> None:
    found = sdk("w = ml.workspaces.get(ml.workspace_name); result = [w.name, w.location, w.discovery_url]")
    assert found == [emulator.named["workspace_name"], "westus", "https://westus.api.azureml.ms/discovery"]


def test_a_cluster_is_created_read_listed_scaled_and_deleted(sdk: Sdk) -> None:
    made = sdk(
        """
        spec = entities.AmlCompute(
            name="gpu-cluster", size="Standard_NC4as_T4_v3", min_instances=0, max_instances=4,
            idle_time_before_scale_down=120, tier="low_priority",
        )
        c = ml.compute.begin_create_or_update(spec).result()
        result = [c.name, c.size, c.provisioning_state, c.min_instances, c.max_instances,
                  c.idle_time_before_scale_down, c.tier]
        """
    )
    assert made == ["gpu-cluster", "STANDARD_NC4AS_T4_V3", "Succeeded", 0, 4, 120, "low_priority"]
    assert sdk("ml.compute.get('gpu-cluster').location") == "westus"
    assert sdk("[each.name for each in ml.compute.list()]") == ["gpu-cluster"]
    scaled = sdk("spec.max_instances = 2; result = ml.compute.begin_update(spec).result().max_instances")
    assert scaled == 2
    sdk("result = ml.compute.begin_delete('gpu-cluster').result()")
    with pytest.raises(SdkError) as gone:
        sdk("ml.compute.get('gpu-cluster')")
    assert gone.value.status == 404


def test_a_compute_instance_is_made_stopped_and_started(sdk: Sdk) -> None:
    made = sdk(
        """
        spec = entities.ComputeInstance(name="mine", size="Standard_DS3_v2")
        c = ml.compute.begin_create_or_update(spec).result()
        result = [c.type, c.state, c.size]
        """
    )
    assert made == ["computeinstance", "Running", "STANDARD_DS3_V2"]
    assert sdk("ml.compute.begin_stop('mine').result(); result = ml.compute.get('mine').state") == "Stopped"
    assert sdk("ml.compute.begin_start('mine').result(); result = ml.compute.get('mine').state") == "Running"
    sdk("result = ml.compute.begin_delete('mine').result()")


def test_an_environment_is_registered_and_found_by_version_label_and_list(sdk: Sdk) -> None:
    made = sdk(
        """
        conda = {"channels": ["conda-forge"], "dependencies": ["python=3.11", {"pip": ["torch"]}], "name": "e"}
        pathlib.Path("conda.yml").write_text(json.dumps(conda))
        spec = {"name": "train", "image": "mcr.microsoft.com/azureml/base:1", "conda_file": "conda.yml"}
        first = ml.environments.create_or_update(entities.Environment(**spec))
        same = ml.environments.create_or_update(entities.Environment(**spec))
        spec["image"] = "mcr.microsoft.com/azureml/base:2"
        second = ml.environments.create_or_update(entities.Environment(**spec))
        result = [first.version, same.version, second.version, second.image, first.conda_file == conda]
        """
    )
    assert made == ["1", "1", "2", "mcr.microsoft.com/azureml/base:2", True], "the SDK takes the same one again"
    assert sdk("ml.environments.get('train', '1').version") == "1"
    assert sdk("ml.environments.get('train', label='latest').version") == "2"
    assert sdk("[each.name for each in ml.environments.list()]") == ["train"]
    assert sdk("[each.version for each in ml.environments.list(name='train')]") == ["2", "1"]


def test_the_registry_azureml_lists_curated_environments(emulator: Emulator, sdk: Sdk) -> None:
    sdk("r = MLClient(EnvironmentCredential(), registry_name='azureml')")
    names = sdk("[each.name for each in r.environments.list()]")
    assert "acpt-pytorch-2.2-cuda12.1" in names
    assert sdk("r.environments.get('acpt-pytorch-2.2-cuda12.1', label='latest').version")


def test_code_is_uploaded_once_and_found_by_its_hash(emulator: Emulator, sdk: Sdk) -> None:
    before = len(emulator.log())
    sdk(
        """
        pathlib.Path("src").mkdir()
        pathlib.Path("src/train.py").write_text("print('here')")
        from azure.ai.ml.entities._assets import Code
        one = ml._code.create_or_update(Code(path="src"))
        other = ml._code.create_or_update(Code(path="src"))
        """
    )
    assert sdk("[one.name == other.name, one.version]") == [True, "1"]
    since = emulator.log()[before:]
    puts = [each for each in since if each["method"] == "PUT" and "/codes/" in each["path"]]
    assert len(puts) == 1
    blobs = [each for each in since if each["method"] == "PUT" and ".blob." in each["host"]]
    assert [each["status"] for each in blobs] == [201, 200], "one file, and its metadata"


def test_a_data_asset_is_uploaded_and_read_back(sdk: Sdk) -> None:
    made = sdk(
        """
        pathlib.Path("digits").mkdir()
        pathlib.Path("digits/a.csv").write_text("1,2")
        d = ml.data.create_or_update(entities.Data(name="digits", path="digits", type="uri_folder"))
        result = [d.name, d.version, d.type]
        """
    )
    assert made == ["digits", "1", "uri_folder"]
    assert "/datastores/workspaceblobstore/paths/LocalUpload/" in sdk("ml.data.get('digits', label='latest').path")
    assert sdk("[each.name for each in ml.data.list()]") == ["digits"]


def test_a_model_is_registered_listed_and_downloaded(sdk: Sdk) -> None:
    made = sdk(
        """
        pathlib.Path("model.pt").write_bytes(bytes(range(256)))
        m = ml.models.create_or_update(entities.Model(name="digits", path="model.pt", type="custom_model"))
        again = ml.models.create_or_update(entities.Model(name="digits", path="model.pt", type="custom_model"))
        ml.models.download("digits", m.version, download_path="got")
        files = [each for each in pathlib.Path("got").rglob("*") if each.is_file()]
        result = [m.version, again.version, [each.read_bytes() == bytes(range(256)) for each in files]]
        """
    )
    assert made == ["1", "2", [True]]
    assert sdk("[each.version for each in ml.models.list(name='digits')]") == ["2", "1"]


_VERSIONS = {
    "PUT computes/{}": "2023-08-01-preview",
    "DELETE computes/{}": "2023-08-01-preview",
    "GET computes": "2023-08-01-preview",
    "PUT environments/{}/versions/{}": "2023-04-01-preview",
    "GET environments": "2023-04-01-preview",
    "POST codes/{}/versions/{}/startPendingUpload": "2023-04-01",
    "PUT codes/{}/versions/{}": "2023-04-01",
    "PUT data/{}/versions/{}": "2023-04-01-preview",
    "PUT models/{}/versions/{}": "2023-08-01-preview",
    "POST datastores/{}/listSecrets": "2024-10-01-preview",
}


def test_the_sdk_speaks_the_versions_that_it_was_seen_to_speak(emulator: Emulator, sdk: Sdk) -> None:
    """Nothing is pinned to them; an SDK that speaks others should be looked at before it is believed."""
    sdk(
        """
        from azure.ai.ml.entities._assets import Code
        ml.compute.begin_create_or_update(entities.AmlCompute(name="spoken", size="Standard_DS3_v2")).result()
        ml.compute.begin_delete("spoken").wait()
        [*ml.compute.list(), *ml.environments.list()]
        ml.environments.create_or_update(entities.Environment(name="spoken", image="mcr.microsoft.com/x"))
        pathlib.Path("spoken").mkdir()
        pathlib.Path("spoken/a.py").write_text("'spoken'")
        ml._code.create_or_update(Code(path="spoken"))
        ml.data.create_or_update(entities.Data(name="spoken", path="spoken", type="uri_folder"))
        ml.models.create_or_update(entities.Model(name="spoken", path="spoken", type="custom_model"))
        """
    )
    spoken: dict[str, set[str]] = {}
    base = emulator.workspace.removeprefix("https://management.azure.com")
    for each in emulator.log():
        if each["path"].startswith(base):
            names = each["path"].removeprefix(base).strip("/").split("/")
            shape = "/".join(name if place % 2 == 0 else "{}" for place, name in enumerate(names))
            spoken.setdefault(f"{each['method']} {shape}", set()).add(each["api_version"])
    assert {shape: spoken.get(shape) for shape in _VERSIONS} == {shape: {known} for shape, known in _VERSIONS.items()}
