"""The sample project, a gallery of job files: each person gets a copy of their own to change."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from desktop_app.api import OutsideError, UserError
from desktop_app.places import Places, shipped

DIGITS = "digits"
FIRST = "job"
"""The sample that is meant where none is named."""
_TITLES = {
    "job": "PyTorch, a process per GPU",
    "torchrun": "PyTorch, torchrun on every node",
    "mlflow": "PyTorch, with a model to deploy",
    "deepspeed": "DeepSpeed with PyTorch",
    "tensorflow": "TensorFlow, a worker on every node",
    "tensorflow-ps": "TensorFlow with a parameter server",
    "horovod-pytorch": "Horovod with PyTorch",
    "horovod-tensorflow": "Horovod with TensorFlow",
    "mpi": "MPI with NumPy",
    "ray": "Ray, a head and workers",
    "sweep": "Hyperparameters, tuned with PyTorch",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A job file of the sample project: `name` is the file's, without its ending."""

    name: str
    title: str

    @property
    def file(self) -> str:
        """The job file's name."""
        return f"{self.name}.yml"


@cache
def samples() -> tuple[Sample, ...]:
    """Return every sample job, in the order of the gallery."""
    there = sorted(each.stem for each in (shipped("resources") / "samples" / DIGITS).glob("*.yml"))
    order = [*(each for each in _TITLES if each in there), *(each for each in there if each not in _TITLES)]
    return tuple(Sample(each, _TITLES.get(each, each)) for each in order)


def find_sample(name: str) -> Sample:
    """Return a sample by its name, with or without `.yml`. Raises UserError that lists them all."""
    plain = name.removesuffix(".yml")
    found = next((each for each in samples() if each.name == plain), None)
    if found is not None:
        return found
    known = ", ".join(each.name for each in samples())
    raise UserError(f"There is no sample “{name}”.", hint=f"The samples: {known}.")


def own_job(places: Places, name: str = FIRST) -> Path:
    """Return the job file of a sample in the person's own copy. Raises UserError for a name that is none."""
    return own_copy(places) / find_sample(name).file


def own_copy(places: Places, name: str = DIGITS) -> Path:
    """Return the person's copy of a sample project, made where it is missing.

    A file that is there is left as it is: it may have been changed.
    """
    source, target = shipped("resources") / "samples" / name, places.home / "samples" / name
    try:
        for each in sorted(source.rglob("*")):
            _copy(each, target / each.relative_to(source))
    except OSError as error:
        raise OutsideError(f"The sample can't be copied to {target}: {error.strerror}.") from error
    return target


def _copy(source: Path, target: Path) -> None:
    if "__pycache__" in source.parts or source.is_dir() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
