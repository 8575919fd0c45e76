"""Assets and datastores of the emulator by the unmodified SDK, with each kind of secret that datastores hand out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.emulators import Emulator, Sdk, SdkError, running_emulator

_MLMODEL = """
artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    sklearn_version: 1.5.0
"""


@pytest.fixture(scope="module", params=["sas", "key", "none"])
def any_sdk(
    request: pytest.FixtureRequest, azureml_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sdk]:
    """The SDK with an emulator that hands out SAS, account keys, or no secrets at all."""
    with (
        running_emulator(tmp_path_factory.mktemp("emulator"), "--secrets", request.param) as emulator,
        Sdk(azureml_python, emulator.environment, tmp_path_factory.mktemp("sdk")) as sdk,
    ):
        sdk("ml = client(config)", config=str(emulator.config))
        yield sdk


def test_files_go_up_and_come_down_with_any_secret(any_sdk: Sdk) -> None:
    assert any_sdk(
        """
        folder = pathlib.Path("model/sub")
        folder.mkdir(parents=True)
        (folder / "weights.bin").write_bytes(bytes(range(256)) * 4096)
        (folder.parent / "empty.txt").write_bytes(b"")
        made = ml.models.create_or_update(entities.Model(name="m", path="model", type="custom_model"))
        ml.models.download("m", made.version, download_path="down")
        files = {p.name: p for p in pathlib.Path("down").rglob("*") if p.is_file()}
        result = [sorted(files), files["weights.bin"].read_bytes() == bytes(range(256)) * 4096]
        """
    ) == [["empty.txt", "weights.bin"], True]


def test_what_is_there_is_not_sent_again(any_sdk: Sdk) -> None:
    one, other = any_sdk(
        """
        pathlib.Path("data").mkdir()
        pathlib.Path("data/a.csv").write_text("1,2")
        paths = []
        for version in ("1", "2"):
            asset = entities.Data(name="d", version=version, path="data", type="uri_folder")
            paths.append(ml.data.create_or_update(asset).path)
        result = paths
        """
    )
    assert one == other


def test_an_mlflow_model_tells_its_flavors(sdk: Sdk) -> None:
    assert sdk(
        """
        pathlib.Path("mlflow").mkdir()
        pathlib.Path("mlflow/MLmodel").write_text(text)
        made = ml.models.create_or_update(entities.Model(name="flow", path="mlflow", type="mlflow_model"))
        result = [made.type, sorted(made.flavors), made.flavors["sklearn"]["sklearn_version"]]
        """,
        text=_MLMODEL,
    ) == ["mlflow_model", ["python_function", "sklearn"], "1.5.0"]


def test_a_model_of_a_job_that_made_no_such_files_is_refused(sdk: Sdk) -> None:
    with pytest.raises(SdkError, match="ModelAssetPathNotFoundInStorage"):
        sdk(
            """
            path = "azureml://jobs/nobody/outputs/artifacts/paths/model/"
            ml.models.create_or_update(entities.Model(name="lost", path=path, type="custom_model"))
            """
        )


def test_a_model_keeps_the_job_that_made_it(emulator: Emulator, sdk: Sdk) -> None:
    account = emulator.ask("GET", "{ws}/datastores/workspaceartifactstore?api-version=2024-10-01").json
    url = f"https://{account['properties']['accountName']}.blob.core.windows.net/azureml"
    secret = emulator.ask(
        "POST", "{ws}/datastores/workspaceartifactstore/listSecrets?api-version=2024-10-01", {"expirableSecret": True}
    ).json["sasToken"]
    put = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2023-11-03", "Authorization": ""}
    told = emulator.ask("PUT", f"{url}/ExperimentRun/dcid.maker/model/model.pt{secret}", b"weights", **put)
    assert told.status == 201
    made = sdk(
        """
        path = "azureml://jobs/maker/outputs/artifacts/paths/model/"
        made = ml.models.create_or_update(entities.Model(name="made", path=path, type="custom_model"))
        result = [made.path, made.job_name]
        """
    )
    assert made[0].endswith("/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.maker/model/")
    assert made[1] == "maker"


def test_an_environment_with_a_build_context_is_uploaded(sdk: Sdk) -> None:
    made = sdk(
        """
        pathlib.Path("context").mkdir()
        pathlib.Path("context/Dockerfile").write_text("FROM scratch")
        from azure.ai.ml.entities import BuildContext
        built = ml.environments.create_or_update(entities.Environment(name="built", build=BuildContext(path="context")))
        result = [built.version, built.build.path, built.build.dockerfile_path, built.image]
        """
    )
    assert made[0] == "1"
    assert "/LocalUpload/" in made[1]
    assert made[2:] == ["Dockerfile", None]


def test_what_is_archived_leaves_the_list_and_comes_back(sdk: Sdk) -> None:
    sdk("ml.data.create_or_update(entities.Data(name='old', path='https://example.org/a.csv', type='uri_file'))")
    sdk("ml.data.archive('old')")
    assert "old" not in sdk("[each.name for each in ml.data.list()]")
    assert "old" in sdk("[each.name for each in ml.data.list(list_view_type='ArchivedOnly')]")
    sdk("ml.data.restore('old')")
    assert "old" in sdk("[each.name for each in ml.data.list()]")


def test_datastores_are_listed_made_and_removed(sdk: Sdk) -> None:
    names = sdk("[each.name for each in ml.datastores.list()]")
    assert names[0] == "workspaceblobstore", "the newest first"
    assert len(names) == 4
    assert sdk("ml.datastores.get_default().name") == "workspaceblobstore"
    made = sdk(
        """
        mine = entities.AzureBlobDatastore(name="mine", account_name="a", container_name="c",
                                           credentials=entities.AccountKeyConfiguration(account_key="aGk="))
        ml.datastores.create_or_update(mine)
        result = ml.datastores.get("mine", include_secrets=True).credentials.account_key
        """
    )
    assert made == "aGk="
    sdk("ml.datastores.delete('mine')")
    with pytest.raises(SdkError, match=r"Could not find datastore: mine\."):
        sdk("ml.datastores.get('mine')")
