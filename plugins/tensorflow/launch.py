"""Says which processes a TensorFlow job means: one for each task, which find each other through TF_CONFIG.

With parameter servers the workers other than the first serve as well as the servers do. TensorFlow 2 trains with a
coordinator: one process runs the script's loop and sends its steps to the workers, which only wait for them and never
end by themselves. Azure ML names no coordinator ("chief") in TF_CONFIG, so the first worker is the one.
Source: TensorFlow, "Parameter server training with ParameterServerStrategy".
"""

from __future__ import annotations

from desktop_app.api import Host, Job, ProcessSpec, UserError

from .tasks import SERVER, Task, cluster_of, is_tensorflow


def processes(job: Job, host: Host) -> tuple[ProcessSpec, ...] | None:
    """Return every process of a TensorFlow job, parameter servers first, or None for a job of another kind.

    Raises UserError where this machine has too few free ports for them.
    """
    if not is_tensorflow(job):
        return None
    cluster = cluster_of(job)
    if cluster is None:
        return ()
    if len(host.ports) < cluster.size:
        message = f"Every task listens at a port of its own, and this machine has no {cluster.size} free ones."
        raise UserError(message, hint="End programs that hold many ports open, or write fewer workers.")
    configs = cluster.configs(cluster.tasks(), lambda number: f"127.0.0.1:{host.ports[number]}")
    coordinated = cluster.servers > 0
    return tuple(_process(job, host, task, config, coordinated) for task, config in configs)


def _process(job: Job, host: Host, task: Task, config: str, coordinated: bool) -> ProcessSpec:
    return ProcessSpec(
        rank=task.number,
        local_rank=0,
        node=task.number,
        argv=(*host.shell, job.command),
        environment={"TF_CONFIG": config},
        role=task.kind,
        log=f"user_logs/std_log_process_{task.number}.txt",
        serves=task.kind == SERVER or (coordinated and task.index > 0),
        ports=(host.ports[task.number],),
    )
