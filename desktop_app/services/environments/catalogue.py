"""Which environments there are to start from: the dated catalogue, and what plugins add to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from desktop_app.api import EnvironmentPreset, UserError
from desktop_app.core.environments import FRAMEWORKS, Curated, bare_name
from desktop_app.services.catalogues import curated_environments

_ORDER = {"current": 0, "deprecated": 1, "retired": 2}
_PURPOSES = {"training": 0, "inference": 1}
_DEPLOYED = {"inference": 0, "training": 1}


class EnvironmentCatalogue:
    """The curated environments by name. Of one that a plugin offers too, the catalogue's word holds."""

    def __init__(self, presets: Iterable[EnvironmentPreset] = ()) -> None:
        self._items = {each.name.lower(): each for each in curated_environments()}
        for preset in presets:
            self._items.setdefault(bare_name(preset.name).lower(), _of_preset(preset))

    def all(self, *, retired: bool = True, framework: str = "") -> list[Curated]:
        """Return them, current ones and those for training first; `framework` leaves out all others."""
        wanted = framework.lower()
        found = [
            each
            for each in self._items.values()
            if (retired or each.state != "retired") and (not wanted or wanted in each.frameworks)
        ]
        return sorted(found, key=_rank)

    def find(self, name: str) -> Curated | None:
        """Return an environment by its name, or by what refers to it in a job file."""
        plain = bare_name(name).lower()
        return self._items.get(plain) or self._items.get(f"azureml-{plain}")

    def get(self, name: str) -> Curated:
        """Return an environment by its name. Raises UserError."""
        found = self.find(name)
        if found is None:
            message = f"There is no curated environment “{name}”, and no such file."
            close = get_close_matches(bare_name(name), self.names(), 1)
            hint = f"Did you mean “{close[0]}”?" if close else "`rankzero environments list` shows them."
            raise UserError(message, hint=hint)
        return found

    def names(self) -> list[str]:
        """Return all names, current ones first."""
        return [each.name for each in self.all()]

    def successor(self, of: Curated) -> Curated | None:
        """Return the environment that is to be taken instead."""
        return self.find(of.successor) if of.successor else None


def rank_in(each: Curated, distribution: str = "", *, deploys: bool = False) -> tuple[int, int, int, int, int, str]:
    """Return a key that puts first what fits a job, by its distribution's type, or a deployment.

    For a job those for inference come after all others that are current, for a deployment before them.
    """
    state, _purpose, general, framework, name = _rank(each)
    purpose = _DEPLOYED.get(each.purpose, 2) if deploys else {"training": 0, "inference": 2}.get(each.purpose, 1)
    return state, purpose, 0 if _fits(each, distribution.lower()) else 1, general, framework, name


def fits_job(preset: EnvironmentPreset, distribution: str) -> bool:
    """Whether what a plugin offers holds what a job's distribution takes; all fit a job without one."""
    return _fits(_of_preset(preset), distribution.lower())


def _fits(each: Curated, distribution: str) -> bool:
    if distribution == "mpi":
        return "horovod" in each.packages or bool(each.mpi)
    return not distribution or distribution in each.frameworks


def _rank(each: Curated) -> tuple[int, int, int, int, str]:
    framework = min((FRAMEWORKS.index(name) for name in each.frameworks), default=len(FRAMEWORKS))
    purpose = _PURPOSES.get(each.purpose, 2)
    return _ORDER.get(each.state, 3), purpose, 0 if each.is_general else 1, framework, each.name.lower()


def _of_preset(preset: EnvironmentPreset) -> Curated:
    return replace(
        Curated(preset.name),
        status=preset.status,
        cuda=preset.cuda,
        python=preset.python,
        packages=dict(preset.packages),
        successor=preset.successor,
        note=preset.summary or preset.title,
        source=preset.source,
        as_of=preset.as_of,
        reference=preset.reference,
        purpose="training",
    )
