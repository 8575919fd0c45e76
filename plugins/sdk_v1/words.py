"""The wizard's answers with what the v1 code says as their defaults: one place where both come together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from desktop_app.api import Answers, Value, WizardContext
from desktop_app.api.kit import answers as read

from .code_file import CodeFile, read_code
from .packages import parted
from .run_config import source_folder, submission_of
from .submissions import Submission, find_submissions

DISTRIBUTIONS = ("none", "Mpi", "Nccl", "Gloo", "ParameterServer")
FRAMEWORKS = ("pytorch", "tensorflow", "other")
FLAGS = ("use_gpu",)
COUNTS = ("node_count", "process_count_per_node", "process_count", "worker_count", "parameter_server_count")


@dataclass(frozen=True, slots=True)
class V1:
    """All that is known: the file, the job that was chosen in it, and every word, answered or found."""

    code: CodeFile = field(default_factory=CodeFile)
    submissions: tuple[Submission, ...] = ()
    chosen: Submission | None = None
    defaults: Mapping[str, Value] = field(default_factory=dict)
    filled: Mapping[str, Value] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a word as text, empty where it is not said."""
        return read.text(self.filled, name)

    def count(self, name: str) -> int | None:
        """Return a count; None, or 0, where it is not said."""
        found = read.integer(self.filled, name, 0)
        return found if found > 0 else None

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return self.filled.get(name) is True

    def pairs(self, name: str) -> dict[str, str]:
        """Return names and values."""
        return read.texts(self.filled, name)

    def listed(self, name: str) -> list[str]:
        """Return packages: each text of the code is one, and what a person wrote is parted by spaces or commas."""
        said = self.chosen.words.get(name) if self.chosen is not None else None
        if said and self.filled.get(name) == self.defaults.get(name):
            return [str(each) for each in said]
        return parted(self.text(name))


def read_v1(answers: Answers, context: WizardContext) -> V1:
    """Return what the v1 file and the answers say together."""
    name = read.text(answers, "v1_file")
    code = read_code(context.folder / name) if name else CodeFile()
    submissions = _submissions(code)
    number = read.integer(answers, "submission", 1)
    chosen = submissions[number - 1] if 0 < number <= len(submissions) else submissions[0] if submissions else None
    file = PurePosixPath(name.replace("\\", "/"))
    folder = source_folder(file) if code.run_config is not None else file.parent
    defaults = _defaults(chosen, folder, context.folder)
    given = {key: value for key, value in answers.items() if value is not None}
    return V1(code, submissions, chosen, defaults, {**defaults, **given})


def _submissions(code: CodeFile) -> tuple[Submission, ...]:
    if code.run_config is not None:
        return (submission_of(code.run_config),)
    return find_submissions(code.tree) if code.tree is not None else ()


def _defaults(chosen: Submission | None, folder: PurePosixPath, project: Path) -> dict[str, Value]:
    """Return every question's default, made of what the code says."""
    words: Mapping[str, Any] = chosen.words if chosen is not None else {}
    code = _inside(folder / str(words.get("source_directory", ".")), project)
    script = str(words.get("entry_script", ""))
    communicator = str(words.get("distributed_training", "none"))
    found: dict[str, Value] = {
        "code": str(code),
        "script": str(code / script) if script else "",
        "launch_command": str(words.get("launch_command", "")),
        "script_params": dict(words.get("script_params", {})),
        "more_arguments": str(words.get("more_arguments", "")),
        "framework": _framework(words, communicator),
        "distributed_training": communicator,
        "compute_target": str(words.get("compute_target", "")).replace("local", "", 1)
        if words.get("compute_target") == "local"
        else str(words.get("compute_target", "")),
        "framework_version": str(words.get("framework_version", "")),
        "use_gpu": bool(words.get("use_gpu", _wants_gpu(words))),
        "pip_packages": " ".join(words.get("pip_packages", ())),
        "conda_packages": " ".join(words.get("conda_packages", ())),
        "v1_environment": str(words.get("environment", "")),
        "conda_file": _file(words, "conda_dependencies_file", folder),
        "base_image": str(words.get("base_image", words.get("custom_docker_image", ""))),
        "data": {name: each.path for name, each in (chosen.data if chosen is not None else {}).items()},
    }
    counts = {name: words[name] for name in COUNTS if isinstance(words.get(name), int)}
    return found | _counts(counts, communicator)


def _counts(said: Mapping[str, int], communicator: str) -> dict[str, Value]:
    """Return the counts with v1's own defaults: one node, one process on each, one parameter server."""
    found: dict[str, Value] = {"node_count": 1, "process_count_per_node": 0, "process_count": 0,
                               "worker_count": 0, "parameter_server_count": 0}  # fmt: skip
    if communicator == "ParameterServer":
        found["worker_count"], found["parameter_server_count"] = 1, 1
    found.update(said)
    if communicator == "ParameterServer" and "node_count" not in said:
        found["node_count"] = int(str(found["worker_count"])) + int(str(found["parameter_server_count"]))
    return found


def _framework(words: Mapping[str, Any], communicator: str) -> str:
    named = str(words.get("framework") or "").lower()
    if named in FRAMEWORKS:
        return named
    hints = " ".join(str(words.get(each, "")) for each in ("environment", "pip_packages", "framework_word")).lower()
    if "tensorflow" in hints or communicator == "ParameterServer":
        return "tensorflow"
    return "pytorch" if "torch" in hints or communicator in {"Nccl", "Gloo"} else "other"


def _wants_gpu(words: Mapping[str, Any]) -> bool:
    hints = " ".join(str(words.get(each, "")) for each in ("environment", "base_image", "distributed_training")).lower()
    return any(each in hints for each in ("gpu", "cuda", "nccl"))


def _file(words: Mapping[str, Any], name: str, folder: PurePosixPath) -> str:
    said = str(words.get(name, ""))
    return str(PurePosixPath(folder / said)) if said else ""


def _inside(path: PurePosixPath, project: Path) -> PurePosixPath:
    """Return a folder relative to the project, without dots; the project itself for what lies outside of it."""
    parts: list[str] = []
    if path.is_absolute():
        return (
            PurePosixPath(path.as_posix()).relative_to(project) if path.is_relative_to(project) else PurePosixPath(".")
        )
    for each in path.parts:
        if each == "..":
            if not parts:
                return PurePosixPath(".")
            parts.pop()
        elif each != ".":
            parts.append(each)
    return PurePosixPath(*parts)
