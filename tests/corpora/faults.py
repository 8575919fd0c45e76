"""Mistakes in files: what is changed in a good one, and where the finding has to point."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """A mistake: in `file`, `old` becomes `new`; the finding `code` points at `at`, the whole text of its place."""

    file: str
    old: str
    new: str
    code: str
    at: str


def _job(old: str, new: str, code: str, at: str) -> Fault:
    return Fault("job.yml", old, new, code, at)


SECRET = "r4nd0m-words-that-nobody-knows"
TOKEN = "ghp_" + "a1B2" * 9
_STORAGE_KEY = "AccountKey=" + "Ab1/" * 21 + "Ab=="
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
_PER_NODE = "process_count_per_instance: 4"
_REGISTRY = "azureml://registries/azureml/environments"
ENVIRONMENT_LINE = f"environment: {_REGISTRY}/acpt-pytorch-2.8-cuda12.6/labels/latest"
_TF = "distribution:\n  type: pytorch\n  process_count_per_instance: 4"

FAULTS = (
    # code and scripts
    _job("code: src", "code: srcc", "missing-code", "srcc"),
    _job("code: src", "code: ./nowhere/at/all", "missing-code", "./nowhere/at/all"),
    _job("train.py", "trian.py", "script-missing", "trian.py"),
    _job("python train.py", "torchrun other.py", "script-missing", "other.py"),
    Fault("sweep.yml", "train.py", "tune.py", "script-missing", "tune.py"),
    Fault(
        "pipeline.yml",
        "code: src\n    environment: azureml:mine:3\n    inputs:\n      data",
        "code: sorce\n    environment: azureml:mine:3\n    inputs:\n      data",
        "missing-code",
        "sorce",
    ),
    Fault("component.yml", "code: src", "code: ../elsewhere", "missing-code", "../elsewhere"),
    Fault("deployment.yml", "code: src", "code: scr", "missing-code", "scr"),
    Fault("deployment.yml", "scoring_script: train.py", "scoring_script: score.py", "script-missing", "score.py"),
    # placeholders
    _job("${{inputs.epochs}}", "${{inputs.epoch}}", "undefined-placeholder", "${{inputs.epoch}}"),
    _job("${{outputs.model}}", "${{outputs.modle}}", "undefined-placeholder", "${{outputs.modle}}"),
    _job("${{inputs.epochs}}", "${{outputs.epochs}}", "undefined-placeholder", "${{outputs.epochs}}"),
    _job("${{inputs.epochs}}", "${inputs.epochs}", "malformed-placeholder", "${inputs.epochs}"),
    _job("${{inputs.epochs}}", "$({inputs.epochs})", "malformed-placeholder", "$({inputs.epochs})"),
    _job("${{inputs.epochs}}", "$(inputs.epochs)", "malformed-placeholder", "$(inputs.epochs)"),
    _job("${{inputs.epochs}}", "{{inputs.epochs}}", "malformed-placeholder", "{{inputs.epochs}}"),
    _job("${{inputs.epochs}}", "${{inputs.epochs}", "malformed-placeholder", "${{inputs.epochs}"),
    _job("${{inputs.epochs}}", "${{input.epochs}}", "malformed-placeholder", "${{input.epochs}}"),
    _job("${{outputs.model}}", "${{Outputs.model}}", "malformed-placeholder", "${{Outputs.model}}"),
    Fault(
        "sweep.yml", "${{search_space.lr}}", "${{search_space.rate}}", "undefined-placeholder", "${{search_space.rate}}"
    ),
    Fault("sweep.yml", "${{inputs.data}}", "${{inputs.dta}}", "undefined-placeholder", "${{inputs.dta}}"),
    Fault(
        "pipeline.yml",
        "${{parent.inputs.raw}}",
        "${{parent.inputs.rawe}}",
        "undefined-placeholder",
        "${{parent.inputs.rawe}}",
    ),
    Fault(
        "pipeline.yml",
        "jobs.prepare.outputs",
        "jobs.prepair.outputs",
        "undefined-placeholder",
        "${{parent.jobs.prepair.outputs.clean}}",
    ),
    Fault(
        "pipeline.yml",
        "prepare.outputs.clean",
        "prepare.outputs.dirty",
        "undefined-placeholder",
        "${{parent.jobs.prepare.outputs.dirty}}",
    ),
    Fault("component.yml", "${{inputs.lr}}", "${{inputs.rate}}", "undefined-placeholder", "${{inputs.rate}}"),
    # counts
    _job(_PER_NODE, "process_count_per_instance: 0", "process-count", "0"),
    _job(_PER_NODE, "process_count_per_instance: -1", "process-count", "-1"),
    _job(_PER_NODE, "process_count_per_instance: 4000", "process-count", "4000"),
    _job(_PER_NODE, "process_count_per_instance: four", "wrong-type", "four"),
    _job(_PER_NODE, "process_count_per_instance: [4]", "wrong-type", "[4]"),
    _job("instance_count: 2", "instance_count: 0", "process-count", "0"),
    _job("instance_count: 2", "instance_count: two", "wrong-type", "two"),
    Fault("sweep.yml", "process_count_per_instance: 2", "process_count_per_instance: 0", "process-count", "0"),
    Fault("sweep.yml", "max_total_trials: 20", "max_total_trials: 0", "process-count", "0"),
    Fault("sweep.yml", "max_concurrent_trials: 4", "max_concurrent_trials: 40", "process-count", "40"),
    Fault("compute.yml", "max_instances: 4", "max_instances: 0", "process-count", "0"),
    Fault("compute.yml", "min_instances: 0", "min_instances: 9", "process-count", "9"),
    Fault("deployment.yml", "instance_count: 1", "instance_count: 0", "process-count", "0"),
    _job(
        "instance_count: 2",
        "instance_count: 2\n  instance_type: Standard_NC24ads_A100_v4",
        "more-processes-than-gpus",
        "4",
    ),
    # distributions
    _job("type: pytorch", "type: horovod", "unknown-value", "horovod"),
    _job("type: pytorch", "type: torch", "unknown-value", "torch"),
    _job("type: pytorch", "type: tensorfow", "unknown-value", "tensorfow"),
    _job(_TF, "distribution:\n  type: tensorflow\n  worker_count: 4", "worker-count", "4"),
    _job(_TF, "distribution:\n  type: tensorflow\n  worker_count: 2\n  parameter_server_count: 1", "worker-count", "2"),
    _job(_TF, "distribution:\n  type: tensorflow\n  parameter_server_count: 3", "parameter-servers", "3"),
    _job(_TF, "distribution:\n  type: tensorflow\n  parameter_server_count: -1", "process-count", "-1"),
    _job(_TF, "distribution:\n  type: mpi", "mpi-process-count", "distribution"),
    _job("python train.py", "torchrun --nproc_per_node=4 train.py", "double-launch", "torchrun"),
    _job("python train.py", "python -m torch.distributed.run train.py", "double-launch", "torch.distributed.run"),
    _job(_TF, _TF.replace("pytorch", "tensorflow"), "unknown-key", "process_count_per_instance"),
    # SDK v1
    _job(_PER_NODE, "process_count: 8", "v1-process-count", "process_count"),
    _job(_PER_NODE, _PER_NODE + "\n  node_count: 2", "v1-key", "node_count"),
    _job(_PER_NODE, "process_count_per_node: 4", "v1-key", "process_count_per_node"),
    _job(_PER_NODE, _PER_NODE + "\n  communication_backend: Nccl", "v1-key", "communication_backend"),
    _job("code: src", "source_directory: src", "v1-key", "source_directory"),
    _job("compute: ", "compute_target: ", "v1-key", "compute_target"),
    _job("tags:", "node_count: 2\ntags:", "v1-key", "node_count"),
    _job("tags:", "script_params: {a: 1}\ntags:", "v1-key", "script_params"),
    Fault("compute.yml", "max_instances: 4", "max_nodes: 4", "v1-key", "max_nodes"),
    Fault("compute.yml", "size: ", "vm_size: ", "v1-key", "vm_size"),
    # misspelt keys
    _job("experiment_name", "experiment_nam", "unknown-key", "experiment_nam"),
    _job("distribution:", "distributon:", "unknown-key", "distributon"),
    _job("resources:", "resource:", "unknown-key", "resource"),
    _job("limits:", "limit:", "unknown-key", "limit"),
    _job("compute:", "compte:", "unknown-key", "compte"),
    _job("inputs:\n", "input:\n", "unknown-key", "input"),
    _job("shm_size", "shmsize", "unknown-key", "shmsize"),
    _job("timeout", "time_out", "unknown-key", "time_out"),
    _job("tags:", "enviroment_variables: {A: b}\ntags:", "unknown-key", "enviroment_variables"),
    Fault("sweep.yml", "search_space:", "searchspace:", "unknown-key", "searchspace"),
    Fault("pipeline.yml", "default_compute", "default_computee", "unknown-key", "default_computee"),
    Fault("environment.yml", "conda_file", "condafile", "unknown-key", "condafile"),
    Fault("compute.yml", "max_instances", "max_instance", "unknown-key", "max_instance"),
    Fault("endpoint.yml", "auth_mode", "authmode", "unknown-key", "authmode"),
    Fault("deployment.yml", "endpoint_name", "endpointname", "unknown-key", "endpointname"),
    Fault("config.json", "workspace_name", "workspacename", "unknown-key", '"workspacename"'),
    # words and forms
    _job("type: uri_folder\n    path", "type: uri_fodler\n    path", "unknown-value", "uri_fodler"),
    _job("mode: ro_mount", "mode: rw_mount", "mode", "rw_mount"),
    _job("mode: ro_mount", "mode: upload", "mode", "upload"),
    _job("mode: upload", "mode: download", "mode", "download"),
    _job("mode: upload", "mode: ro_mount", "mode", "ro_mount"),
    _job("shm_size: 8g", "shm_size: 8gb", "shm-size", "8gb"),
    _job("shm_size: 8g", "shm_size: lots", "shm-size", "lots"),
    _job("shm_size: 8g", "shm_size: 0g", "shm-size", "0g"),
    _job("timeout: 3600", "timeout: 0", "timeout", "0"),
    _job("timeout: 3600", "timeout: 5m", "timeout", "5m"),
    _job("timeout: 3600", "timeout: PT1H", "timeout", "PT1H"),
    Fault("sweep.yml", "timeout: 7200", "timeout: -1", "timeout", "-1"),
    Fault("sweep.yml", "timeout: 7200", "timeout: 2h", "timeout", "2h"),
    _job("tags:", "queue_settings: {job_tier: spotty}\ntags:", "unknown-value", "spotty"),
    Fault("sweep.yml", "goal: minimize", "goal: minimise", "unknown-value", "minimise"),
    Fault("sweep.yml", "max_value: 0.1", "max_value: 0.0001", "search-space", "0.001"),
    Fault("sweep.yml", "sampling_algorithm: random", "sampling_algorithm: grid", "search-space", "uniform"),
    Fault("schedule.yml", "frequency: day", "frequency: days", "unknown-value", "days"),
    Fault("schedule.yml", "interval: 1", "interval: 0", "process-count", "0"),
    Fault("endpoint.yml", "blue: 100", "blue: 90", "traffic", "blue: 90"),
    Fault("endpoint.yml", "blue: 100", "blue: 130", "traffic", "130"),
    Fault("config.json", "0f5c1d2e-1a2b-4c3d-8e9f-001122334455", "My subscription", "guid", '"My subscription"'),
    Fault(".amlignore", "data/\n", "*\n", "ignore-pattern", "*"),
    Fault(".amlignore", "data/\n", "./data\n", "ignore-pattern", "./data"),
    # names
    _job("tags:", "name: my job!\ntags:", "name", "my job!"),
    _job("tags:", "name: -job\ntags:", "name", "-job"),
    _job("experiment_name: digits", f"experiment_name: {'x' * 300}", "name", "x" * 300),
    Fault("compute.yml", "name: gpu-cluster", "name: gpu-cluster-2", "name", "gpu-cluster-2"),
    Fault("compute.yml", "name: gpu-cluster", "name: gpu_cluster", "name", "gpu_cluster"),
    Fault("endpoint.yml", "name: digits-endpoint", "name: digits_endpoint", "name", "digits_endpoint"),
    Fault("environment.yml", "name: mine", "name: my own", "name", "my own"),
    _job("  model:\n", "  default:\n", "default-output", "default"),
    _job("team: vision", f"team: {'v' * 1001}", "tags", "v" * 1001),
    # environments
    _job(ENVIRONMENT_LINE, "environment: azureml:mine", "missing-version", "azureml:mine"),
    _job(ENVIRONMENT_LINE, f"environment: {_REGISTRY}/sklearn-1.5", "missing-version", f"{_REGISTRY}/sklearn-1.5"),
    _job(
        ENVIRONMENT_LINE, "environment: AzureML-TensorFlow-2.3-GPU", "retired-environment", "AzureML-TensorFlow-2.3-GPU"
    ),
    _job(
        ENVIRONMENT_LINE,
        "environment: azureml:AzureML-PyTorch-1.4-GPU:7",
        "retired-environment",
        "azureml:AzureML-PyTorch-1.4-GPU:7",
    ),
    _job(
        ENVIRONMENT_LINE,
        f"environment: {_REGISTRY}/acpt-pytorch-1.13-cuda11.7/labels/latest",
        "deprecated-environment",
        f"{_REGISTRY}/acpt-pytorch-1.13-cuda11.7/labels/latest",
    ),
    _job(
        ENVIRONMENT_LINE,
        "environment:\n  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
        "image-without-cuda",
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
    ),
    _job(ENVIRONMENT_LINE, "environment:\n  image: ubuntu\n  conda_file: ./cnda.yml", "missing-file", "./cnda.yml"),
    _job(ENVIRONMENT_LINE, "environment: ./environmnt.yml", "missing-file", "./environmnt.yml"),
    _job("path: azureml:digits:3", "path: azureml:digits", "missing-version", "azureml:digits"),
    Fault("environment.yml", "name: mine", "name: AzureML-mine", "reserved-name", "AzureML-mine"),
    Fault(
        "environment.yml",
        "openmpi4.1.0-ubuntu22.04",
        "openmpi3.1.2-ubuntu18.04",
        "retired-image",
        "mcr.microsoft.com/azureml/openmpi3.1.2-ubuntu18.04",
    ),
    Fault("environment.yml", "python=3.11", "python=3.6", "python-does-not-fit", "torch==2.8.0"),
    Fault(
        "environment.yml",
        "torchvision==0.23.0",
        "torchvision==0.15.2",
        "torchvision-does-not-fit",
        "torchvision==0.15.2",
    ),
    Fault(
        "deployment.yml", "environment: azureml:mine:3", "environment: azureml:mine", "missing-version", "azureml:mine"
    ),
    # conda files
    Fault("conda.yml", "python=3.11", "python=3.6.2", "python-does-not-fit", "torch==2.8.0"),
    Fault("conda.yml", "torch==2.8.0", "torch=2.8.0", "package-spelling", "torch=2.8.0"),
    Fault("conda.yml", "torch==2.8.0", "torch=>2.0", "package-spelling", "torch=>2.0"),
    Fault("conda.yml", "torch==2.8.0", "pytorch==2.8.0", "package-name", "pytorch==2.8.0"),
    Fault("conda.yml", "- numpy>=1.26", "- torch=2.8", "package-name", "torch=2.8"),
    Fault("conda.yml", "- transformers", "- torch==2.7.1", "package-twice", "torch==2.7.1"),
    Fault("conda.yml", "- transformers", "- tensorflow==2.4.0", "python-does-not-fit", "tensorflow==2.4.0"),
    Fault("conda.yml", "conda-forge", "conda_forge", "unknown-channel", "conda_forge"),
    Fault("conda.yml", "- transformers", "- horovod==0.28.1", "horovod-does-not-fit", "horovod==0.28.1"),
    # sizes
    Fault("compute.yml", "Standard_NC64as_T4_v3", "Standard_NC6", "retired-vm-size", "Standard_NC6"),
    Fault("compute.yml", "Standard_NC64as_T4_v3", "STANDARD_NC6S_V3", "retired-vm-size", "STANDARD_NC6S_V3"),
    Fault("compute.yml", "Standard_NC64as_T4_v3", "NC64as_T4_v3", "unknown-vm-size", "NC64as_T4_v3"),
    _job(
        "instance_count: 2", "instance_count: 2\n  instance_type: Standard_ND24rs", "retired-vm-size", "Standard_ND24rs"
    ),
    Fault("deployment.yml", "Standard_D4ds_v5", "Standard_NC6s_v2", "retired-vm-size", "Standard_NC6s_v2"),
    # secrets
    _job("tags:", f"environment_variables: {{AZURE_CLIENT_SECRET: {SECRET}}}\ntags:", "secret", SECRET),
    _job("tags:", f"environment_variables: {{DB_PASSWORD: {SECRET}}}\ntags:", "secret", SECRET),
    _job(
        "tags:",
        f"environment_variables: {{WHERE: 'https://me:{SECRET}@host/x'}}\ntags:",
        "secret",
        f"'https://me:{SECRET}@host/x'",
    ),
    _job("team: vision", f"team: {TOKEN}", "secret", TOKEN),
    _job("team: vision", f"api_key: {SECRET}", "secret", SECRET),
    _job("team: vision", f"store: {_STORAGE_KEY}", "secret", _STORAGE_KEY),
    _job("team: vision", f"note: {_JWT}", "secret", _JWT),
    # the folder
    Fault("schedule.yml", "./job.yml", "./jbo.yml", "missing-file", "./jbo.yml"),
    Fault(
        "deployment.yml",
        "endpoint_name: digits-endpoint",
        "endpoint_name: digits-endpont",
        "unknown-endpoint",
        "digits-endpont",
    ),
    Fault(
        "sweep.yml",
        "compute: azureml:gpu-cluster",
        "compute: azureml:gpu-clustr",
        "unknown-compute",
        "azureml:gpu-clustr",
    ),
)
