"""Makes the PyTorch job that a wizard's answers describe, also from answers that are not finished."""

from __future__ import annotations

from desktop_app.api import Answers, Distribution, Job, WizardContext
from desktop_app.api.kit import JobKind, jobs
from desktop_app.api.kit import answers as read

from .environments import PRESETS

PER_NODE = "--node-rank=$NODE_RANK --master-addr=$MASTER_ADDR --master-port=$MASTER_PORT"
DDP = JobKind("pytorch", PRESETS, ("pytorch",), "torch", "PyTorch toolchain", "ddp")
TORCHRUN = JobKind("pytorch", PRESETS, ("pytorch",), "torch", "PyTorch toolchain", "torchrun", launcher="torchrun")


def build(answers: Answers, context: WizardContext, *, launcher: bool) -> Job:
    """Return the job; with `launcher` torchrun starts the ranks of each node, else Azure ML starts every rank."""
    nodes, per_node = read.topology(answers, context, TORCHRUN if launcher else DDP)
    if launcher:
        return jobs.build(answers, context, TORCHRUN, Distribution("pytorch", 1), _torchrun(nodes, per_node))
    passed = (f"{local_rank_flag(context)}=$LOCAL_RANK",) if takes_local_rank(context) else ()
    return jobs.build(answers, context, DDP, Distribution("pytorch", per_node), jobs.Start(passed=passed))


def takes_local_rank(context: WizardContext) -> bool:
    """Whether the script knows its local rank from an argument alone, which then has to be passed."""
    return context.scan is not None and any(each.code == "local-rank-argument" for each in context.scan.findings)


def local_rank_flag(context: WizardContext) -> str:
    """Return how the script spells the argument of its local rank."""
    found = context.scan.arguments if context.scan else ()
    return next((each.flag for each in found if each.name in read.LAUNCHER_ARGUMENTS), "--local_rank")


def _torchrun(nodes: int, per_node: int) -> jobs.Start:
    if nodes == 1:
        return jobs.Start(("torchrun", "--standalone", f"--nproc-per-node={per_node}"))
    return jobs.Start(("torchrun", f"--nnodes={nodes}", f"--nproc-per-node={per_node}", PER_NODE))
