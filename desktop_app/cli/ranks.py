"""Show what every process of a job will see on Azure ML: where it runs, and the variables that tell it its place."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import RankRow, RankTable, UserError
from desktop_app.cli import console
from desktop_app.cli.taking_part import opened
from desktop_app.cli.terminal_text import plain
from desktop_app.services.rank_tables import PAGE, columns_of, pretty, total_of
from desktop_app.services.workbench import Workbench

MOST_LISTED = 4100
"""More processes than this are not listed at once: nobody reads them, and each row may be as long as its cluster."""


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("job", metavar="JOB.yml", type=Path, help="the job file")
    parser.add_argument("--rank", metavar="N", type=int, help="this process alone, with all its variables")


def run(options: Namespace) -> int:
    """Ask the plugins, and print."""
    workbench = opened(options)
    table, total = _asked(workbench, options.job, options.rank)
    if options.json:
        console.document(_shape(table, total))
    elif options.rank is not None:
        _print_one(table.rows[0], table.says)
    else:
        _print(table)
    return 0


def _asked(workbench: Workbench, path: Path, rank: int | None) -> tuple[RankTable, int]:
    """Return the wanted rows, and how many processes there are in all."""
    job = workbench.jobs.read_file(path)
    first = workbench.jobs.rank_table(job)
    total = total_of(first, 0, PAGE)
    if not first.rows:
        message = f"{path.name} asks for {first.topology.nodes} × {first.topology.processes_per_node} processes."
        raise UserError(f"{message} Nothing is known of so many.", hint="`rankzero validate` says what is wrong.")
    if rank is None:
        if total > MOST_LISTED:
            message = f"{path.name} means {total:,} processes; at most {MOST_LISTED:,} are listed."
            raise UserError(message, hint="--rank N shows one of them; `rankzero validate` checks the counts.")
        return (first if total == len(first.rows) else workbench.jobs.rank_table(job, 0, total)), total
    if not 0 <= rank < total:
        raise UserError(f"The job has no rank {rank}.", hint=f"Its ranks are numbered from 0 to {total - 1}.")
    return workbench.jobs.rank_table(job, rank, 1), total


def _shape(table: RankTable, total: int) -> dict[str, Any]:
    return {
        "ranks": [
            {
                "rank": each.rank, "name": each.name, "node": each.node, "local_rank": each.local_rank,
                "gpu": each.gpu or None, "environment": dict(each.environment),
            }
            for each in table.rows
        ],
        "topology": {"nodes": table.topology.nodes, "processes_per_node": table.topology.processes_per_node},
        "total": total,
        "says": table.says or None,
    }  # fmt: skip


def _print(table: RankTable) -> None:
    rows, variables = table.rows, columns_of(table.rows)
    named = any(each.name != str(each.rank) for each in rows)
    gpus = any(each.gpu for each in rows)
    headings = (*(["RANK"] if named else []), "PROCESS", "NODE", "LOCAL RANK", *(["GPU"] if gpus else []), *variables)
    console.table(headings, [_cells(each, variables, named, gpus) for each in rows])
    _say(table.says)
    for name in dict.fromkeys(name for each in rows for name in each.environment if name not in variables):
        console.note(f"{name} is longer: --rank N shows that of a process.")


def _cells(row: RankRow, variables: Sequence[str], named: bool, gpus: bool) -> tuple[str, ...]:
    values = (row.environment.get(each, "") for each in variables)
    rank, gpu = [str(row.rank)] if named else [], [row.gpu] if gpus else []
    return (*rank, row.name, str(row.node), str(row.local_rank), *gpu, *values)


def _print_one(row: RankRow, says: str) -> None:
    gpu = f", GPU {row.gpu}" if row.gpu else ""
    called = "" if row.name == str(row.rank) else f" ({row.name})"
    print(plain(f"Rank {row.rank}{called}: node {row.node}, local rank {row.local_rank}{gpu}"))
    for name, value in row.environment.items():
        head, *more = pretty(value).splitlines() or [""]
        print(plain(f"{name}={head}"))
        for line in more:
            print(plain(line))
    _say(says)


def _say(says: str) -> None:
    if says:
        console.note(says)
