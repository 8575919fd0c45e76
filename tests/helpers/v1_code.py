"""Small pieces of SDK v1 code in the style of its articles, slips included, each with a training script's name."""

from __future__ import annotations

import json

HEAD = """
import azureml.core
from azureml.core import Workspace, Experiment, Environment, ScriptRunConfig
from azureml.core.compute import ComputeTarget, AmlCompute
from azureml.core.compute_target import ComputeTargetException

ws = Workspace.from_config()
cluster_name = "gpu-cluster"
try:
    compute_target = ComputeTarget(workspace=ws, name=cluster_name)
except ComputeTargetException:
    compute_config = AmlCompute.provisioning_configuration(vm_size='STANDARD_NC6', max_nodes=4)
    compute_target = ComputeTarget.create(ws, cluster_name, compute_config)
    compute_target.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=20)
project_folder = './pytorch-birds'
"""
TAIL = """
run = Experiment(ws, name='Tutorial-pytorch-birds').submit(src)
run.wait_for_completion(show_output=True)
model = run.register_model(model_name='pytorch-birds', model_path='outputs/model.pt')
run.download_file(name='outputs/model.pt', output_file_path='./model/model.pt'),
"""

S0 = (
    HEAD
    + """
from azureml.core.runconfig import PyTorchConfiguration
curated_env_name = 'AzureML-PyTorch-1.6-GPU'
pytorch_env = Environment.get(workspace=ws, name=curated_env_name)
args = ['--dist-backend', 'nccl', '--dist-url', '$AZ_BATCHAI_PYTORCH_INIT_METHOD',
        '--rank', '$AZ_BATCHAI_TASK_INDEX', '--world-size', 2]
src = ScriptRunConfig(source_directory=project_folder, script='pytorch_mnist.py', arguments=args,
                      compute_target=compute_target, environment=pytorch_env,
                      distributed_job_config=PyTorchConfiguration(communication_backend='Nccl', node_count=2))
"""
    + TAIL
)

S0_HOROVOD = (
    HEAD
    + """
pytorch_env = Environment.from_conda_specification(name='pytorch-1.6-gpu', file_path='./conda_dependencies.yml')
pytorch_env.docker.enabled = True
pytorch_env.docker.base_image = 'mcr.microsoft.com/azureml/openmpi3.1.2-cuda10.1-cudnn7-ubuntu18.04'
from azureml.core.runconfig import MpiConfiguration
src = ScriptRunConfig(project_folder, 'pytorch_horovod_mnist.py', ['--num_epochs', 30, '--output_dir', './outputs'],
                      compute_target=compute_target, environment=pytorch_env,
                      distributed_job_config=MpiConfiguration(node_count=2))
"""
    + TAIL
)

S1 = (
    HEAD
    + """
from azureml.core.dataset import Dataset
from azureml.core.runconfig import TensorflowConfiguration
web_paths = ['https://example.org/train-images.gz', 'https://example.org/train-labels.gz']
dataset = Dataset.File.from_files(path=web_paths)
dataset = dataset.register(workspace=ws, name='mnist-dataset', create_new_version=True)
tf_env = Environment.get(ws, 'AzureML-TensorFlow-2.2-GPU')
args = ['--data-folder', dataset.as_mount(), '--batch-size', 64, '--first-layer-neurons', 256,
        '--learning-rate', 0.01]
src = ScriptRunConfig(source_directory=project_folder, script='tf_mnist.py', arguments=args,
                      compute_target=compute_target, environment=tf_env,
                      distributed_job_config=TensorflowConfiguration(worker_count=2, parameter_server_count=0))
"""
    + TAIL
)

S2 = (
    HEAD
    + """
from azureml.train.dnn import PyTorch
script_params = {'--num_epochs': 30, '--output_dir': './outputs', '--use-amp': ''}
src = PyTorch(source_directory='./pytorch-birds', script_params=script_params, compute_target=compute_target,
              entry_script='pytorch_train.py', use_gpu=True, pip_packages=['pillow==5.4.1'],
              framework_version='1.13', node_count=2, process_count_per_node=1,
              distributed_training=MpiConfiguration())
"""
    + TAIL
)

S3 = """
script_params = {'--data-folder': dataset.as_named_input('mnist').as_mount(), '--batch-size': 50,
                 '--learning-rate': 0.01}
est = TensorFlow(source_directory=script_folder, entry_script='tf_mnist.py', script_params=script_params,
                 compute_target=compute_target, use_gpu=True, pip_packages=['keras<=2.3.1', 'matplotlib'],
                 node_count=2, process_count_per_node=1, distributed_training=distributed_training)
from azureml.train.dnn import TensorFlow, ParameterServer
from azureml.core import Dataset
script_folder = './tf-mnist'
distributed_training = ParameterServer(worker_count=2)
dataset = Dataset.get_by_name(ws, 'mnist dataset')
run = exp.submit(tf_est)
"""

S4 = (
    HEAD
    + """
from azureml.core.runconfig import PyTorchConfiguration
distr_config = PyTorchConfiguration(process_count=4, node_count=2)
src = ScriptRunConfig(source_directory=project_folder, script='pytorch_train.py', arguments=['--num_epochs', 25],
                      compute_target=compute_target, environment=Environment.get(ws, name='AzureML-PyTorch-1.6-GPU'),
                      distributed_job_config=distr_config)
"""
    + TAIL
)

S4_LAUNCH = (
    HEAD
    + """
from azureml.core.runconfig import PyTorchConfiguration
launch_cmd = ("python -m torch.distributed.launch --nproc_per_node 4 --nnodes 2 --node_rank $NODE_RANK "
              "--master_addr $MASTER_ADDR --master_port $MASTER_PORT --use_env pytorch_train.py --epochs 50").split()
src = ScriptRunConfig(source_directory=project_folder, command=launch_cmd, compute_target=compute_target,
                      environment=Environment.get(ws, 'AzureML-PyTorch-1.6-GPU'),
                      distributed_job_config=PyTorchConfiguration(node_count=2))
"""
    + TAIL
)

RUN_CONFIG = """
from azureml.core import ScriptRunConfig, RunConfiguration
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.environment import Environment
from azureml.core.runconfig import DEFAULT_GPU_IMAGE
env = Environment('myenv')
env.docker.base_image = DEFAULT_GPU_IMAGE
env.python.conda_dependencies = CondaDependencies.create(
    conda_packages=['scikit-learn', 'python=3.6.2'], pip_packages=['azureml-defaults', 'horovod==0.19.5'])
src = ScriptRunConfig(source_directory='.', script='train.py', arguments=['input.csv', '--fast', '--lr', -0.5])
src.run_config.target = 'local'
src.run_config.framework = 'Python'
src.run_config.communicator = 'IntelMpi'
src.run_config.node_count = 2
src.run_config.mpi.process_count_per_node = 2
src.run_config.environment = env
"""

TYPED = """
est = Estimator(source_directory='.', entry_script='train.py', compute_target=cluster(), node_count=nodes,
                script_params={'--seed': seed, '--data': ds.path('birds').as_mount(), '--list': [1, 2]})
ds = ws.get_default_datastore()
config = HyperDriveConfig(estimator=est, max_total_runs=4)
"""

ALL = {
    "S0": S0, "S0 Horovod": S0_HOROVOD, "S1": S1, "S2": S2, "S3": S3, "S4": S4, "S4 launch": S4_LAUNCH,
    "run configuration": RUN_CONFIG, "unknown values": TYPED,
}  # fmt: skip


def notebook(*cells: str) -> str:
    """Return a notebook with these code cells, a text and a magic between them."""
    text = {"cell_type": "markdown", "source": ["# Train\n", "est = PyTorch(entry_script='no.py')"]}
    magic = {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install x\n", "files = !ls\n", "ws?\n"]}
    bash = {"cell_type": "code", "source": "%%bash\nls $(date)"}
    code = [{"cell_type": "code", "source": each.splitlines(keepends=True)} for each in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [text, magic, bash, *code]})
