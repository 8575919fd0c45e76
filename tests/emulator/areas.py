"""The parts that the emulator is joined from: add yours to `AREAS`, and nothing else has to know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.emulator import (
    absences,
    artifacts,
    assets,
    blob_answers,
    computes,
    controls,
    datastores,
    deployments,
    discovery,
    endpoint_records,
    endpoints,
    faults,
    history,
    job_controls,
    job_metrics,
    jobs,
    login,
    operations,
    quotas,
    registries,
    requests,
    run_assets,
    running,
    scoring,
    storing,
    subscriptions,
    workspaces,
)
from tests.emulator.routing import Routes
from tests.emulator.service import Service


def _nothing(_service: Service) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Area:
    """What a part answers, and what it does to the service before the first request (parts, gates, ends)."""

    routes: Callable[[], Routes]
    prepare: Callable[[Service], None] = _nothing


AREAS: tuple[Area, ...] = (
    Area(login.routes, login.prepare),
    Area(discovery.routes),
    Area(workspaces.routes),
    Area(subscriptions.routes),
    Area(computes.routes, computes.prepare),
    Area(quotas.routes),
    Area(datastores.routes, datastores.prepare),
    Area(assets.routes),
    Area(registries.routes),
    Area(jobs.routes, running.prepare),  # before operations: a job's cancellation is told by the job
    Area(history.routes, history.prepare),
    Area(job_metrics.routes),
    Area(artifacts.routes),
    Area(run_assets.routes),
    Area(job_controls.routes),
    Area(operations.routes),
    Area(requests.routes),
    Area(blob_answers.routes, storing.prepare),
    Area(endpoints.routes, endpoint_records.prepare),
    Area(deployments.routes),
    Area(scoring.routes),
    Area(controls.routes, faults.prepare),
    Area(absences.routes),  # last: it tells what no other part has
)
