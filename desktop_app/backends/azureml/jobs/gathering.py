"""What goes along with a job: each folder and file that its text names, where its copy lies, the text that says so.

The copy is what azure-ai-ml is given: it makes of it the very upload that it would have made of the original.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import Diagnostic, PlannedFile, Severity, UserError, Value
from desktop_app.core.paths import join_path, split_path, value_at
from desktop_app.core.sweep_codec import is_sweep
from desktop_app.documents.edits import set_values
from desktop_app.documents.local_paths import is_there, local_path
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.upload import MOST_LOOKED_AT, plan_upload
from desktop_app.documents.upload_parts import UploadPart, is_local, upload_parts
from desktop_app.documents.yaml_text import parse

ENVIRONMENT = "environment/environment.yml"
_FOLDERS = {"code": "code", "data": "data", "Docker build folder": "build"}


@dataclass(slots=True)
class Gathered:
    """The copies to be made by their targets, the texts to be written, what a person is told of what goes up.

    `parts` are (what, given, bytes) of all that is uploaded, in the order of the file.
    """

    files: list[PlannedFile] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    parts: list[tuple[str, str, int]] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)


def gather(text: str, folder: Path) -> Gathered:
    """Return what the job in `text` takes along; its text, as it is to be sent, is `texts["job.yml"]`. Reads files."""
    found = Gathered()
    data = parse(text).data
    new: dict[str, Value] = {}
    for part in upload_parts("command", data, folder):
        new.update(_part(found, part, _target(part), ""))
    new.update(_environment(found, data, folder))
    found.texts["job.yml"] = set_values(text, new) if new else text
    return found


def _target(part: UploadPart) -> str:
    if part.what == "data":
        return f"data/{split_path(part.path)[-2]}"
    return _FOLDERS.get(part.what, "more")


def _part(found: Gathered, part: UploadPart, target: str, where: str) -> Mapping[str, Value]:
    """Take in a folder or file; return what the text says of it now, by dotted path."""
    at = where or part.path
    if not is_there(part.source):
        message = f"Write a place that is there at {at}: “{part.given}” is not."
        found.findings.append(Diagnostic(Severity.ERROR, "missing-path", message, at))
        return {}
    upload = plan_upload(part.source, of_component=part.of_component)
    unsaid = ("too-many-files",) if upload.is_whole else ("too-many-files", "snapshot-files", "snapshot-size")
    found.findings += [_placed(each, at) for each in upload.diagnostics if each.code not in unsaid]
    if not upload.is_whole:
        many = f"more than {MOST_LOOKED_AT:,} files and folders, too many to be sent"
        message = f"“{part.given}” holds {many}: leave some out in .amlignore, or give a folder below."
        found.findings.append(Diagnostic(Severity.ERROR, "too-many-files", message, at))
    if part.what == "code" and not upload.files:
        message = f"“{part.given}” holds no file that goes along: Azure ML takes no empty code folder."
        found.findings.append(Diagnostic(Severity.ERROR, "empty-code", message, at))
    found.files += [PlannedFile(each.source, f"{target}/{each.path}", each.size) for each in upload.files]
    found.parts.append((part.what, part.given, upload.bytes))
    is_one = part.source.is_file()
    return {part.path: f"./{target}/{part.source.name}" if is_one else f"./{target}"}


def _placed(finding: Diagnostic, path: str) -> Diagnostic:
    return Diagnostic(finding.severity, finding.code, finding.message, path)


def _environment(found: Gathered, data: Value, folder: Path) -> Mapping[str, Value]:
    """Take in the conda file of an environment, or the file that describes it."""
    base = ("trial",) if isinstance(data, dict) and is_sweep(data) else ()
    where = join_path((*base, "environment"))
    given = value_at(data, (*base, "environment"))
    if isinstance(given, str) and (path := _file_of(given)):
        return _environment_file(found, given, folder / local_path(path), where)
    conda = value_at(data, (*base, "environment", "conda_file"))
    if isinstance(conda, str) and is_local(conda):
        return _conda(found, f"{where}.conda_file", conda, folder, f"{where}.conda_file")
    return {}


def _file_of(given: str) -> str:
    """Return the local file that an environment's reference names, empty for a name in the workspace."""
    if given.startswith("azureml://"):
        return ""
    plain = given.removeprefix("azureml:").removeprefix("file:")
    is_named = plain.startswith((".", "/", "~")) or plain.lower().endswith((".yml", ".yaml"))
    return plain if is_named and is_local(plain) else ""


def _conda(found: Gathered, path: str, given: str, folder: Path, where: str) -> Mapping[str, Value]:
    source = folder / local_path(given.removeprefix("file:"))
    if not source.is_file():
        message = f"Write a file that is there at {where}: “{given}” is not."
        found.findings.append(Diagnostic(Severity.ERROR, "missing-path", message, where))
        return {}
    found.files.append(PlannedFile(str(source), "environment/conda.yml", source.stat().st_size))
    return {path: "./conda.yml" if path == "conda_file" else "./environment/conda.yml"}


def _environment_file(found: Gathered, given: str, path: Path, where: str) -> Mapping[str, Value]:
    """Take in a file that describes an environment, with what it names itself, from its own folder."""
    try:
        parsed = parse(TextFile.load(path).text)
        new: dict[str, Value] = {}
        for part in upload_parts("environment", parsed.data, path.parent):
            new.update(dict.fromkeys(_part(found, part, "build", where), "../build"))
        conda = value_at(parsed.data, ("conda_file",))
        if isinstance(conda, str) and is_local(conda):
            new.update(_conda(found, "conda_file", conda, path.parent, where))
        found.texts[ENVIRONMENT] = set_values(parsed.text, new) if new else parsed.text
    except UserError as error:
        found.findings.append(Diagnostic(Severity.ERROR, "missing-path", str(error), where))
        return {}
    prefix = "file:" if "file:" in given else ""
    return {where: f"{prefix}./{ENVIRONMENT}"}
