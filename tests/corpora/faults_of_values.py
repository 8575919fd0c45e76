"""More mistakes, in values and in how files are written: kinds of files with what of them goes wrong."""

from __future__ import annotations

from tests.corpora.faults import ENVIRONMENT_LINE, Fault

_SCHEMAS = "$schema: https://azuremlschemas.azureedge.net/latest"
STEERED_SWEEP = f"""\
{_SCHEMAS}/sweepJob.schema.json
type: sweep
trial:
  code: src
  command: python train.py --lr ${{{{search_space.lr}}}} --batch ${{{{search_space.batch}}}}
  environment: azureml:mine:3
compute: azureml:gpu-cluster
sampling_algorithm:
  type: random
  seed: 7
search_space:
  lr:
    type: loguniform
    min_value: -9
    max_value: -2
  batch:
    type: quniform
    min_value: 16
    max_value: 128
    q: 16
objective:
  goal: maximize
  primary_metric: accuracy
early_termination:
  type: bandit
  slack_factor: 0.2
  evaluation_interval: 1
  delay_evaluation: 4
limits:
  max_total_trials: 30
  max_concurrent_trials: 3
  timeout: 9000
  trial_timeout: 900
"""
SPARK = f"""\
{_SCHEMAS}/sparkJob.schema.json
type: spark
code: src
entry:
  file: train.py
conf:
  spark.driver.cores: 2
  spark.driver.memory: 4g
  spark.executor.cores: 2
  spark.executor.memory: 4g
  spark.executor.instances: 3
inputs:
  table:
    type: uri_file
    path: azureml://datastores/workspaceblobstore/paths/tables/digits.csv
    mode: direct
args: --table ${{{{inputs.table}}}}
resources:
  instance_type: standard_e8s_v3
  runtime_version: "3.4"
"""
BATCH = f"""\
{_SCHEMAS}/modelBatchDeployment.schema.json
type: model
name: nightly
endpoint_name: digits-batch
model: azureml:digits:1
compute: azureml:cpu-cluster
resources:
  instance_count: 1
settings:
  mini_batch_size: 32
  max_concurrency_per_instance: 2
  error_threshold: -1
  retry_settings:
    max_retries: 2
    timeout: 60
"""
BATCH_ENDPOINT = f"{_SCHEMAS}/batchEndpoint.schema.json\nname: digits-batch\nauth_mode: aad_token\n"
CRON = f"""\
{_SCHEMAS}/schedule.schema.json
name: mondays
trigger:
  type: cron
  expression: "30 6 * * 1"
  start_time: "2026-12-01T06:00:00"
create_job: ./job.yml
"""
WEEKLY = f"""\
{_SCHEMAS}/schedule.schema.json
name: weekly
trigger:
  type: recurrence
  frequency: week
  interval: 1
  schedule:
    hours: [6]
    minutes: [30]
    week_days: [monday]
create_job: ./job.yml
"""
DATA = f"""\
{_SCHEMAS}/data.schema.json
name: digits
version: 3
type: uri_folder
path: azureml://datastores/workspaceblobstore/paths/digits/
"""
STORE = f"{_SCHEMAS}/azureBlob.schema.json\nname: blobs\ntype: azure_blob\naccount_name: digits\ncontainer_name: data\n"
INSTANCE = f"""\
{_SCHEMAS}/computeInstance.schema.json
name: my-machine
type: computeinstance
size: Standard_DS3_v2
idle_time_before_shutdown_minutes: 60
schedules:
  compute_start_stop:
    - action: stop
      trigger:
        type: cron
        expression: "0 18 * * *"
"""
AUTOML = f"""\
{_SCHEMAS}/autoMLJob.schema.json
type: automl
compute: azureml:cpu-cluster
task: classification
primary_metric: accuracy
target_column_name: digit
training_data:
  path: azureml:table:1
  type: mltable
limits:
  timeout_minutes: 60
  max_trials: 20
  max_concurrent_trials: 4
"""
CHOICES = f"""\
{_SCHEMAS}/commandComponent.schema.json
type: command
name: train_with_choices
version: 1
code: src
command: python train.py --lr ${{{{inputs.lr}}}} --speed ${{{{inputs.speed}}}} $[[--seed ${{{{inputs.seed}}}}]]
inputs:
  lr:
    type: number
    default: 0.1
    min: 0.0
    max: 1.0
  speed:
    type: string
    default: slow
    enum: [slow, fast]
  seed:
    type: integer
    optional: true
environment: azureml:mine:3
"""
ANSWERS = f"""\
{_SCHEMAS}/managedOnlineDeployment.schema.json
name: green
endpoint_name: digits-endpoint
model: azureml:digits:1
environment: azureml:mine:3
code_configuration:
  code: src
  scoring_script: train.py
instance_type: Standard_D4ds_v5
instance_count: 1
request_settings:
  request_timeout_ms: 3000
liveness_probe:
  timeout: 2
"""
MORE_FILES = {
    "steered-sweep.yml": STEERED_SWEEP, "spark.yml": SPARK, "batch.yml": BATCH, "batch-endpoint.yml": BATCH_ENDPOINT,
    "cron.yml": CRON, "weekly.yml": WEEKLY, "data.yml": DATA, "store.yml": STORE, "instance.yml": INSTANCE,
    "automl.yml": AUTOML, "choices.yml": CHOICES, "answers.yml": ANSWERS,
}  # fmt: skip
_LOG = "type: loguniform\n    min_value: -9\n    max_value: -2"


def _sweep(old: str, new: str, code: str, at: str) -> Fault:
    return Fault("steered-sweep.yml", old, new, code, at)


def _job(old: str, new: str, code: str, at: str) -> Fault:
    return Fault("job.yml", old, new, code, at)


MORE_FAULTS = (
    # sweeps
    _sweep("evaluation_interval: 1", "evaluation_interval: 0", "early-termination", "0"),
    _sweep("delay_evaluation: 4", "delay_evaluation: -4", "early-termination", "-4"),
    _sweep("slack_factor: 0.2", "slack_factor: -0.2", "early-termination", "-0.2"),
    _sweep("slack_factor: 0.2", "slack_factor: 0.2\n  slack_amount: 0.1", "early-termination", "0.1"),
    _sweep("trial_timeout: 900", "trial_timeout: 90000", "timeout", "90000"),
    _sweep("max_total_trials: 30", "max_total_trials: 3000", "process-count", "3000"),
    _sweep("q: 16", "q: 0", "search-space", "0"),
    _sweep("    q: 16\n", "", "missing-key", "batch"),
    _sweep(_LOG, "type: normal\n    mu: 0\n    sigma: -1", "search-space", "-1"),
    _sweep(_LOG, "type: randint\n    upper: 0", "search-space", "0"),
    _sweep(_LOG, "type: loguniform\n    min_value: 0.0001\n    max_value: 1000", "search-space", "1000"),
    _sweep("type: loguniform", "type: log_uniform", "search-space", "log_uniform"),
    _sweep("type: random\n  seed: 7", "type: bayesian", "search-space", "loguniform"),
    _sweep("early_termination:", "early_terminaton:", "unknown-key", "early_terminaton"),
    # Spark
    Fault("spark.yml", "file: train.py", "file: trian.py", "script-missing", "trian.py"),
    Fault("spark.yml", "mode: direct", "mode: ro_mount", "mode", "ro_mount"),
    Fault("spark.yml", "standard_e8s_v3", "standard_d8s_v3", "spark-size", "standard_d8s_v3"),
    Fault("spark.yml", "  spark.executor.instances: 3\n", "", "spark-conf", "conf"),
    Fault("spark.yml", "spark.driver.cores: 2", "spark.driver.cores: 0", "process-count", "0"),
    # deployments and endpoints
    Fault("batch.yml", "mini_batch_size: 32", "mini_batch_size: 0", "process-count", "0"),
    Fault("batch.yml", "error_threshold: -1", "error_threshold: -9", "process-count", "-9"),
    Fault("batch.yml", "max_retries: 2", "max_retries: -2", "process-count", "-2"),
    Fault("batch-endpoint.yml", "aad_token", "key", "auth-mode", "key"),
    Fault("answers.yml", "request_timeout_ms: 3000", "request_timeout_ms: 900000", "timeout", "900000"),
    Fault("answers.yml", "timeout: 2", "timeout: 0", "timeout", "0"),
    Fault("answers.yml", "azureml:digits:1", "azureml:digits", "missing-version", "azureml:digits"),
    Fault("answers.yml", "Standard_D4ds_v5", "Standard_D4dsv5", "unknown-vm-size", "Standard_D4dsv5"),
    Fault(
        "endpoint.yml",
        "auth_mode: key",
        "auth_mode: key\nidentity:\n  type: user_assigned",
        "identity",
        "user_assigned",
    ),
    # schedules
    Fault("cron.yml", "30 6 * * 1", "30 26 * * 1", "cron", '"30 26 * * 1"'),
    Fault("cron.yml", "30 6 * * 1", "30 6 * *", "cron", '"30 6 * *"'),
    Fault("cron.yml", "30 6 * * 1", "on mondays at half six", "cron", '"on mondays at half six"'),
    Fault("cron.yml", "2026-12-01T06:00:00", "first of December", "time", '"first of December"'),
    Fault("weekly.yml", "hours: [6]", "hours: [26]", "time", "26"),
    Fault("weekly.yml", "minutes: [30]", "minutes: [90]", "time", "90"),
    Fault("instance.yml", "0 18 * * *", "0 38 * * *", "cron", '"0 38 * * *"'),
    Fault("instance.yml", "minutes: 60", "minutes: 3", "timeout", "3"),
    Fault("instance.yml", "name: my-machine", "name: my-machine-1", "name", "my-machine-1"),
    # data, stores, AutoML and computes
    Fault(
        "data.yml", "//datastores/", "//datastore/", "address", "azureml://datastore/workspaceblobstore/paths/digits/"
    ),
    Fault("data.yml", "/paths/", "/path/", "address", "azureml://datastores/workspaceblobstore/path/digits/"),
    Fault("data.yml", "version: 3", "version: 3 beta", "version", "3 beta"),
    Fault("store.yml", "account_name: digits", "account_name: Digits_Store", "name", "Digits_Store"),
    Fault("automl.yml", "max_concurrent_trials: 4", "max_concurrent_trials: 40", "process-count", "40"),
    Fault("automl.yml", "timeout_minutes: 60", "timeout_minutes: -60", "process-count", "-60"),
    Fault("compute.yml", "type: amlcompute", "type: aml_compute", "unknown-value", "aml_compute"),
    # components
    Fault("choices.yml", "default: slow", "default: quick", "default", "quick"),
    Fault("choices.yml", "default: 0.1", "default: 7", "default", "7"),
    Fault("choices.yml", "default: 0.1", "default: small", "default", "small"),
    Fault("choices.yml", "min: 0.0", "min: 3.0", "default", "3.0"),
    Fault("choices.yml", "optional: true", "optional: true\n    default: 1.5", "default", "1.5"),
    Fault(
        "choices.yml", "$[[--seed ${{inputs.seed}}]]", "--seed ${{inputs.seed}}", "optional-input", "${{inputs.seed}}"
    ),
    # references and addresses
    _job(ENVIRONMENT_LINE, "environment: azureml:mine:latest", "label", "azureml:mine:latest"),
    _job(ENVIRONMENT_LINE, "environment: azureml:mine@3", "label", "azureml:mine@3"),
    _job(ENVIRONMENT_LINE, "environment: azureml:mine@lates", "label", "azureml:mine@lates"),
    _job(ENVIRONMENT_LINE, "environment: {name: mine, version: 3}", "missing-image", "{name: mine, version: 3}"),
    _job("azureml:digits:3", "azuremll:digits:3", "address", "azuremll:digits:3"),
    _job("azureml:digits:3", "azureml://datastores/a/b.csv", "address", "azureml://datastores/a/b.csv"),
    _job("azureml:gpu-cluster", "azureml:gpu-cluster:1", "compute", "azureml:gpu-cluster:1"),
    _job("azureml:gpu-cluster", "azureml://gpu-cluster", "compute", "azureml://gpu-cluster"),
    Fault(
        "environment.yml",
        "image: mcr",
        "image: https://mcr",
        "image-spelling",
        "https://mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
    ),
    # placeholders
    _job("${{inputs.epochs}}", "${{epochs}}", "malformed-placeholder", "${{epochs}}"),
    _job("${{inputs.epochs}}", '${{inputs["epochs"]}}', "malformed-placeholder", '${{inputs["epochs"]}}'),
    _job("${{inputs.epochs}}", "${{parent.inputs.epochs}}", "malformed-placeholder", "${{parent.inputs.epochs}}"),
    _job("${{inputs.epochs}}", "$inputs.epochs", "malformed-placeholder", "$inputs.epochs"),
    Fault(
        "pipeline.yml", "parent.inputs.raw", "parents.inputs.raw", "malformed-placeholder", "${{parents.inputs.raw}}"
    ),
    Fault("pipeline.yml", "${{parent.inputs.raw}}", "${{inputs.raw}}", "malformed-placeholder", "${{inputs.raw}}"),
    Fault(
        "pipeline.yml",
        "prepare.outputs.clean",
        "prepare.output.clean",
        "malformed-placeholder",
        "${{parent.jobs.prepare.output.clean}}",
    ),
    Fault(
        "pipeline.yml",
        "jobs.prepare.outputs.clean",
        "jobs.train.outputs.clean",
        "own-output",
        "${{parent.jobs.train.outputs.clean}}",
    ),
    Fault(
        "pipeline.yml",
        "    environment: azureml:mine:3\n    inputs:\n      data",
        "    inputs:\n      data",
        "missing-environment",
        "train",
    ),
    # launchers
    _job("python train.py", "accelerate launch train.py", "double-launch", "accelerate launch"),
    _job("python train.py", "mpirun python train.py", "double-launch", "mpirun"),
    # conda
    Fault("conda.yml", "dependencies:", "dependancies:", "unknown-key", "dependancies"),
    Fault("conda.yml", "channels:\n  - conda-forge", "channels: conda-forge", "wrong-type", "conda-forge"),
    Fault("conda.yml", "numpy>=1.26", "numpy>=1.26,<1.20", "package-spelling", "numpy>=1.26,<1.20"),
    Fault("conda.yml", "torch==2.8.0", "torch==2.8.0,", "package-spelling", "torch==2.8.0,"),
    Fault("conda.yml", "python=3.11", "pyton=3.11", "package-name", "pyton=3.11"),
    # how it is written
    _job("azureml:gpu-cluster", "“azureml:gpu-cluster”", "curly-quotes", "“azureml:gpu-cluster”"),
    _job("compute: azureml", "compute: \u00a0azureml", "odd-space", "\u00a0azureml:gpu-cluster"),
    _job("experiment_name: digits", "experiment_name: !digits x", "tag", "!digits x"),
    _job("team: vision", "team: yes", "truth-word", "yes"),
    _job("experiment_name: digits", "experiment_name: off", "truth-word", "off"),
    _job("shm_size: 8g", "\tshm_size: 8g", "yaml-syntax", "\t"),
    _job("experiment_name: digits", "experiment_name: @digits", "yaml-syntax", "@"),
    _job("experiment_name: digits", "experiment_name: a: b", "yaml-syntax", ":"),
    _job("tags:", "compute: azureml:other\ntags:", "duplicate-key", "compute"),
)
