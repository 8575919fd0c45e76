"""What the environments' window says: its rows, what is known of one, differences, findings, what a try gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.api import Severity, UserError
from desktop_app.core.environments import Curated, Environment
from desktop_app.services.catalogues import current_images
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.checking import Checked
from desktop_app.services.environments.comparing import Difference
from desktop_app.services.environments.finding import Own
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.trying import Trial

HEADERS = ("Name", "Status", "Python", "CUDA", "Holds", "As of")
FRAMEWORK_TITLES = {
    "": "All frameworks",
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "sklearn": "scikit-learn",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
}
_OWN_WORDS = {"environment": "Yours", "conda": "Yours, conda", "requirements": "Yours, pip"}
_TONES = {"current": "success", "deprecated": "warning", "retired": "error"}
_SHOWN = ("torch", "tensorflow", "horovod", "scikit-learn", "lightgbm", "xgboost")
_MOST_HELD = 6


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """A line of the table; `target` is what a reader takes, `tone` success, warning, error or info."""

    target: str
    name: str
    status: str
    tone: str
    python: str = ""
    cuda: str = ""
    holds: str = ""
    as_of: str = ""
    state: str = "own"
    frameworks: tuple[str, ...] = ()
    file: Path | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """What the columns show, in the order of HEADERS."""
        return self.name, self.status, self.python, self.cuda, self.holds, self.as_of


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known, by its name; `is_code` is shown in mono."""

    name: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A finding or a result in one line; `tone` is error, warning, info or success."""

    tone: str
    word: str
    text: str
    details: str = ""


def rows(catalogue: EnvironmentCatalogue, own: Sequence[Own] = (), folder: Path | None = None) -> list[EnvironmentRow]:
    """Return one's own first, as their files say, then curated ones, current ones before others. Reads files."""
    reader = Reader(catalogue)
    mine = [_own_row(reader, each, folder) for each in own]
    return [*mine, *(_curated_row(each) for each in catalogue.all())]


def matching(
    given: Sequence[EnvironmentRow], words: str, framework: str = "", *, retired: bool = False
) -> list[EnvironmentRow]:
    """Return the rows that have all words, for a framework; retired ones where they are asked for or named."""
    wanted = words.lower().split()
    return [
        each
        for each in given
        if all(word in " ".join(each.cells).lower() for word in wanted)
        and (not framework or framework in each.frameworks or each.state == "own")
        and (retired or each.state != "retired" or (bool(wanted) and words.strip().lower() == each.name.lower()))
    ]


def _own_row(reader: Reader, own: Own, folder: Path | None) -> EnvironmentRow:
    name = own.path.relative_to(folder).as_posix() if folder else own.path.name
    row = EnvironmentRow(str(own.path), name, _OWN_WORDS[own.kind], "info", file=own.path)
    try:
        found = reader.read_file(own.path)
    except UserError:
        return replace(row, holds="can't be read")
    return replace(row, python=found.python, cuda=found.cuda, holds=_held(found))


def _held(environment: Environment) -> str:
    """Return the packages of one's own, frameworks first, or else the image that it stands on."""
    named = {
        each.name: each.spec.removeprefix("==") for each in environment.packages if each.name and each.name != "pip"
    }
    order = sorted(named, key=lambda name: _SHOWN.index(name) if name in _SHOWN else len(_SHOWN))
    if order:
        return ", ".join(f"{name} {named[name]}".strip() for name in order[:_MOST_HELD])
    return environment.image.rpartition("/")[2]


def _curated_row(each: Curated) -> EnvironmentRow:
    holds = ", ".join(f"{name} {each.packages[name]}" for name in _SHOWN if name in each.packages)
    status, tone = each.state.capitalize(), _TONES.get(each.state, "info")
    python, cuda = each.python, each.cuda
    return EnvironmentRow(
        each.name, each.name, status, tone, python, cuda, holds, each.as_of, each.state, each.frameworks
    )


def title(environment: Environment) -> str:
    """Return an environment's name and, of a curated one, how it is, in a line."""
    curated = environment.curated
    return f"{environment.title}, {curated.state}" if curated else environment.title


def successor_text(environment: Environment) -> str:
    """Return what to do about one that is no longer kept up; empty where all is well."""
    curated = environment.curated
    if curated is None or curated.state == "current":
        return ""
    day = f" since {curated.removed_on}" if curated.removed_on else ""
    gone = f"It is gone{day}" if curated.state == "retired" else "It is no longer kept up"
    return f"{gone}: take {curated.successor}." if curated.successor else f"{gone}: take a current one."


def facts(environment: Environment) -> list[Fact]:
    """Return all that is known, without the packages."""
    return [each for each in _facts(environment) if each.text]


def _facts(environment: Environment) -> Iterator[Fact]:
    curated = environment.curated
    yield Fact("Python", environment.python)
    yield Fact("CUDA", environment.cuda)
    yield Fact("Image", environment.image, is_code=True)
    yield Fact("Build context", environment.build, is_code=True)
    yield Fact("Channels", ", ".join(environment.channels))
    if curated is not None:
        yield Fact("In a job", curated.written, is_code=True)
        yield Fact("Base image", curated.base_image, is_code=True)
        yield Fact("System", curated.os)
        yield Fact("MPI", curated.mpi)
        yield Fact("Last changed", curated.last_changed)
        yield Fact("Note", curated.note)
        yield Fact("Source", f"{curated.source} ({curated.confidence or 'not said how sure'}, as of {curated.as_of})")
    for each in environment.unknown:
        yield Fact("Not known", each)


def packages(environment: Environment) -> list[tuple[str, str, str]]:
    """Return each package: its name, the version that is asked for, and what installs it."""
    found = [
        (each.name or each.shown, each.spec.removeprefix("==") or "any", each.hindrance or each.tool)
        for each in environment.packages
    ]
    return sorted(found, key=lambda each: each[0])


def findings(checked: Checked) -> list[Line]:
    """Return what a check found, the worst first, and what it did not look at."""
    words = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}
    tones = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
    lines = [Line(tones[each.severity], words[each.severity], each.message) for each in checked.findings]
    if not lines:
        lines = [Line("success", "Fine", "Nothing was found that does not fit together.")]
    return [*lines, *(Line("info", "Not looked at", each) for each in checked.not_looked_at)]


def difference_summary(found: Difference) -> str:
    """Return how much differs, in a line."""
    different = f"{len(found.rows)} differences" if len(found.rows) != 1 else "1 difference"
    return f"{different}, {found.same} packages the same."


def trial_lines(trial: Trial) -> list[Line]:
    """Return what a try gave: what kept it from being made, each import, and what was not tried."""
    lines = [Line("error", "Not installed", trial.failure, trial.details)] if trial.failure else []
    for each in trial.imports:
        of = f" ({each.package} {trial.installed.get(each.package, '')})".replace(" )", ")") if each.package else ""
        if each.error:
            lines.append(Line("error", "Failed", f"import {each.module}{of}: {each.error}", each.details))
        else:
            lines.append(Line("success", "Works", f"import {each.module}{of}"))
    lines += [Line("info", "Not tried", f"{each.shown}: {each.hindrance}") for each in trial.not_tried]
    return lines


KINDS = {
    "conda": "Packages of conda and pip",
    "pip": "A list of pip packages",
    "image": "An image",
    "build": "A Docker build context",
}
"""What a new environment may be made of."""
TEMPLATES = {
    "conda": "channels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - mlflow\n",
    "pip": "mlflow\n",
}


def base_images() -> list[str]:
    """Return Azure ML's base images that are kept up: for training before others, without GPUs before those with."""
    newest = sorted(current_images(), key=lambda image: (image.os, image.name), reverse=True)
    names = sorted(newest, key=lambda image: ("openmpi" not in image.name, image.gpu))
    return [f"{each.name}:latest" for each in names]
