"""Closing a run whose supervisor can no longer do it: the guardian's last act, or that of whoever finds the folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.clock import Clock
from desktop_app.worker.supervisor.journal import Journal
from desktop_app.worker.supervisor.state import StateFile

STUBBORN = 3.0
"""Seconds after which processes that do not die (they hang in the kernel) hold up nobody any longer."""


def close_run(folder: Path, reason: str, patience: float = 60.0) -> None:
    """Write the end of a run that has none yet: Failed, for `reason`. The caller holds the run (`holding.held`)."""
    clock = Clock()
    state = StateFile(folder, clock)
    if not state.data or state.is_over:
        return
    first = state.data.get("first_failure")
    if first is not None:
        reason = f"Rank {first['rank']} failed with exit code {first['exit_code']}. {reason}"
    state.finish("Failed", reason, None if first is None else first["exit_code"])
    events = Journal(folder / "events.jsonl")
    events.append({"time": clock.text(), "event": "ended", "status": "Failed", "reason": reason})
    events.close()
    state.write_end(patience)
    for draft in folder.glob("run.json.*.tmp"):
        with contextlib.suppress(OSError):
            draft.unlink()  # of a writer that was killed while it wrote


def recover(folder: Path) -> None:
    """Close a run whose guardian and supervisor are both gone, after ending what is left of it.

    The caller holds the run (`holding.held`).
    """
    state = StateFile(folder, Clock()).data
    if state.get("boot", "") != processes.boot():
        close_run(folder, "The computer was restarted while the run went on.", 0)
        return
    mark = str(state.get("mark") or "")
    left = set(processes.marked(str(folder), mark))
    for pid in left & {rank.get("pid") for rank in state.get("ranks", ())}:
        processes.send_group(pid, processes.KILL)  # the leader is still this run's: a pid alone might be anybody's
    processes.end_marked(str(folder), mark, STUBBORN)
    close_run(folder, "The supervisor and its guardian were killed, so the run was ended.", 0)


def end_groups(folder: Path) -> None:
    """End the process groups of a run's ranks right after its supervisor died, where nobody adopts orphans (macOS)."""
    for rank in StateFile(folder, Clock()).data.get("ranks", ()):
        if (rank.get("pid") or 0) > 1 and rank.get("exit_code") is None:
            processes.send_group(rank["pid"], processes.KILL)
