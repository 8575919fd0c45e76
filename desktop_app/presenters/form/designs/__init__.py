"""The designed forms by the kinds they are for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from desktop_app.presenters.form.design import Design
from desktop_app.presenters.form.designs.assets import CONDA, DATA, ENVIRONMENT, MODEL
from desktop_app.presenters.form.designs.computes import COMPUTE
from desktop_app.presenters.form.designs.jobs import COMMAND_JOB, SWEEP_JOB
from desktop_app.presenters.form.designs.serving import (
    BATCH_DEPLOYMENT,
    BATCH_ENDPOINT,
    ONLINE_DEPLOYMENT,
    ONLINE_ENDPOINT,
)

DESIGNS: Mapping[str, Design] = MappingProxyType({
    "commandJob": COMMAND_JOB,
    "sweepJob": SWEEP_JOB,
    "environment": ENVIRONMENT,
    "conda": CONDA,
    "compute": COMPUTE,
    "computeInstance": COMPUTE,
    "data": DATA,
    "model": MODEL,
    "managedOnlineEndpoint": ONLINE_ENDPOINT,
    "kubernetesOnlineEndpoint": ONLINE_ENDPOINT,
    "onlineEndpoint": ONLINE_ENDPOINT,
    "batchEndpoint": BATCH_ENDPOINT,
    "managedOnlineDeployment": ONLINE_DEPLOYMENT,
    "kubernetesOnlineDeployment": ONLINE_DEPLOYMENT,
    "onlineDeployment": ONLINE_DEPLOYMENT,
    "batchDeployment": BATCH_DEPLOYMENT,
    "modelBatchDeployment": BATCH_DEPLOYMENT,
    "pipelineComponentBatchDeployment": BATCH_DEPLOYMENT,
})  # fmt: skip
