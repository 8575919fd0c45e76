"""Which recorded answer is compared by which test, and which ones are not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

BASE = (
    "compute.create",
    "compute.get",
    "compute.get.notfound",
    "compute.get.instance",
    "compute.update",
    "compute.delete",
    "lro.compute.succeeded",
    "environment.create",
    "environment.reregister",
    "environment.latest",
    "datastore.create",
    "datastore.get",
    "datastore.list",
    "datastore.delete",
    "datastore.get.notfound",
    "datastore.listSecrets.sas",
    "datastore.listSecrets.accountkey",
    "model.create",
    "model.get",
    "model.reregister",
    "model.versions.list",
    "model.containers.list",
    "data.create",
    "data.get",
    "data.versions.list",
    "data.archive",
    "code.get",
    "code.reregister",
    "registry.discovery",
    "registry.environment.get",
    "registry.model.versions.empty",
    "workspace.get",
    "workspace.get.notfound",
    "workspace.update",
    "lro.workspace.succeeded",
    "workspace.diagnose",
    "lro.location.done",
    "component.get.notfound",
    "batchEndpoint.get.notfound",
    "schedule.get.notfound",
    "auth.openid_configuration",
    "auth.token",
)
"""`test_emulator_truth_base.py`"""

CREATED = ("job.create.command", "job.create.command.mpi", "job.create.command.local", "job.create.pipeline")
JOBS = (
    *CREATED,
    "job.get.command.preparing",
    "job.get.pipeline.running",
    "job.get.sweep.running",
    "job.cancel",
    "job.cancel.poll",
    "job.cancel.done",
    "runhistory.children",
    "runhistory.run.get",
    "runhistory.rundata",
)
"""`test_emulator_truth_jobs.py`"""

SERVICES = (
    "lro.compute.inprogress",
    "compute.stop",
    "compute.get.witherrors",
    "data.versions.list#2",
    "paging.nextLink",
    "job.create.badrequest",
    "dataplane.badrequest",
    "onlineEndpoint.create",
    "onlineEndpoint.get",
    "onlineEndpoint.token",
    "onlineEndpoint.score",
    "onlineEndpoint.delete",
    "onlineEndpoint.delete.missing",
    "onlineDeployment.create",
    "onlineDeployment.list",
    "lro.mfe.updating",
    "lro.mfe.succeeded",
    "lro.location.pending",
    "lro.workspace.inprogress",
    "workspace.get.updated",
    "workspace.delete",
)
"""`test_truth_services.py`"""

BLOBS = (
    "blob.put",
    "blob.setmetadata",
    "blob.head",
    "blob.head.notfound",
    "blob.head.prefix.notfound",
    "blob.list",
    "blob.get.range",
    "blob.get.range.empty",
    "blob.list.forbidden",
)
"""`test_truth_blobs.py`"""

_NO_PIPELINES = "pipelines are kept and never run: only command and sweep jobs are asked for"
_NO_COMPONENTS = "components belong to pipelines, which are not asked for"
_NO_BATCH = "batch endpoints are not asked for: what the articles deploy is an online endpoint"
_NO_SCHEDULES = "schedules are not asked for"
_READ_ONLY = "nobody is asked to write to a registry; ours is read"

NOT_REPRODUCED: Mapping[str, str] = {
    "job.get.pipeline.failed": _NO_PIPELINES,
    "job.get.pipeline.canceled": _NO_PIPELINES,
    "job.get.pipeline.completed": _NO_PIPELINES,
    "job.get.steprun": _NO_PIPELINES,
    "job.create.notfound.component": _NO_COMPONENTS,
    "component.create": _NO_COMPONENTS,
    "component.create.anonymous": _NO_COMPONENTS,
    "component.create.distribution.pytorch": _NO_COMPONENTS,
    "batchEndpoint.create": _NO_BATCH,
    "batchEndpoint.get": _NO_BATCH,
    "batchEndpoint.invoke": _NO_BATCH,
    "batchEndpoint.delete": _NO_BATCH,
    "schedule.create": _NO_SCHEDULES,
    "schedule.get": _NO_SCHEDULES,
    "schedule.list": _NO_SCHEDULES,
    "schedule.delete": _NO_SCHEDULES,
    "lro.mfe.creating": _NO_SCHEDULES,
    "lro.schedule.succeeded": _NO_SCHEDULES,
    "lro.schedule.deleting": _NO_SCHEDULES,
    "registry.tempdataref": _READ_ONLY,
    "registry.environment.create": _READ_ONLY,
    "lro.registry.pending": _READ_ONLY,
}
