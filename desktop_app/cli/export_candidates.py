"""What `export` does beside exporting: smaller candidates of a model, each compared with it, and its benchmark."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from desktop_app.api import ModelFile, UserError
from desktop_app.cli import console
from desktop_app.core.exports import benches, scores, tables
from desktop_app.core.exports.report import ExportReport, Verdict
from desktop_app.core.nearest import nearest
from desktop_app.services.exports.candidates import KINDS, Candidates, Wish
from desktop_app.services.exports.placing import check_target
from desktop_app.services.workbench import Workbench

_SECONDS = 10.0


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--candidates", metavar="KIND", nargs="*", type=_kind,
        help=f"also make smaller or faster candidates and compare each with the model: {', '.join(KINDS)}, or all",
    )  # fmt: skip
    parser.add_argument(
        "--calibration", metavar="NPZ", action="append", default=[], type=Path,
        help="real inputs, arrays named as the inputs are: for static-int8, and to judge candidates by; the word cases "
        "takes what the export was checked with",
    )  # fmt: skip
    parser.add_argument(
        "--benchmark", action="store_true", help="also time the model in its framework and in ONNX Runtime, in turns"
    )


async def afterwards(
    workbench: Workbench, options: Namespace, report: ExportReport, progress: console.ProgressLines
) -> ExportReport:
    """Do what was asked for beside the export, where there is something to do it with.

    Where that fails the export stays what it is: it is told as a warning, and the report is printed.
    """
    if not report.output or report.verdict is Verdict.FAIL:
        return report
    try:
        if options.candidates is not None:
            report = await workbench.exports.compare(report, wish_of(options), progress)
        if options.benchmark:
            report = await workbench.exports.benchmark(report, progress)
    except UserError as error:
        console.warning(f"The model was exported; what was to be measured was not: {error}")
    return report


async def of_onnx(
    workbench: Workbench, options: Namespace, model: ModelFile, progress: console.ProgressLines
) -> ExportReport:
    """Make candidates of a model that is ONNX already, and with an output put one in its place.

    `precision` among the settings names the kind; without it the one that is recommended is taken.
    """
    wanted = str(dict(options.set).get("precision") or "")
    if wanted and wanted not in KINDS:
        raise UserError(f"“{wanted}” is no kind of candidate.", hint=nearest(wanted, KINDS))
    if options.benchmark:
        hint = "Benchmark it with the export of its own model."
        raise UserError("An ONNX model has no framework here to be timed beside.", hint=hint)
    if options.output is not None:
        await asyncio.to_thread(check_target, options.output.absolute(), overwrite=options.overwrite)
    wish = wish_of(options, (wanted,) if wanted and options.candidates is None else ())
    use = Candidates(workbench.exports.sessions, workbench.exports.store)
    report = await use.look_into(model.path, options.inputs, wish, progress)
    if options.output is None:
        return report
    return await use.take(report, wanted or scores.best(report.candidates), options.output, overwrite=options.overwrite)


def wish_of(options: Namespace, kinds: tuple[str, ...] = ()) -> Wish:
    """Return which candidates are wanted: all, unless some are named."""
    asked = kinds or tuple(options.candidates or ())
    if "all" in asked or not asked:
        asked = KINDS
    files = tuple(each for each in options.calibration if not _means_cases(each))
    return Wish(asked, files, seconds=_SECONDS, own_cases=len(files) < len(options.calibration))


def _means_cases(given: Path) -> bool:
    return str(given) == "cases" and not given.is_file()


def print_tables(report: ExportReport) -> None:
    """Print the tables that a report has, each with its sentence."""
    if report.candidates:
        print()
        rows = [tables.candidate_cells(each) for each in report.candidates]
        console.table([each.upper() for each in tables.CANDIDATES], rows)
        for each in report.candidates[1:]:
            notes = each.get("notes")
            more = [str(note) for note in notes] if isinstance(notes, list) else []
            print(" ".join((f"{each['name']}: {each['why']}", *more)))
        print(scores.advice(report.candidates))
    if report.benchmark:
        print()
        rows = [tables.bench_cells(each) for each in report.benchmark]
        console.table([each.upper() for each in tables.BENCHMARK], rows)
        print(benches.bench_sentence(report.benchmark))


def _kind(text: str) -> str:
    if text not in (*KINDS, "all"):
        raise ArgumentTypeError(f"“{text}” is no kind of candidate. {nearest(text, (*KINDS, 'all'))}")
    return text
