"""A stand-in for the services that the local backend asks: a small launcher, this Python, no TensorBoard."""

from __future__ import annotations

import ast
import dataclasses
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import desktop_app
from desktop_app.api import (
    Diagnostic,
    Host,
    Job,
    MetricPoint,
    ProcessSpec,
    ScriptScan,
    ScriptSource,
    Severity,
    UserError,
)


@dataclass(frozen=True, slots=True)
class FakeInterpreter:
    """This very Python; lacks the imports whose names begin with `absent`."""

    diagnostics: tuple[Diagnostic, ...] = ()
    name: str = "pytorch"
    python: str = sys.executable
    bin: str = str(Path(sys.executable).parent)


@dataclass(slots=True)
class FakePorts:
    """Launches `pytorch` distributions a process per rank, and remembers what it was asked."""

    cores: int = 4
    bin: Path = Path(sys.executable).parent
    role: str = "worker"
    points: tuple[MetricPoint, ...] = ()
    asked: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    read: list[tuple[str, ...]] = field(default_factory=list)
    home: Path = Path("nowhere")

    def host(self) -> Host:
        """Return a machine of `cores` cores."""
        return Host(shell=("/bin/bash", "-c"), cpu_count=self.cores)

    def controller(self) -> Sequence[str]:
        """Return what starts the real controller, which has the real services, over `home`."""
        script = Path(desktop_app.__file__).parent / "cli" / "control_sweep.py"
        return (sys.executable, "-I", str(script), str(self.home))

    def launch_plan(self, job: Job, host: Host) -> tuple[str, tuple[ProcessSpec, ...]] | None:
        """Return a process per rank, as the PyTorch plugin does."""
        if job.distribution is None or job.distribution.type != "pytorch":
            return None
        return "rankzero-pytorch", tuple(
            dataclasses.replace(_process(job, host, *place), role=self.role) for place in job.topology.ranks()
        )

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        """Return the script's imports. Raises UserError for one that does not parse."""
        try:
            tree = ast.parse(source.text)
        except SyntaxError as error:
            raise UserError(f"{source.path} does not parse: {error.msg} (line {error.lineno}).") from error
        names = [each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names]
        found = (Diagnostic(Severity.INFO, "noticed", "Noticed.", line=3),) if "notice" in source.text else ()
        imports = tuple(each.partition(".")[0] for each in names)
        return ScriptScan(imports=imports, frameworks=("pytorch",) if "torch" in names else (), findings=found)

    async def interpreter_for(self, plugin_id: str | None, imports: Sequence[str]) -> FakeInterpreter:
        """Return this Python; whatever import begins with `absent` is missing."""
        self.asked.append((plugin_id, tuple(imports)))
        missing = [each for each in imports if each.startswith("absent")]
        return FakeInterpreter(
            tuple(Diagnostic(Severity.ERROR, "missing-package", f"{each} is missing.", "command") for each in missing),
            bin=str(self.bin),
        )

    async def tensorboard(self, folders: Sequence[str]) -> Sequence[MetricPoint]:
        """Return `points` for whatever folders."""
        self.read.append(tuple(folders))
        return self.points


def _process(job: Job, host: Host, rank: int, node: int, local: int) -> ProcessSpec:
    environment = {
        "MASTER_ADDR": host.master_address,
        "MASTER_PORT": str(host.master_port),
        "NODE_RANK": str(node),
        "WORLD_SIZE": str(job.topology.world_size),
        "RANK": str(rank),
        "LOCAL_RANK": str(local),
    }
    return ProcessSpec(rank, local, node, (*host.shell, job.command), environment)


def write_events(folder: Path) -> None:
    """Put something that looks like a TensorBoard event file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"events.out.tfevents.1.{os.getpid()}").write_bytes(b"x" * 10)
