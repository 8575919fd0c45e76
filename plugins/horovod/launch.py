"""Says which processes an MPI job means here: mpirun, and the ranks that it starts.

Source: mpirun(1) of Open MPI 4.1 and 5.0, and what both were seen to do on one machine; 4.1 there plays several nodes.
"""

from __future__ import annotations

from desktop_app.api import Host, Job, ProcessSpec, Topology

from .mpirun import check_mpirun, is_version_5, refuse_own_launcher
from .ranks import MOST_RANKS, is_mpi, variables

LOG = "user_logs/mpirun.txt"
RANK = "OMPI_COMM_WORLD_RANK"

# What takes the place of ssh: drops the node's name, $0, and runs the rest, a command line, here. Open MPI parts
# these words at blanks and colons and knows no quotes, so there are none: the shell's own ${IFS} parts them. Each node
# has a folder in the run's for what its helper writes: helpers that share one delete it under each other's hands.
AGENT = (
    "sh -c OMPI_MCA_orte_tmpdir_base=${RANKZERO_RUN_FOLDER-/tmp}/launch/$0;"
    "export${IFS}OMPI_MCA_orte_tmpdir_base;eval${IFS}$*"
)

LOOPBACK = "127.0.0.0/8"
NEVER = "86400"
_SETTINGS = {
    # Ranks talk by TCP over loopback: of what else there is, some fails on nodes that are none, some in containers.
    "pml": "ob1",
    "btl": "tcp,self",
    "btl_tcp_if_include": LOOPBACK,
}
# Whose failure ends a run, and when, is the program's to say: it is the same with mpirun and without.
_OF_VERSION_4 = {
    "oob_tcp_if_include": LOOPBACK,
    "orte_abort_on_non_zero_status": "0",
    "odls_base_sigkill_timeout": NEVER,
}
_OF_VERSION_5 = ("--runtime-options", "continuous,error-nonzero-status=false")


def processes(job: Job, host: Host) -> tuple[ProcessSpec, ...] | None:
    """Return mpirun and its ranks, or None for a job of another kind.

    Raises UserError where this machine can't run them.
    """
    if not is_mpi(job):
        return None
    topology = job.topology
    if not 0 < topology.world_size <= MOST_RANKS or topology.nodes < 1:
        return ()
    refuse_own_launcher(job.command)
    check_mpirun(host, topology.nodes)
    launcher = ProcessSpec(0, 0, 0, mpirun_words(topology, host), role="launcher", log=LOG)
    return (launcher, *(_rank(job, host, place) for place in topology.ranks()))


def mpirun_words(topology: Topology, host: Host) -> tuple[str, ...]:
    """Return the command that starts every rank: nodes filled one by one, and no rank bound to a core.

    Bound to cores, as mpirun would, ranks that are more than there are cores are refused.
    """
    is_new = is_version_5(host.programs.get("mpirun", ""))
    words = ["mpirun", *(["--allow-run-as-root"] if host.is_root else [])]
    words += ["-np", str(topology.world_size), "--host", _hosts(topology), "--map-by", "slot", "--bind-to", "none"]
    words += _OF_VERSION_5 if is_new else ()
    settings = _SETTINGS | ({} if is_new else _OF_VERSION_4)
    if topology.nodes > 1:
        settings["plm_rsh_agent"] = AGENT
    if topology.world_size > host.cpu_count:
        settings["mpi_yield_when_idle"] = "1"
    for name, value in settings.items():
        words += ["--mca", name, value]
    return (*words, *host.rank_starter, RANK)


def _hosts(topology: Topology) -> str:
    """Return every node with its slots. Names would be looked up in the DNS, which may take its time to know none."""
    slots = topology.processes_per_node
    if topology.nodes == 1:
        return f"localhost:{slots}"
    return ",".join(f"127.1.{node // 250}.{node % 250 + 1}:{slots}" for node in range(topology.nodes))


def _rank(job: Job, host: Host, place: tuple[int, int, int]) -> ProcessSpec:
    rank, node, local_rank = place
    return ProcessSpec(
        rank=rank,
        local_rank=local_rank,
        node=node,
        argv=(*host.shell, job.command),
        environment=variables(job.topology, place),
        log=f"user_logs/std_log_process_{rank}.txt",
        launched=True,
    )
