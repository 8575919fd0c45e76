"""The last lines of failed PyTorch runs that are known, what each means, what to try, and which are only echoes.

The texts are those of torch 2.13, provoked on a CPU; those of CUDA and NCCL are known from their issue trackers
(pytorch/pytorch#16417, NVIDIA/nccl#2076), since no GPU was at hand.
"""

from __future__ import annotations

import re

from desktop_app.api import Fix, Job, Value
from desktop_app.api.kit import Known


def _with_ranks(job: Job) -> Fix | None:
    """Return a fix for a job that asks for no processes of PyTorch."""
    if job.distribution is not None and job.distribution.type.lower() == "pytorch":
        return None
    count = job.topology.processes_per_node
    title = "Start the ranks the PyTorch way" if job.distribution else f"Start {count} rank on each node"
    sets: dict[str, Value] = {"distribution.type": "pytorch", "distribution.process_count_per_instance": count}
    others = ("worker_count", "parameter_server_count")
    gone = tuple(f"distribution.{each}" for each in others if getattr(job.distribution, each, None) is not None)
    return Fix(title, sets, gone)


def _is_not_mpi(job: Job) -> bool:
    """Whether no mpirun starts the ranks: what it does not set, the plugin for MPI tells."""
    return job.distribution is None or job.distribution.type.lower() != "mpi"


def _free_port(job: Job) -> Fix | None:
    if "MASTER_PORT" not in job.environment_variables:
        return None
    return Fix("Remove MASTER_PORT", unset=("environment_variables.MASTER_PORT",))


def _more_shared_memory(job: Job) -> Fix | None:
    return (
        None
        if job.resources.shm_size == "16g"
        else Fix("Ask for 16 GB of shared memory", {"resources.shm_size": "16g"})
    )


_LOOK_AT_OTHERS = ("Look at the rank that ended first: its log holds the cause.",)
KNOWN = (
    Known(
        "peer-gone",
        re.compile(
            r"Connection (?:closed|reset) by (?:remote )?peer|Read error \[|Write error \[|Broken pipe"
            r"|remote process exited or there was a network error|ncclRemoteError|Socket Timeout|recvValue failed"
        ),
        "Another process of the job was gone, so the connection to it broke.",
        _LOOK_AT_OTHERS,
        is_echo=True,
    ),
    Known(
        "collective-timed-out",
        re.compile(r"Timed out waiting \d+ms for (?:send|recv) operation|Watchdog caught collective operation timeout"),
        "This rank waited in vain for another one in a collective operation.",
        (
            "Look for a rank that hangs, is far slower, or does not reach the same operation as often as the others.",
            "Every rank must call the same operations in the same order: `if rank == 0:` around one stops the others.",
        ),
        is_echo=True,
    ),
    Known(
        "child-failed",
        re.compile(r"errors\.ChildFailedError"),
        "torchrun says that a rank it started has failed.",
        ("The rank's own error stands above, in the same log.",),
        is_echo=True,
    ),
    Known(
        "gpu-memory-full",
        re.compile(r"CUDA out of memory"),
        "The memory of the GPU is full.",
        (
            "Take a smaller batch for each process, or a VM size whose GPUs have more memory.",
            "Use mixed precision (torch.autocast), or accumulate gradients over several small batches.",
            "See that each rank has a GPU of its own: torch.cuda.set_device(LOCAL_RANK).",
        ),
    ),
    Known(
        "no-such-gpu",
        re.compile(r"CUDA error: invalid device ordinal"),
        "A rank asked for a GPU that its node does not have.",
        (
            "Ask for as many processes per node as a node has GPUs.",
            "Choose the GPU by LOCAL_RANK, not by RANK: ranks count through all nodes.",
        ),
    ),
    Known(
        "gpu-shared",
        re.compile(r"Duplicate GPU detected"),
        "Two ranks took the same GPU, which NCCL refuses.",
        (
            "Call torch.cuda.set_device(int(os.environ['LOCAL_RANK'])) before the first use of CUDA.",
            "Ask for at most as many processes per node as a node has GPUs.",
        ),
    ),
    Known(
        "index-on-gpu",
        re.compile(r"CUDA error: device-side assert triggered"),
        "A computation on the GPU was given an index that is out of range; most often a label beyond the classes.",
        ("Run it once on the CPU, or with CUDA_LAUNCH_BLOCKING=1: the message then names the line.",),
    ),
    Known(
        "no-gpu",
        re.compile(
            r"Torch not compiled with CUDA enabled|No CUDA GPUs are available|Found no NVIDIA driver"
            r"|Attempting to deserialize object on a CUDA device|CUDA error: no CUDA-capable device"
            r"|module 'torch\._C' has no attribute '_cuda_\w+'"
        ),
        "The script wants a GPU, and there is none here, or PyTorch was built without CUDA.",
        (
            "Let the script choose: device = 'cuda' if torch.cuda.is_available() else 'cpu'.",
            "On Azure ML, take a VM size with GPUs and an environment with CUDA.",
            "A checkpoint that was saved on a GPU loads with torch.load(…, map_location='cpu').",
        ),
    ),
    Known(
        "no-nccl",
        re.compile(r"Distributed package doesn't have NCCL built in|ProcessGroupNCCL is only supported with GPUs"),
        "The script asks for NCCL, which works between GPUs only.",
        ("Choose the backend: 'nccl' if torch.cuda.is_available() else 'gloo'.",),
    ),
    Known(
        "cuda-error",
        re.compile(r"CUDA error: (.+?)\.?$"),
        "The GPU reported: {0}.",
        ("Run it with CUDA_LAUNCH_BLOCKING=1: the traceback then names the call that failed.",),
    ),
    Known(
        "port-in-use",
        re.compile(r"EADDRINUSE|[Aa]ddress already in use"),
        "The port at which the ranks meet is taken by another program.",
        ("Run it again: another free port is chosen each time, as long as the job does not set MASTER_PORT.",),
        fix=_free_port,
    ),
    Known(
        "ranks-missing",
        re.compile(r"Timed out after \d+ seconds waiting for clients\. (\d+)/(\d+) clients joined"),
        "Only {0} of {1} ranks called init_process_group in time.",
        (
            "Look at the ranks that did not: they ended before, hang, or load data for longer than the time-out.",
            "Call init_process_group before anything slow, or give it a longer timeout=.",
        ),
    ),
    Known(
        "no-rank-variables",
        re.compile(
            r"env:// rendezvous: environment variable (\w+) expected, but not set"
            r"|^KeyError: '(LOCAL_RANK|RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT)'"
        ),
        "The script reads the variable {0}, which this job does not set.",
        ("Azure ML sets it for `distribution: type: pytorch`, and torchrun does for the ranks it starts.",),
        fix=_with_ranks,
        when=_is_not_mpi,
    ),
    Known(
        "variable-of-mpirun",
        re.compile(r"^KeyError: '(OMPI_COMM_WORLD_\w+)'"),
        "The script reads the variable {0}, which mpirun sets, and this job's ranks are not started by mpirun.",
        (
            "Start it with `distribution: type: mpi`, which calls mpirun.",
            "Or read RANK, LOCAL_RANK and WORLD_SIZE, which `type: pytorch` sets.",
        ),
        when=_is_not_mpi,
    ),
    Known(
        "variable-of-v1",
        re.compile(r"^KeyError: '(AZ_BATCHAI_\w+)'"),
        "The script reads {0}, which SDK v1 set and Azure ML does not set any more.",
        ("Use init_method='env://', and RANK, LOCAL_RANK and WORLD_SIZE.",),
    ),
    Known(
        "group-not-initialized",
        re.compile(r"Default process group has not been initialized"),
        "The script uses torch.distributed before init_process_group was called.",
        ("Call torch.distributed.init_process_group() first, in every rank.",),
    ),
    Known(
        "unused-parameters",
        re.compile(r"Expected to have finished reduction in the prior iteration"),
        "Some of the model's parameters took no part in the loss, and DistributedDataParallel waits for them.",
        (
            "Pass find_unused_parameters=True to DistributedDataParallel.",
            "Or leave layers that are not used out of the model; TORCH_DISTRIBUTED_DEBUG=DETAIL names them.",
        ),
    ),
    Known(
        "models-differ",
        re.compile(r"params\[\d+\] in this process with sizes (\[.*?\]) appears not to match"),
        "The ranks made models of different shapes: here a parameter has the sizes {0}, in rank 0 it has others.",
        ("Make the model from the same settings in every rank, not from that rank's share of the data.",),
    ),
    Known(
        "tensors-differ",
        re.compile(r"invalid tensor size at index \d+ \(expected (\(.*?\)), got (\(.*?\))\)"),
        "The ranks gave tensors of different sizes to one collective operation: {0} and {1}.",
        ("Pad them to one size, or use all_gather_object; drop_last=True makes batches alike.",),
    ),
    Known(
        "shapes-differ",
        re.compile(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x\d+\)"),
        "A layer expects {2} features and got {1}.",
        ("Compare the size of the data with the first number of the layer, such as nn.Linear({1}, …).",),
    ),
    Known(
        "size-mismatch",
        re.compile(
            r"size mismatch for|The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)"
            r"|Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)"
            r"|Error\(s\) in loading state_dict"
        ),
        "Two tensors that belong together have different sizes.",
        ("Print the shapes at the line that the traceback names; a checkpoint fits only the model it was saved from.",),
    ),
    Known(
        "label-out-of-range",
        re.compile(r"Target (-?\d+) is out of bounds"),
        "A label is {0}, and the model has no such class.",
        ("Labels go from 0 to the number of classes - 1: correct them, or give the last layer more outputs.",),
    ),
    Known(
        "shared-memory-full",
        re.compile(r"workers are out of shared memory|DataLoader worker \(pid.*?killed by signal: Bus error"),
        "The workers of the DataLoader ran out of shared memory.",
        ("Ask for more with resources.shm_size, or take fewer workers.",),
        fix=_more_shared_memory,
    ),
    Known(
        "data-worker-died",
        re.compile(r"DataLoader worker \(pid(?:\(s\))? [\d, ]+\) exited unexpectedly"),
        "A worker process of the DataLoader died.",
        ("Run it with num_workers=0: the error then has a traceback. Often the memory ran out: take fewer workers.",),
    ),
    Known(
        "module-missing",
        re.compile(r"^ModuleNotFoundError: No module named '([\w.]+)'"),
        "The module {0} is not there.",
        (
            "If it is a package, add it to the job's environment (and here to the toolchain's Python).",
            "If it is a file of yours, it must lie in the code folder, beside the script.",
        ),
    ),
)  # fmt: skip

ABORTS = (  # the last words of a process that ended without an exception of Python's
    Known(
        "gloo-outlived-python",
        re.compile(r"terminate called without an active exception"),
        "A thread outlived Python and ended the process; with gloo, at a script's very end (pytorch#190489).",
        (
            "The training itself was over: look whether its outputs are there.",
            "Call torch.distributed.barrier() before destroy_process_group(), so that gloo's threads hold nothing.",
        ),
    ),
)
