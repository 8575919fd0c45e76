"""Finds in v1 code what it submits: estimators and ScriptRunConfig, with all they say in one set of words."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .shell import text_of, words_of
from .values import Data, Made, Unknown, Values, said_at

ESTIMATORS = {"PyTorch": "pytorch", "TensorFlow": "tensorflow", "Chainer": "other", "SKLearn": "other", "Estimator": ""}
_MOST_CLONES = 5
_ESTIMATOR_WORDS = frozenset({"source_directory", "entry_script", "script_params", "compute_target"})
_CONFIGURATIONS = {
    "MpiConfiguration": "Mpi", "Mpi": "Mpi", "PyTorchConfiguration": "Nccl", "Nccl": "Nccl", "Gloo": "Gloo",
    "TensorflowConfiguration": "ParameterServer", "ParameterServer": "ParameterServer",
}  # fmt: skip
COUNTS = ("node_count", "process_count_per_node", "process_count", "worker_count", "parameter_server_count")


@dataclass(frozen=True, slots=True)
class Submission:
    """One job that v1 code submits. `words` are v1's own, with plain values; `data` are inputs by name.

    `unread` names the words whose value only running the code would tell, with how it stands there; `wrong` the counts
    that are none, such as 0 or a text.
    """

    line: int
    kind: str
    words: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Data] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a person knows it by."""
        script = self.words.get("entry_script") or "a command"
        return f"line {self.line}: {self.kind}, {script}"


def find_submissions(tree: ast.Module) -> tuple[Submission, ...]:
    """Return every job that the code would submit, by line."""
    values = Values(tree)
    found = []
    for call in values.calls:
        name = values.name_of(call)
        if name == "ScriptRunConfig" or (name in ESTIMATORS and _is_estimator(call)):
            made = values.value(call)
            if isinstance(made, Made):
                found.append(_Reader(values, call, made).submission())
    lost = dict(_lost(values))
    return tuple(replace(each, unread={**lost, **each.unread}) for each in found)


def _lost(values: Values) -> Iterator[tuple[str, str]]:
    """Yield the counts that are set on objects of which it can't be seen that a job takes them."""
    for root, places in values.attributes.items():
        for line, path, _ in places:
            name = path.rpartition(".")[2]
            if name in COUNTS and line not in values.followed:
                yield name, f"set as {root or '…'}.{path} (line {line})"


def _is_estimator(call: ast.Call) -> bool:
    """Whether a call of a name such as PyTorch is v1's, not another library's class of that name."""
    return bool(_ESTIMATOR_WORDS & {each.arg for each in call.keywords})


class _Reader:
    """Reads one call that makes a submission, and what is set on the object afterwards."""

    def __init__(self, values: Values, call: ast.Call, made: Made) -> None:
        self._values, self._call, self._made = values, call, made
        self._words: dict[str, Any] = {}
        self._data: dict[str, Data] = {}
        self._unread: dict[str, str] = {}
        self._wrong: dict[str, str] = {}

    def submission(self) -> Submission:
        """Return what was found."""
        self._words["framework"] = ESTIMATORS.get(self._made.kind, "")
        if self._made.kind == "ScriptRunConfig":
            self._run_config()
        else:
            self._estimator()
        self._experiment()
        return Submission(self._made.line, self._made.kind, self._words, self._data, self._unread, self._wrong)

    # ----- the two kinds

    def _estimator(self) -> None:
        made = self._made
        for name, place in (("source_directory", 0), ("entry_script", None), ("framework_version", None)):
            self._text(name, made.get(name, place))
        for name in ("node_count", "process_count_per_node"):
            self._count(name, made.get(name))
        gpu = made.get("use_gpu")
        if isinstance(gpu, bool):
            self._words["use_gpu"] = gpu
        for name in ("pip_packages", "conda_packages"):
            self._list(name, made.get(name))
        for name in ("pip_requirements_file", "pip_requirements_file_path", "conda_dependencies_file_path",
                     "conda_dependencies_file", "custom_docker_image"):  # fmt: skip
            if made.get(name) is not None:
                self._text(name.removesuffix("_path"), made.get(name))
        self._target(made.get("compute_target"))
        parameters = made.get("script_params")
        if isinstance(parameters, dict):
            self._parameters(parameters)
        elif parameters is not None:
            self._not_read("script_params", parameters)
        self._inputs(made.get("inputs"))
        configuration = made.get("distributed_training", default=made.get("distributed_backend"))
        self._distribution(configuration)
        self._environment(made.get("environment_definition"))
        self._set_on_estimator()

    def _set_on_estimator(self) -> None:
        for path, value in self._attributes(self._made, None):
            if path.startswith("run_config.") or path == "distributed_training":
                self._assigned(path.removeprefix("run_config."), value)

    def _run_config(self) -> None:
        made = self._made
        for name, place in (("source_directory", 0), ("script", 1)):
            self._text("entry_script" if name == "script" else name, made.get(name, place))
        self._arguments(made.get("arguments", 2))
        self._command(made.get("command"))
        run_config = made.get("run_config", 3)
        self._target(made.get("compute_target"))
        self._distribution(made.get("distributed_job_config"))
        self._environment(made.get("environment"))
        for path, value in self._attributes(made, run_config):
            self._assigned(path.removeprefix("run_config."), value)

    def _attributes(self, made: Made, run_config: Any) -> Iterator[tuple[str, Any]]:
        """Yield what is assigned to attributes of the object and of its run configuration, by line."""
        own = {*self._values.assigned_to(self._call)}
        own_until = min((self._values.until(each, made.line) for each in own), default=float("inf"))
        others = self._values.names_for(own, "run_config") | self._run_config_names(own)
        if isinstance(run_config, Made) and run_config.kind == "RunConfiguration":
            self._text("framework_word", run_config.get("framework"))
            self._communicator(run_config.get("communicator"))
        until = min((each.lineno for each in self._later_jobs()), default=float("inf"))
        above = {path for root in others for line, path, _ in self._values.attributes.get(root, ()) if line < made.line}
        above = above if until < float("inf") else set()
        places = [(each, root in own) for root in own | others for each in self._values.attributes.get(root, ())]
        for (line, path, node), is_own in sorted(places, key=lambda each: each[0][0]):
            counts = line < until and (line < made.line or path not in above)
            if made.line <= line < own_until if is_own else counts:
                self._values.followed.add(line)
                yield path, said_at(line, path, self._values.value(node, line))

    def _later_jobs(self) -> Iterator[ast.Call]:
        """Yield the calls below this one that make a job of their own."""
        for call in self._values.calls:
            if call.lineno > self._made.line and self._values.name_of(call) == "ScriptRunConfig":
                yield call

    def _run_config_names(self, own: set[str]) -> set[str]:
        """Return the names of the run configuration that the job is made with, or that is assigned to it."""
        given = [each.value for each in self._call.keywords if each.arg == "run_config"] + self._call.args[3:4]
        for root in own:
            given += [node for _, path, node in self._values.attributes.get(root, ()) if path == "run_config"]
        return {each.id for each in given if isinstance(each, ast.Name)}

    def _assigned(self, path: str, value: Any) -> None:
        if path == "target":
            self._target(value)
        elif path == "environment":
            self._environment(value)
        elif path in {"node_count", "mpi.node_count"}:
            self._count("node_count", value)
        elif path in {"mpi.process_count_per_node", "pytorch.process_count", "tensorflow.worker_count",
                      "tensorflow.parameter_server_count"}:  # fmt: skip
            self._count(path.rpartition(".")[2], value)
        else:
            self._assigned_deeper(path, value)

    def _assigned_deeper(self, path: str, value: Any) -> None:
        if path in {"distributed_job_config", "distributed_training"}:
            self._distribution(value)
        elif path in {"mpi", "pytorch", "tensorflow"} and isinstance(value, Made):
            self._counts(value)
        elif path == "communicator":
            self._communicator(value)
        elif path == "framework":
            self._text("framework_word", value)
        elif path == "environment.docker.base_image":
            self._text("base_image", value)
        elif path == "environment.python.conda_dependencies" and isinstance(value, Made):
            self._packages(value)

    # ----- words

    def _text(self, name: str, value: Any) -> None:
        if isinstance(value, str) and value.strip():
            self._words[name] = value.strip()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._words[name] = str(value)
        elif value is not None:
            self._not_read(name, value)

    def _count(self, name: str, value: Any) -> None:
        least = 0 if name == "parameter_server_count" else 1
        if isinstance(value, int) and not isinstance(value, bool) and least <= value < 100_000:
            self._words[name] = value
        elif isinstance(value, int | float | str):
            self._wrong[name] = repr(value)[:80]
        elif value is not None:
            self._not_read(name, value)

    def _list(self, name: str, value: Any) -> None:
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list):
            self._words[name] = [*self._words.get(name, ()), *(each for each in value if isinstance(each, str))]
            value = next((each for each in value if not isinstance(each, str)), None)
        if value is not None:
            self._not_read(name, value)

    def _not_read(self, name: str, value: Any) -> None:
        self._unread[name] = value.text if isinstance(value, Unknown) else getattr(value, "kind", str(value))[:80]

    def _target(self, value: Any) -> None:
        name = value.get("name", 1) if isinstance(value, Made) else value
        if isinstance(name, str):
            self._words["compute_target"] = name
        elif value is not None:
            self._not_read("compute_target", value)

    def _communicator(self, value: Any) -> None:
        known = {"mpi": "Mpi", "intelmpi": "Mpi", "openmpi": "Mpi", "horovod": "Mpi", "nccl": "Nccl", "gloo": "Gloo",
                 "parameterserver": "ParameterServer", "ps": "ParameterServer"}  # fmt: skip
        if isinstance(value, str) and value.lower() in known:
            self._words["distributed_training"] = known[value.lower()]

    def _distribution(self, value: Any) -> None:
        if isinstance(value, str):
            self._communicator(value)
        elif isinstance(value, Made) and value.kind in _CONFIGURATIONS:
            self._words["distributed_training"] = _CONFIGURATIONS[value.kind]
            self._counts(value)
            self._communicator(value.get("communication_backend", _places(value.kind).get("communication_backend")))
        elif value is not None:
            self._not_read("distributed_training", value)

    def _counts(self, made: Made) -> None:
        places = _places(made.kind)
        for name in COUNTS:
            self._count(name, made.get(name, places.get(name)))

    def _parameters(self, parameters: Mapping[str, Any]) -> None:
        self._words["script_params"] = {name: self._parameter(name, value) for name, value in parameters.items()}

    def _arguments(self, value: Any) -> None:
        if isinstance(value, str):
            value = words_of(value)
        if isinstance(value, list):
            words = [self._parameter(f"arguments[{index}]", each) for index, each in enumerate(value)]
            self._words["script_params"], self._words["more_arguments"] = paired(words)
        elif value is not None:
            self._not_read("arguments", value)

    def _parameter(self, name: str, value: Any) -> str:
        """Return a parameter as a word of the command; data becomes an input of its own."""
        if isinstance(value, Data):
            return self._input(value, name)
        if isinstance(value, Made | Unknown | list | dict):
            self._not_read(name, value)
            return f"TODO_{''.join(each for each in name if each.isalnum() or each in '_-').strip('-') or 'value'}"
        return "" if value is None else _today(str(value))

    def _input(self, data: Data, name: str) -> str:
        base = "".join(each if each.isalnum() else "_" for each in data.name or name.strip("-") or "data").strip("_")
        base = "data" if not base or base[0].isdigit() or (name.startswith("arguments[") and not data.name) else base
        while base in self._data and self._data[base] != data:
            base += "_"
        self._data[base] = data
        return f"${{{{inputs.{base}}}}}"

    def _inputs(self, value: Any) -> None:
        for each in value if isinstance(value, list) else []:
            if isinstance(each, Data):
                self._input(each, each.name or "data")

    def _command(self, value: Any) -> None:
        if isinstance(value, list):
            words = [self._parameter(f"command[{index}]", each) for index, each in enumerate(value)]
            self._words["launch_command"] = " ".join(words)
        else:
            self._text("launch_command", value)

    # ----- environments

    def _environment(self, value: Any, depth: int = 0) -> None:
        if not isinstance(value, Made):
            if value is not None:
                self._not_read("environment", value)
            return
        if value.kind == "get":
            self._text("environment", value.get("name", 1))
        elif value.kind in {"from_conda_specification", "from_pip_requirements"}:
            name = "conda_dependencies_file" if value.kind == "from_conda_specification" else "pip_requirements_file"
            self._text(name, value.get("file_path", 1))
        elif value.kind == "clone" and depth < _MOST_CLONES:
            inner = self._values.definition(value.owner, value.line - 1) if value.owner.isidentifier() else None
            if inner is not None:
                self._environment(self._values.value(inner, value.line - 1), depth + 1)
        elif value.kind == "from_existing_conda_environment":
            self._not_read("environment", value)
        self._environment_attributes(value)

    def _environment_attributes(self, value: Made) -> None:
        for name, places in self._values.attributes.items():
            made = self._values.value(ast.copy_location(ast.Name(name, ast.Load()), self._call), self._made.line)
            if not isinstance(made, Made) or made.line != value.line:
                continue
            for line, path, node in places:
                found = self._values.value(node, line)
                if path == "docker.base_image" and found is not None:
                    self._text("base_image", found)
                elif path == "python.conda_dependencies" and isinstance(found, Made):
                    self._packages(found)
        self._added_packages(value)

    def _added_packages(self, value: Made) -> None:
        """Take packages that are added one by one to the dependencies of an environment."""
        for call in self._values.calls:
            name = self._values.name_of(call)
            if name in {"add_pip_package", "add_conda_package"} and call.args and value.kind == "Environment":
                package = self._values.value(call.args[0])
                self._list("pip_packages" if "pip" in name else "conda_packages", package)

    def _packages(self, made: Made) -> None:
        if made.kind == "CondaDependencies" and made.get("conda_dependencies_file_path", 0) is not None:
            self._text("conda_dependencies_file", made.get("conda_dependencies_file_path", 0))
        for name in ("pip_packages", "conda_packages"):
            self._list(name, made.get(name))
        version = made.get("python_version")
        if isinstance(version, str):
            self._list("conda_packages", f"python={version}")

    def _experiment(self) -> None:
        for call in self._values.calls:
            if self._values.name_of(call) == "Experiment":
                made = self._values.value(call)
                name = made.get("name", 1) if isinstance(made, Made) else None
                if isinstance(name, str):
                    self._words["experiment"] = name
                    return


def paired(words: list[str]) -> tuple[dict[str, str], str]:
    """Return arguments as the words in front of all options, and options with their values.

    Where that would change what the script gets, all are words in their order: an option that repeats, a word behind
    an option's value, an empty word.
    """
    first = next((index for index, each in enumerate(words) if _is_flag(each)), len(words))
    pairs: dict[str, str] = {}
    index = first
    while index < len(words):
        name, value = words[index], words[index + 1] if index + 1 < len(words) else "--"
        if not _is_flag(name) or name in pairs or not value:
            return {}, text_of(words)
        pairs[name] = "" if _is_flag(value) else value
        index += 1 if _is_flag(value) else 2
    return pairs, text_of(words[:first])


def _today(word: str) -> str:
    """Return a word without the variables that v1 set for PyTorch: `env://` and RANK take their place."""
    return word.replace("$AZ_BATCHAI_PYTORCH_INIT_METHOD", "env://").replace("$AZ_BATCHAI_TASK_INDEX", "$RANK")


def _is_flag(word: str) -> bool:
    return word.startswith("-") and not word.lstrip("-").replace(".", "", 1).isdigit() and len(word) > 1


def _places(kind: str) -> dict[str, int]:
    """Return where a configuration takes its words without naming them (azureml-core 1.61.0, runconfig.py)."""
    if kind == "MpiConfiguration":
        return {"process_count_per_node": 0, "node_count": 1}
    if kind == "PyTorchConfiguration":
        return {"communication_backend": 0, "process_count": 1, "node_count": 2}
    if kind == "TensorflowConfiguration":
        return {"worker_count": 0, "parameter_server_count": 1}
    return {"process_count_per_node": 0} if kind == "Mpi" else {}
