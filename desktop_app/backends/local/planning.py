"""Works out what a job means on this machine, changing nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import (
    Diagnostic,
    Host,
    Job,
    JobSource,
    PlannedFile,
    ProcessSpec,
    Severity,
    SubmissionPlan,
    UserError,
)
from desktop_app.backends.local import counts, data, facts, installing, listening, scripts, variables
from desktop_app.backends.local.free_port import find_free_ports
from desktop_app.backends.local.ports import Interpreter, Ports
from desktop_app.backends.local.quoting import resolve_for_shell
from desktop_app.backends.local.run_folder import new_name
from desktop_app.backends.local.sweep_plans import plan_sweep
from desktop_app.core.commands import own_starter
from desktop_app.core.placeholders import resolve
from desktop_app.documents.snapshot import plan_snapshot
from desktop_app.worker import rank_starter
from desktop_app.worker.supervisor.ending import Grace

LAUNCHER = "launcher"
STARTER = (sys.executable, "-I", str(Path(rank_starter.__file__).resolve()))
"""The words by which a launcher starts a rank's starter, in this program's own Python."""


@dataclass(slots=True)
class Draft:
    """A plan in the making."""

    job: Job
    source: JobSource
    host: Host
    run: str
    folder: Path
    findings: list[Diagnostic] = field(default_factory=list)
    plugin: str | None = None
    processes: tuple[ProcessSpec, ...] = ()
    launchers: tuple[ProcessSpec, ...] = ()
    files: tuple[PlannedFile, ...] = ()
    needs: scripts.Needs = field(default_factory=scripts.Needs)
    data: data.MappedData = field(default_factory=lambda: data.MappedData({}, {}, {}, ()))
    text: str = ""

    @property
    def experiment(self) -> str:
        """The experiment's name; like Azure ML's SDK, the folder's where the job names none."""
        return self.job.experiment_name or self.source.folder.absolute().name or "Default"


class Planner:
    """Makes plans for runs below the folder `runs`."""

    def __init__(self, runs: Path, ports: Ports) -> None:
        self._runs = runs
        self._ports = ports

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Return the plan; what is wrong stands in its diagnostics."""
        if job.sweep is None:
            return await self.plan_run(job, source)
        host = await asyncio.to_thread(self._ports.host)
        return await plan_sweep(job, host, self._ports.controller(), lambda trial: self.plan_run(trial, source))

    async def plan_run(self, job: Job, source: JobSource, run: str = "", share: int = 1) -> SubmissionPlan:
        """Return the plan of a command job as the run `run`, one of `share` that have the cores together."""
        draft = await asyncio.to_thread(self._begin, job, source, run, share)
        await asyncio.to_thread(self._ask_plugins, draft)
        await asyncio.to_thread(self._read_files, draft)
        pips = installing.find_pips(job.command)
        # Without a process to start it is not known whose Python that would be: nothing is said of what it lacks.
        imports = (*draft.needs.imports, *(("pip",) if pips.modules else ())) if draft.processes else ()
        interpreter = await self._ports.interpreter_for(draft.plugin, imports)
        draft.findings += installing.check(pips, interpreter)
        return _finished(draft, interpreter)

    def _begin(self, job: Job, source: JobSource, run: str, share: int) -> Draft:
        run = run or new_name(self._runs)
        host = self._ports.host()
        host = dataclasses.replace(host, cpu_count=max(1, host.cpu_count // share))
        draft = Draft(job, source, host, run, self._runs / run)
        port, problem = listening.master_port(job)
        ports = find_free_ports(min(2 * counts.MOST_RANKS, 2 * counts.shape(job).world_size + 2))
        draft.host = dataclasses.replace(host, master_port=port, ports=ports, rank_starter=STARTER)
        draft.findings += problem
        draft.text = source.text or _text_of(source.path)
        return draft

    def _ask_plugins(self, draft: Draft) -> None:
        problems = tuple(counts.check_counts(draft.job, draft.host))
        draft.findings += problems
        is_told = draft.job.distribution is not None and draft.job.distribution.type.lower() == "mpi"
        if any(each.severity is Severity.ERROR for each in problems) or (is_told and own_starter(draft.job.command)):
            return  # the rules for job files say that mpirun is not to be called again, with what mends it
        try:
            planned = self._ports.launch_plan(draft.job, draft.host)
        except UserError as error:  # of this machine, which has no mpirun or too few ports: the file may be right
            message = f"{error.message} {error.hint}".rstrip()
            draft.findings.append(Diagnostic(Severity.ERROR, "cannot-launch", message, "distribution"))
            return
        if planned is not None:
            draft.plugin, processes = planned
            draft.processes = tuple(each for each in processes if each.role != LAUNCHER)
            draft.launchers = tuple(each for each in processes if each.role == LAUNCHER)
            draft.findings += listening.taken(processes)
            return
        draft.findings += _check_plain(draft.job)
        draft.processes = (ProcessSpec(0, 0, 0, (*draft.host.shell, draft.job.command)),)

    def _read_files(self, draft: Draft) -> None:
        job, folder = draft.job, draft.source.folder
        draft.data = data.map_data(job, folder, draft.folder / "named_outputs")
        draft.findings += [*draft.data.findings, *variables.check_variables(job)]
        code = _code_folder(draft)
        if code is not None:
            snapshot = plan_snapshot(code)
            draft.files = tuple(snapshot.files)
            draft.findings += snapshot.diagnostics
            draft.needs = scripts.find_needs(job, code, self._ports, draft.host)
            draft.findings += draft.needs.findings
        draft.processes = tuple(_resolved(draft))
        draft.launchers = tuple(_with_log(each) for each in draft.launchers)


def _finished(draft: Draft, interpreter: Interpreter) -> SubmissionPlan:
    job = draft.job
    mapped = draft.data
    inputs = {**mapped.literals, **mapped.paths}
    ranks = facts.ranks_of_launchers(job.command, max(1, counts.shape(job).world_size, len(draft.processes)))
    shared, threads = variables.threads(job, draft.host, ranks or draft.host.cpu_count)
    environment = {
        **shared,
        **variables.of_the_run(job, draft.run, draft.experiment, draft.host),
        **variables.of_the_data(inputs, mapped.outputs),
        **variables.of_the_toolchain(interpreter.bin),
        **job.environment_variables,
    }
    plan = SubmissionPlan(
        backend="local",
        job=job,
        source="" if draft.source.path is None else str(draft.source.path.absolute()),
        topology=counts.shape(job),
        processes=draft.processes,
        launchers=draft.launchers,
        files=draft.files,
        inputs=inputs,
        outputs=mapped.outputs,
        environment=environment,
        toolchain=interpreter.name,
        python=interpreter.python,
        timeout=job.timeout,
        diagnostics=(*draft.findings, *interpreter.diagnostics),
        framework=_framework(draft),
        run=draft.run,
        source_text=draft.text,
    )
    return dataclasses.replace(plan, facts=facts.facts(plan, threads, Grace.read(plan.environment)))


def _framework(draft: Draft) -> str:
    if draft.needs.frameworks:
        return draft.needs.frameworks[0]
    return draft.job.distribution.type.lower() if draft.job.distribution else ""


def _text_of(path: Path | None) -> str:
    try:
        return "" if path is None else path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _check_plain(job: Job) -> Iterator[Diagnostic]:
    """Say what a plain command can't do; called where no plugin launches the job."""
    if job.distribution is not None:
        message = f"No plugin that is enabled launches jobs of the distribution type “{job.distribution.type}”."
        yield Diagnostic(Severity.ERROR, "no-launcher", message, "distribution.type")
    elif job.topology.nodes > 1:
        message = f"Without distribution: the command runs once, not on {job.topology.nodes} nodes."
        yield Diagnostic(Severity.WARNING, "one-process", message, "resources.instance_count")


def _code_folder(draft: Draft) -> Path | None:
    code = draft.job.code
    if code is None:
        return None
    if data.is_remote(code) or code.startswith("git+"):
        message = f"The code lies elsewhere ({code}): a local run needs a folder of this machine."
        draft.findings.append(Diagnostic(Severity.ERROR, "remote-code", message, "code"))
        return None
    folder = data.local_path(code, draft.source.folder)
    if data.kind_of(folder) == "folder":
        return folder
    message = f"The code folder is not there: {folder}."
    draft.findings.append(Diagnostic(Severity.ERROR, "missing-code", message, "code"))
    return None


def _resolved(draft: Draft) -> Iterator[ProcessSpec]:
    """Yield the processes with their placeholders resolved; one finding is enough for all ranks."""
    done: dict[tuple[str, ...], tuple[str, ...]] = {}
    for each in draft.processes:
        try:
            if each.argv not in done:
                done[each.argv] = _resolve_argv(each.argv, draft.host.shell, draft.data)
        except UserError as error:
            draft.findings.append(Diagnostic(Severity.ERROR, "undefined-placeholder", str(error), "command"))
            done[each.argv] = each.argv
        log = each.log or f"user_logs/std_log_process_{each.rank}.txt"
        yield dataclasses.replace(each, argv=done[each.argv], log=log)


def _with_log(launcher: ProcessSpec) -> ProcessSpec:
    return dataclasses.replace(launcher, log=launcher.log or f"user_logs/{Path(launcher.argv[0]).stem}.txt")


def _resolve_argv(argv: Sequence[str], shell: Sequence[str], mapped: data.MappedData) -> tuple[str, ...]:
    if tuple(argv[:-1]) == tuple(shell):
        return (*shell, resolve_for_shell(argv[-1], mapped.literals, mapped.paths, mapped.outputs, resolve))
    inputs: Mapping[str, str] = {**mapped.literals, **mapped.paths}
    return tuple(resolve(each, inputs, mapped.outputs) for each in argv)
