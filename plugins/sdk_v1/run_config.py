"""What a `.runconfig` says of a job, in the words that v1 code has: script, arguments, counts and environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from desktop_app.api.kit import parse_v1

from .submissions import Submission, paired
from .values import Data

KIND = "run configuration"
_FOLDERS = frozenset({".azureml", "aml_config"})
_BACKENDS = {"mpi": "Mpi", "pytorch": "Nccl", "tensorflow": "ParameterServer"}
_COUNTS = ("node_count", "process_count", "process_count_per_node", "worker_count", "parameter_server_count")
_COUNT_KEYS = {
    "nodeCount": "node_count", "processCount": "process_count", "processCountPerNode": "process_count_per_node",
    "workerCount": "worker_count", "parameterServerCount": "parameter_server_count",
}  # fmt: skip
_NAMELESS = frozenset({"project_environment"})
_EXAMPLE = "EXAMPLE_ENV_VAR"


def submission_of(said: Mapping[str, Any]) -> Submission:
    """Return the one job that a run configuration is."""
    words: dict[str, Any] = {}
    data = {name: each for name, each in map(_data, *_items(said.get("dataReferences"))) if each is not None}
    for name, word in (("script", "entry_script"), ("target", "compute_target"), ("command", "launch_command")):
        if isinstance(said.get(name), str | int):
            words[word] = str(said[name])
    arguments = said.get("arguments")
    if isinstance(arguments, list):
        texts = [_argument(each, data) for each in arguments if not isinstance(each, list | dict)]
        words["script_params"], words["more_arguments"] = paired(texts)
    words |= _processes(said) | _environment(_mapping(said.get("environment")))
    framework = said.get("framework")
    words["framework_word"] = framework if isinstance(framework, str) else ""
    words["source_directory"] = "."
    return Submission(1, KIND, words, data, wrong=_wrong(said, str(words.get("distributed_training", ""))))


def source_folder(file: PurePosixPath) -> PurePosixPath:
    """Return the folder that a run configuration's paths start from: azureml-core keeps it in one of its own."""
    return file.parent.parent if file.parent.name in _FOLDERS else file.parent


def _processes(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return communicator and counts; of the configurations, all of which are there, the communicator's own counts."""
    lines = [f"{name}: {said[name]}" for name in ("communicator", "nodeCount") if isinstance(said.get(name), str | int)]
    for name in _BACKENDS:
        lines += [f"{name}:", *(f"  {key}: {value}" for key, value in _mapping(said.get(name)).items())]
    known = parse_v1("\n".join(lines))
    if not known.distribution:
        return {"node_count": known.node_count} if known.node_count is not None else {}
    backend = "Gloo" if "gloo" in (known.config.lower(), known.backend.lower()) else _BACKENDS[known.distribution]
    counts = {name: getattr(known, name) for name in _COUNTS}
    return {"distributed_training": backend} | {name: each for name, each in counts.items() if each is not None}


def _wrong(said: Mapping[str, Any], backend: str) -> dict[str, str]:
    """Return the counts that are said and are none: 0, or a text."""
    own = next((name for name, each in _BACKENDS.items() if each == backend), "pytorch" if backend == "Gloo" else "")
    places = {
        "node_count": said.get("nodeCount"),
        **{_COUNT_KEYS.get(k, k): v for k, v in _mapping(said.get(own)).items()},
    }
    return {
        name: repr(each)[:80]
        for name, each in places.items()
        if name in _COUNTS and each not in (None, "") and not _is_count(name, each)
    }


def _is_count(name: str, said: Any) -> bool:
    return str(said).isdigit() and int(said) >= (0 if name == "parameter_server_count" else 1)


def _environment(said: Mapping[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {}
    variables = {
        name: str(each) for name, each in _mapping(said.get("environmentVariables")).items() if name != _EXAMPLE
    }
    if variables:
        words["environment_variables"] = variables
    python, docker, name = _mapping(said.get("python")), _mapping(said.get("docker")), said.get("name")
    if isinstance(name, str) and name.startswith("AzureML-"):  # the rest is a copy of what was behind that name
        return words | {"environment": name}
    if isinstance(python.get("condaDependenciesFile"), str):
        words["conda_dependencies_file"] = python["condaDependenciesFile"]
    words |= _packages(_mapping(python.get("condaDependencies")).get("dependencies"))
    if isinstance(docker.get("baseImage"), str):
        words["base_image"] = docker["baseImage"]
    if isinstance(name, str) and name not in _NAMELESS and not words.keys() - {"environment_variables"}:
        words["environment"] = name
    return words


def _packages(dependencies: Any) -> dict[str, list[str]]:
    every = dependencies if isinstance(dependencies, list) else []
    pip = [each.get("pip") for each in every if isinstance(each, dict)]
    found = {
        "conda_packages": [each for each in every if isinstance(each, str)],
        "pip_packages": [each for group in pip if isinstance(group, list) for each in group if isinstance(each, str)],
    }
    return {name: each for name, each in found.items() if each}


def _items(value: Any) -> tuple[list[str], list[Any]]:
    found = _mapping(value)
    return [*found.keys()], [*found.values()]


def _data(name: str, said: Any) -> tuple[str, Data | None]:
    store, path = _mapping(said).get("dataStoreName"), _mapping(said).get("pathOnDataStore")
    if not isinstance(store, str):
        return name, None
    mode = "download" if _mapping(said).get("mode") == "download" else "ro_mount"
    return name, Data(name, f"azureml://datastores/{store}/paths/{str(path or '').strip('/')}", mode)


def _argument(word: Any, data: Mapping[str, Data]) -> str:
    text = "" if word is None else str(word)
    for name in data:
        text = text.replace(f"$AZUREML_DATAREFERENCE_{name}", f"${{{{inputs.{name}}}}}")
    return text


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
