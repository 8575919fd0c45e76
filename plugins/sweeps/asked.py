"""The answers of the wizard with all that they leave to defaults: SDK v1's words, and what an expert would take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from desktop_app.api import Answers, Field, Value, WizardContext
from desktop_app.api.kit import answers as read

from . import policies, spreads
from .parameters import RATE, SEED_WORDS, Parameter, find
from .v1 import V1Sweep, read_v1

TRIALS, TOGETHER = 20, 4
_BETTER_WHEN_LESS = re.compile(r"loss|error|mse|mae|rmse|perplexity|nll|divergence|latency|time", re.IGNORECASE)
_LIKELY = re.compile(r"acc|auc|f1|score|precision|recall", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """What was answered so far, for one folder and job."""

    answers: Answers
    context: WizardContext

    @cached_property
    def v1(self) -> V1Sweep:
        """What SDK v1's words say."""
        return read_v1(read.text(self.answers, "v1_words"))

    def value(self, name: str, default: Value) -> Value:
        """Return an answer, else what v1 said, else the default."""
        given = self.answers.get(name)
        return self.default(name, default) if given is None else given

    def default(self, name: str, default: Value) -> Value:
        """Return what holds where nothing is answered."""
        return self.v1.answers.get(name, default)

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """What can be tuned, by name."""
        job = self.context.job
        return {} if job is None else {each.name: each for each in find(job, self.context.scan)}

    @cached_property
    def picked_by_default(self) -> dict[str, Value]:
        """The rows that are picked before anybody picks: v1's, else the rates, else the first number."""
        of_v1: dict[str, Value] = {name: {} for name in self.v1.space if name in self.parameters}
        if of_v1:
            return of_v1
        worth = [each for each in self.parameters.values() if each.name not in SEED_WORDS and each.number is not None]
        rates = [each for each in worth if RATE.search(each.name)]
        return {each.name: {} for each in (rates or worth)[:1]}

    @cached_property
    def space(self) -> Mapping[str, Mapping[str, Value]]:
        """The picked parameters, each with its kind and all its numbers."""
        given = self.answers.get("space")
        picked = given if isinstance(given, Mapping) else self.picked_by_default
        rows = {name: each if isinstance(each, Mapping) else {} for name, each in picked.items()}
        return {
            name: self.spread(self.parameters[name], each) for name, each in rows.items() if name in self.parameters
        }

    def spread(self, parameter: Parameter, given: Mapping[str, Value]) -> dict[str, Value]:
        """Return a row's answers with what it leaves to defaults."""
        kind = str(given.get("type") or self.kind_by_default(parameter))
        return {
            "type": kind,
            **{each.name: given.get(each.name, each.default) for each in self.fields(kind, parameter)},
        }

    def kind_by_default(self, parameter: Parameter) -> str:
        """Return the spread that is proposed: what v1 said, what the sampling takes, else what fits the value."""
        said = self.v1.space.get(parameter.name)
        if said is not None:
            return str(said["type"])
        proposed = spreads.proposed(parameter)
        if self.sampling == "grid":
            return "choice"
        return "uniform" if self.sampling == "bayesian" and proposed not in spreads.BAYESIAN else proposed

    def fields(self, kind: str, parameter: Parameter) -> tuple[Field, ...]:
        """Return the questions of a kind of spread, with what v1 said as their defaults."""
        said = self.v1.space.get(parameter.name, {})
        asked = spreads.fields(kind, parameter)
        if said.get("type") != kind:
            return asked
        return tuple(replace(each, default=said.get(each.name, each.default)) for each in asked)

    @property
    def sampling(self) -> str:
        """How values are chosen."""
        return str(self.value("sampling", "random"))

    @property
    def policy(self) -> str:
        """Which trials are ended early."""
        return policies.NONE if self.sampling == "bayesian" else str(self.value("policy", policies.NONE))

    @property
    def metric_by_default(self) -> str:
        """The metric that is proposed: one that says how good a model is, else the first that is known."""
        known = self.context.metrics
        likely = [each for each in known if _LIKELY.search(each)]
        of_checks = [each for each in (likely or known) if "val" in each or "test" in each or "eval" in each]
        return str(self.default("metric", next(iter((*of_checks, *likely, *known)), "")))

    @property
    def metric(self) -> str:
        """The primary metric."""
        return read.text(self.answers, "metric", self.metric_by_default)

    @property
    def goal_by_default(self) -> str:
        """What a metric of that name is better for."""
        return str(self.default("goal", "minimize" if _BETTER_WHEN_LESS.search(self.metric) else "maximize"))

    @property
    def combinations(self) -> int | None:
        """How many combinations a grid has, None where it is none."""
        if self.sampling != "grid" or any(each["type"] != "choice" for each in self.space.values()):
            return None
        total = 1
        for each in self.space.values():
            total *= max(1, len(spreads.values_of(each.get("values"))))
        return total

    @property
    def trials_by_default(self) -> int:
        """How many trials are proposed: the whole grid; of a Bayesian search twenty for each parameter."""
        if self.combinations is not None:
            return min(1000, self.combinations)
        many = 20 * len(self.space) if self.sampling == "bayesian" else TRIALS
        return int(str(self.default("max_total_trials", max(TRIALS, many))))

    @property
    def trials(self) -> int:
        """The most trials there are."""
        most = read.integer(self.answers, "max_total_trials", self.trials_by_default)
        return most if self.combinations is None else min(most, self.combinations)

    @property
    def together_by_default(self) -> int:
        """How many trials at once are proposed: as many as the cluster has room for."""
        said = self.v1.answers.get("max_concurrent_trials")
        if isinstance(said, int):
            return said
        room = self.room
        return max(1, min(TOGETHER if room is None else room, self.trials))

    @property
    def room(self) -> int | None:
        """How many trials have room on the job's cluster at once, None where that is not known."""
        job = self.context.job
        name = (job.compute or "").removeprefix("azureml:").lower() if job is not None else ""
        clusters = getattr(self.context, "clusters", ())
        most = next((each.maximum for each in clusters if each.name.lower() == name), 0)
        return most // max(1, job.topology.nodes) if job is not None and most else None

    @property
    def together(self) -> int:
        """The most trials at once."""
        return min(read.integer(self.answers, "max_concurrent_trials", self.together_by_default), max(1, self.trials))

    @property
    def trial_minutes_by_default(self) -> int:
        """The time limit of a trial: the job's own, else an hour."""
        job = self.context.job
        return ceil(job.timeout / 60) if job is not None and job.timeout else 60

    @property
    def sweep_minutes_by_default(self) -> int:
        """The time limit of the sweep: all trials, as many at once as may be, each as long as it may take."""
        trial = read.integer(self.answers, "trial_minutes", self.trial_minutes_by_default)
        rounds = ceil(max(1, self.trials) / max(1, self.together))
        return int(str(self.default("sweep_minutes", max(1, rounds * trial))))
