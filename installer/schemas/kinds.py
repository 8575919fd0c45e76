"""Which classes of azure-ai-ml read each kind of file, named as `rankzero validate` names the kind."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType

_SCHEMA = "azure.ai.ml._schema"

KINDS = MappingProxyType({
    "commandJob": ("job.command_job.CommandJobSchema",),
    "sweepJob": ("_sweep.sweep_job.SweepJobSchema",),
    "pipelineJob": ("pipeline.pipeline_job.PipelineJobSchema",),
    "environment": ("assets.environment.EnvironmentSchema",),
    "data": ("assets.data.DataSchema",),
    "model": ("assets.model.ModelSchema",),
    "compute": (
        "compute.aml_compute.AmlComputeSchema",
        "compute.compute_instance.ComputeInstanceSchema",
        "compute.virtual_machine_compute.VirtualMachineComputeSchema",
        "compute.kubernetes_compute.KubernetesComputeSchema",
        "compute.synapsespark_compute.SynapseSparkComputeSchema",
    ),
    "managedOnlineEndpoint": ("_endpoint.online.online_endpoint.ManagedOnlineEndpointSchema",),
    "batchEndpoint": ("_endpoint.batch.batch_endpoint.BatchEndpointSchema",),
    "managedOnlineDeployment": ("_deployment.online.online_deployment.ManagedOnlineDeploymentSchema",),
})  # fmt: skip


def classes(kind: str) -> list[type]:
    """Return the classes that read a kind; several are told apart by `type`."""
    return [_found(each) for each in KINDS[kind]]


def _found(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(import_module(f"{_SCHEMA}.{module}"), name)
    return found
