"""Export a model to ONNX, checked against the framework's own output. Exits 0 only if it computes the same."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import ModelFile, UserError, Value
from desktop_app.cli import console, export_candidates, export_list, export_words
from desktop_app.cli.export_questions import Answers, with_options
from desktop_app.cli.export_sources import found_model
from desktop_app.cli.refusals import UsageError
from desktop_app.cli.taking_part import opened
from desktop_app.core.exports.report import ExportReport, Verdict
from desktop_app.core.paths import split_path
from desktop_app.documents.edits import parse_assignment
from desktop_app.services.exports.allowed import Allowed
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.exports.toolchain import NAME as ONNX
from desktop_app.services.workbench import Workbench
from desktop_app.services.workers import TaskFailedError

EXAMPLES = """\
examples:
  rankzero export r-7f3k:outputs/model.pt --output digits.onnx
  rankzero export model.pt --set class=train:Net --set arguments.hidden=64 --output m.onnx
  rankzero export train.py:build_network --weights model.pt --inputs 'x=float32[batch,1,28,28]' --output m.onnx
  rankzero export ./bert --inputs real.npz --output bert.onnx
  rankzero export m.onnx --candidates dynamic-int8

An axis with a name may vary, one with a number is fixed. The model runs in a process of its own, without your tokens
and, where the system allows it, without network; but it may read and change what you may: export what you trust.
"""


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument(
        "model", metavar="MODEL", nargs="?",
        help="a file, a folder, RUN:outputs/model.pt, or FILE.py:CALLABLE that builds it",
    )  # fmt: skip
    parser.add_argument("--output", metavar="M.onnx", type=Path, help="where the ONNX model goes")
    parser.add_argument("--weights", metavar="CKPT", type=Path, help="a checkpoint for the model that code builds")
    parser.add_argument(
        "--inputs", metavar="SPEC", action="append", default=[],
        help="name=float32[batch,3,224,224], an .npz, or FILE.py:CALLABLE; may be repeated",
    )  # fmt: skip
    parser.add_argument("--plugin", metavar="P", default="", help="the plugin whose exporter does it")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], type=_assignment,
        help="class=train:Net, arguments.hidden=64, opset=18, …",
    )  # fmt: skip
    parser.add_argument(
        "--allow", metavar="NAME", action="append", default=[],
        help="a name that this very file may import, such as argparse.Namespace; remembered for its bytes",
    )  # fmt: skip
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, help="end a step that takes longer (3600)")
    parser.add_argument("--overwrite", action="store_true", help="replace M.onnx once the new one is proven right")
    parser.add_argument("--list", action="store_true", help="who exports what, and the exports that are kept")
    export_candidates.configure(parser)


def run(options: Namespace) -> int:
    """Export and say what came of it."""
    if not options.list and options.model is None:
        raise UsageError("Which model is missing.", hint="`rankzero export --help` shows what it takes.")
    workbench = opened(options)
    return asyncio.run(_closing(workbench, options))


async def _closing(workbench: Workbench, options: Namespace) -> int:
    try:
        if options.list:
            await asyncio.to_thread(export_list.print_list, workbench, as_json=options.json)
            return 0
        return await _run(workbench, options)
    except asyncio.CancelledError:
        console.note("Interrupted: nothing was written, and what was there is as it was.")
        raise
    except TaskFailedError as error:
        raise with_options(error) from error
    finally:
        await workbench.exports.close()
        await workbench.cloud.close()


async def _run(workbench: Workbench, options: Namespace) -> int:
    progress = console.ProgressLines()
    try:
        model, run_name = await found_model(workbench, options.model, progress)
        report = await _report(workbench, options, model, run_name, progress)
    finally:
        progress.close()
    if options.json:
        console.document(report_shape(report))
    else:
        _print(workbench, report)
    return 1 if report.verdict is Verdict.FAIL or (report.verdict is not Verdict.PASS and model.kind != "onnx") else 0


async def _report(
    workbench: Workbench, options: Namespace, model: ModelFile, run: str, progress: console.ProgressLines
) -> ExportReport:
    if model.kind == "onnx":
        return await export_candidates.of_onnx(workbench, options, model, progress)
    order = _order(options, model, run)
    answers = Answers(options.allow, Allowed(workbench.places.exports))
    report = await workbench.exports.export(order, progress, answers)
    return await export_candidates.afterwards(workbench, options, report, progress)


def _order(options: Namespace, model: ModelFile, run: str) -> ExportOrder:
    if options.output is None:
        raise UserError("Where the ONNX model goes isn't said.", hint="--output M.onnx names it.")
    if options.weights and not options.weights.exists():
        raise UserError(f"There are no weights at {options.weights}.", hint="--weights names a checkpoint.")
    timeout: dict[str, Value] = {} if options.timeout is None else {"timeout": options.timeout}
    return ExportOrder(
        model=model,
        output=options.output,
        plugin=options.plugin,
        weights=options.weights.absolute() if options.weights else None,
        inputs=tuple(options.inputs),
        options={**nested(options.set), **timeout},
        overwrite=options.overwrite,
        run=run,
    )


def nested(pairs: Sequence[tuple[str, Value]]) -> dict[str, Value]:
    """Return `arguments.hidden=64` as {"arguments": {"hidden": 64}}. Raises UserError where two don't go together."""
    whole: dict[str, Any] = {}
    for path, value in pairs:
        *outer, last = split_path(path)
        place = whole
        for key in outer:
            place = place.setdefault(str(key), {})
            if not isinstance(place, dict):
                raise UserError(f"“{key}” is given twice, as a value and with parts: {path}.", hint="Leave out one.")
        place[str(last)] = value
    return whole


def report_shape(report: ExportReport) -> dict[str, Any]:
    """Return a report as `--json` prints it."""
    return {**report.document(), "output": report.output or None}


def _print(workbench: Workbench, report: ExportReport) -> None:
    folder = workbench.exports.folder(report.id)
    if report.output or report.exporter != ONNX:
        export_words.print_report(report, folder)
    else:
        for each in report.warnings:
            console.warning(each)
    export_candidates.print_tables(report)
    export_words.say_where(folder)


def _assignment(text: str) -> tuple[str, Value]:
    try:
        return parse_assignment(text)
    except UserError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise ArgumentTypeError(f"“{text}” is no number of seconds")
    return seconds
