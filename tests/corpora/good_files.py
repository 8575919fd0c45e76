"""A project with a file of each kind, all in order."""

from __future__ import annotations

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: src
command: >-
  python train.py
  --epochs ${{inputs.epochs}} --out ${{outputs.model}}
inputs:
  epochs: 5
  data:
    type: uri_folder
    path: azureml:digits:3
    mode: ro_mount
outputs:
  model:
    type: uri_folder
    mode: upload
environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest
compute: azureml:gpu-cluster
distribution:
  type: pytorch
  process_count_per_instance: 4
resources:
  instance_count: 2
  shm_size: 8g
limits:
  timeout: 3600
experiment_name: digits
tags:
  team: vision
"""
SWEEP = """\
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
trial:
  code: src
  command: python train.py --lr ${{search_space.lr}} --data ${{inputs.data}}
  environment: azureml:mine:3
  distribution:
    type: pytorch
    process_count_per_instance: 2
inputs:
  data:
    type: uri_folder
    path: azureml:digits:3
compute: azureml:gpu-cluster
sampling_algorithm: random
search_space:
  lr:
    type: uniform
    min_value: 0.001
    max_value: 0.1
objective:
  goal: minimize
  primary_metric: loss
limits:
  max_total_trials: 20
  max_concurrent_trials: 4
  timeout: 7200
"""
PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
inputs:
  raw:
    type: uri_folder
    path: azureml:raw:1
settings:
  default_compute: azureml:cpu-cluster
jobs:
  prepare:
    command: python train.py --in ${{inputs.raw}} --out ${{outputs.clean}}
    code: src
    environment: azureml:mine:3
    inputs:
      raw: ${{parent.inputs.raw}}
    outputs:
      clean:
        type: uri_folder
  train:
    command: python train.py --data ${{inputs.data}}
    code: src
    environment: azureml:mine:3
    inputs:
      data: ${{parent.jobs.prepare.outputs.clean}}
"""
COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: train_digits
version: 1
code: src
command: python train.py --lr ${{inputs.lr}}
inputs:
  lr:
    type: number
    default: 0.1
environment: azureml:mine:3
"""
ENVIRONMENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: mine
image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
conda_file:
  channels:
    - conda-forge
  dependencies:
    - python=3.11
    - pip
    - pip:
        - torch==2.8.0
        - torchvision==0.23.0
"""
CONDA = """\
name: mine
channels:
  - conda-forge
dependencies:
  - python=3.11
  - numpy>=1.26
  - pip
  - pip:
      - torch==2.8.0
      - transformers
"""
COMPUTE = """\
$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json
name: gpu-cluster
type: amlcompute
size: Standard_NC64as_T4_v3
min_instances: 0
max_instances: 4
idle_time_before_scale_down: 120
"""
ENDPOINT = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: digits-endpoint
auth_mode: key
traffic:
  blue: 100
"""
DEPLOYMENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: digits-endpoint
model: azureml:digits:1
code_configuration:
  code: src
  scoring_script: train.py
environment: azureml:mine:3
instance_type: Standard_D4ds_v5
instance_count: 1
"""
SCHEDULE = """\
$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json
name: nightly
trigger:
  type: recurrence
  frequency: day
  interval: 1
create_job: ./job.yml
"""
CONFIG = """\
{
  "subscription_id": "0f5c1d2e-1a2b-4c3d-8e9f-001122334455",
  "resource_group": "research",
  "workspace_name": "digits"
}
"""
FILES = {
    "job.yml": JOB, "sweep.yml": SWEEP, "pipeline.yml": PIPELINE, "component.yml": COMPONENT,
    "environment.yml": ENVIRONMENT, "conda.yml": CONDA, "compute.yml": COMPUTE, "endpoint.yml": ENDPOINT,
    "deployment.yml": DEPLOYMENT, "schedule.yml": SCHEDULE, "config.json": CONFIG, ".amlignore": "data/\n*.ckpt\n",
}  # fmt: skip
