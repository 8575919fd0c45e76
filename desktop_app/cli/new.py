"""`new job`: a job file from a wizard, answered from a file; `--list` shows the wizards and their questions."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import Field, JobWizard, UserError, WizardContext
from desktop_app.api._records import to_json
from desktop_app.cli import console
from desktop_app.cli.refusals import UsageError
from desktop_app.cli.taking_part import opened
from desktop_app.services.plugins import PluginInfo
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("what", choices=["job"], help="what is made")
    parser.add_argument("--list", action="store_true", help="show wizards and their questions with defaults")
    parser.add_argument("--plugin", metavar="P", help="the plugin that the wizard belongs to")
    parser.add_argument("--wizard", metavar="W", help="the wizard's name")
    parser.add_argument("--answers", metavar="A.json", type=Path, help="answers by question; what is absent is default")
    parser.add_argument("--output", metavar="FILE", type=Path, help="the new job file; its paths start at its folder")


def run(options: Namespace) -> int:
    """List wizards, or write the job file."""
    workbench = opened(options)
    if options.list:
        return _list(workbench, options.json)
    missing = [each for each in ("plugin", "wizard", "output") if getattr(options, each) is None]
    if missing:
        hint = "`rankzero new job --list` shows the wizards."
        raise UsageError(f"new job needs --{' and --'.join(missing)}.", hint=hint)
    return _build(workbench, options)


def _build(workbench: Workbench, options: Namespace) -> int:
    output: Path = options.output.absolute()
    if output.exists():
        raise _taken(output)
    answers = _answers(options.answers) if options.answers else {}
    warned = workbench.jobs.wizards.warnings(options.plugin, options.wizard, answers, output.parent)
    for each in warned:  # first: where the job can't be made they often say why
        console.warning(each)
    text = workbench.jobs.build_wizard(options.plugin, options.wizard, answers, output.parent)
    _write(output, text)
    if options.json:
        made = {"file": str(output), "plugin": options.plugin, "wizard": options.wizard, "warnings": list(warned)}
        console.document(made)
    else:
        print(output)
    return 0


def _write(output: Path, text: str) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise _taken(output) from error
    except OSError as error:
        raise UserError(f"{output} can't be written: {error.strerror}.") from error


def _taken(output: Path) -> UserError:
    return UserError(f"{output} exists already.", hint="Give another file; nothing was written.")


def _answers(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{path} is no JSON: {error}.") from error
    if not isinstance(data, dict):
        raise UserError(f"{path} must hold an object with an answer per question.")
    return data


def _list(workbench: Workbench, as_json: bool) -> int:
    context = workbench.jobs.wizard_context(Path.cwd(), {})
    wizards = [_shape(info, wizard, context) for info, wizard in workbench.plugins.wizards()]
    if as_json:
        console.document({"wizards": wizards})
        return 0
    for each in wizards:
        print(f"{each['plugin']} {each['wizard']}: {each['title']}. {each['summary']}")
        console.table(("  QUESTION", "KIND", "DEFAULT", "ASKS FOR"), [_row(field) for field in each["questions"]])
    return 0


def _row(field: Mapping[str, Any]) -> tuple[str, str, str, str]:
    default = f"{json.dumps(field['default'], ensure_ascii=False)} {field['suffix']}".rstrip()
    return (f"  {field['name']}", field["kind"], default, field["title"])


def _shape(info: PluginInfo, wizard: JobWizard, context: WizardContext) -> dict[str, Any]:
    steps = wizard.steps({}, context)
    return {
        "plugin": info.id,
        "wizard": wizard.name,
        "title": wizard.title,
        "summary": wizard.summary,
        "questions": [{"step": step.name, **_question(each)} for step in steps for each in step.form.fields],
    }


def _question(field: Field) -> dict[str, Any]:
    data: dict[str, Any] = to_json(field)
    return data
