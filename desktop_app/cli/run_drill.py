"""`runs drill`: do a fault to a live run on this machine, to see whether it bears it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from desktop_app.api import DrillKind, DrillOrder
from desktop_app.api._records import to_json
from desktop_app.api.drills import NOTICE
from desktop_app.cli import console, drill_moment
from desktop_app.cli.lookup import find_run
from desktop_app.cli.refusals import UsageError
from desktop_app.services.drills import aimed, drill, refuse
from desktop_app.services.workbench import Workbench

KINDS = """\
kinds of drills:
  kill    end a rank with all its processes at once (SIGKILL)
  stop    have a rank stand still (SIGSTOP), to see hangs and timeouts
  resume  have it go on (SIGCONT); without --rank and --node, all that stand still
  evict   take a node away as a low-priority machine is: SIGTERM, the notice, SIGKILL
  memory  let a rank take no more memory than it has: Python raises MemoryError
          (a machine that is really full often ends the process with SIGKILL instead)
  disk    let no file of a rank grow beyond its log and 64 KiB, 1 MiB at most: writing fails with
          “File too large” (a disk that is really full says “No space left on device”; yours is not touched)
  node    cut a node off: its ranks stand still, silent to the others
          (their connections stay open; behind a broken network they would break one day)
"""


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = KINDS
    kinds = [each.value for each in DrillKind]
    parser.add_argument("kind", metavar="KIND", help=f"one of {', '.join(kinds)}")
    parser.add_argument("--rank", metavar="K", type=int, help="the rank, where the run has several")
    parser.add_argument("--node", metavar="N", type=int, help="the node, where the run has several; or all its ranks")
    parser.add_argument(
        "--notice",
        metavar="SECONDS",
        type=drill_moment.seconds,
        default=NOTICE,
        help="evict: SIGTERM to SIGKILL (default: 30)",
    )
    drill_moment.configure(parser)


async def run(workbench: Workbench, options: Namespace) -> int:
    """Have it done and say what was done."""
    kind = _kind(options)
    found = await find_run(workbench, options.name)
    backend = workbench.backend_of(found.handle)
    refuse(backend, found)
    order = aimed(found, DrillOrder(kind, options.rank, options.node, options.notice))
    await drill_moment.wait(backend, found, options)
    done = await drill(backend, found, order)
    if options.json:
        console.document({"run": found.run, "drill": to_json(done)})
    else:
        console.note(f"{found.run}: {done.text}.")
    return 0


def _kind(options: Namespace) -> DrillKind:
    kinds = [each.value for each in DrillKind]
    if options.kind in kinds:
        return DrillKind(options.kind)
    if options.name in kinds:
        hint = f"`rankzero runs drill {options.kind} {options.name}` is the order."
        raise UsageError("The run comes first, then the kind of drill.", hint=hint)
    raise UsageError(f"“{options.kind}” is no kind of drill.", hint=f"There are {', '.join(kinds)}.")
