"""Ordinary mistakes in files: each is named at its very place, in one sentence, and a file in order has none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Job, Severity, Value
from desktop_app.documents.checks import check_text
from desktop_app.documents.edits import set_values
from desktop_app.documents.yaml_text import parse
from desktop_app.services.catalogues import facts
from tests.corpora.faults import ENVIRONMENT_LINE, FAULTS, SECRET, TOKEN, Fault
from tests.corpora.faults_of_values import MORE_FAULTS, MORE_FILES
from tests.corpora.good_files import COMPUTE, JOB
from tests.corpora.good_files import FILES as ONE_OF_EACH

FILES = ONE_OF_EACH | MORE_FILES
ALL = (*FAULTS, *MORE_FAULTS)
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "corpora" / "faults.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a file of each kind, all in order."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print()\n")
    return tmp_path


def _no_plugins(_job: Job) -> Sequence[Diagnostic]:
    return ()


def _found(path: Path, text: str) -> tuple[Diagnostic, ...]:
    return check_text(path, text, _no_plugins, facts()).diagnostics


def _grave(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [each for each in found if each.severity is not Severity.INFO]


def _at(found: Diagnostic, text: str) -> str:
    """Return the words that a finding points at."""
    lines = text.splitlines()
    assert found.line
    assert found.column
    assert found.end_line == found.line
    assert found.end_column
    return lines[found.line - 1][found.column - 1 : found.end_column - 1]


def _is_one_sentence(message: str) -> bool:
    return "\n" not in message and message.endswith((".", "?")) and len(message) <= 500


@pytest.mark.parametrize("name", FILES)
def test_files_in_order_have_no_findings(folder: Path, name: str) -> None:
    assert _grave(_found(folder / name, FILES[name])) == []


def test_a_job_that_asks_for_more_than_its_folders_compute_has(folder: Path) -> None:
    (folder / "compute.yml").write_text(COMPUTE.replace("NC64as_T4_v3", "NC24ads_A100_v4"), "utf-8")
    (found,) = _found(folder / "job.yml", JOB)
    assert (found.code, found.severity) == ("more-processes-than-gpus", Severity.WARNING)
    assert "1 GPU" in found.message


@pytest.mark.parametrize("fault", ALL, ids=lambda each: f"{each.file}: {each.code}: {each.at[:40]}")
def test_a_fault_is_named_at_its_place_in_one_sentence(folder: Path, fault: Fault) -> None:
    good = FILES[fault.file]
    assert good.count(fault.old) >= 1
    text = good.replace(fault.old, fault.new, 1)
    found = [each for each in _grave(_found(folder / fault.file, text)) if each.code == fault.code]
    assert found, _found(folder / fault.file, text)
    assert _at(found[0], text) == fault.at
    assert all(_is_one_sentence(each.message) for each in found)


@pytest.mark.parametrize("fault", ALL, ids=lambda each: f"{each.file}: {each.code}: {each.at[:40]}")
def test_a_fix_leaves_the_file_without_the_finding(folder: Path, fault: Fault) -> None:
    text = FILES[fault.file].replace(fault.old, fault.new, 1)
    if fault.file == ".amlignore":
        pytest.skip("no fixes in files that are no YAML")
    for found in _found(folder / fault.file, text):
        if found.fix is None:
            continue
        after = set_values(text, found.fix.set, found.fix.unset)
        left = [(each.code, each.path) for each in _found(folder / fault.file, after)]
        assert (found.code, found.path) not in left or found.code == "undefined-placeholder", after


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 60 + 32 + 80
    assert len({(each.file, each.old, each.new) for each in ALL}) == len(ALL)


@pytest.mark.parametrize("fault", [each for each in ALL if each.code == "secret"], ids=lambda each: each.at[:12])
def test_a_secret_is_never_said(folder: Path, fault: Fault) -> None:
    text = FILES[fault.file].replace(fault.old, fault.new, 1)
    for found in _found(folder / fault.file, text):
        assert SECRET not in found.message
        assert TOKEN not in found.message
        assert "Ab1/Ab1/" not in found.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("${{inputs.epochs}}", "${{ inputs.epochs }}"),
        ("--epochs ${{inputs.epochs}}", "$[[--epochs ${{inputs.epochs}}]]"),
        ("--epochs ${{inputs.epochs}}", "--name '{epochs}' --all ${EPOCHS} $(date)"),
        ("type: pytorch", "type: PyTorch"),
        ("shm_size: 8g", "shm_size: 512M"),
        (ENVIRONMENT_LINE, "environment: azureml:mine@latest"),
        (ENVIRONMENT_LINE, "environment: azureml:/subscriptions/x/resourceGroups/y/environments/z"),
        ("mode: ro_mount", "mode: download"),
        ("compute: azureml:gpu-cluster", "compute: local"),
        ("tags:", "environment_variables: {TOKENIZERS_PARALLELISM: 'false', MAXTOKENS: '100'}\ntags:"),
        ("tags:", "environment_variables: {API_KEY: '${{inputs.epochs}}', DB_PASSWORD: <secret>}\ntags:"),
        ("tags:", "x-note: mine\ntags:"),
    ],
)
def test_what_is_legal_is_left_alone(folder: Path, old: str, new: str) -> None:
    text = JOB.replace(old, new, 1)
    assert text != JOB
    found = [each for each in _grave(_found(folder / "job.yml", text)) if not (new.startswith("x-") or "x-note" in new)]
    assert found == []


def _shared_faults() -> list[tuple[str, dict[str, Value]]]:
    """Return the written-down list of faults as the values that each sets; nothing where it is not at hand."""
    if not SHARED.is_file():
        return []
    rows = re.finditer(r"^\| \d+ \| (.*?): `(?:(\w+): )?set\((.*)\)` \|", SHARED.read_text("utf-8"), re.MULTILINE)
    return [(row[1], _sets(row[2] or "", row[3])) for row in rows]


def _sets(group: str, written: str) -> dict[str, Value]:
    call = ast.parse(f"f({written})", mode="eval").body
    assert isinstance(call, ast.Call)
    prefix = f"{group}." if group else ""
    return {f"{prefix}{each.arg}": eval(ast.unparse(each.value), {}) for each in call.keywords}  # literals


@pytest.mark.skipif(not SHARED.is_file(), reason="the list of faults is not at hand")
def test_the_list_of_faults_is_whole() -> None:
    assert len(_shared_faults()) == 32


@pytest.mark.parametrize(("name", "sets"), _shared_faults())
def test_each_fault_of_the_list_is_named_at_its_line(tmp_path: Path, name: str, sets: dict[str, Value]) -> None:
    base = re.search(r"```yaml\n(.*?)```", SHARED.read_text("utf-8"), re.DOTALL)
    assert base
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print()\n")
    path = tmp_path / "job.yml"
    assert _grave(_found(path, base[1])) == []
    text = set_values(base[1], sets)
    extent = parse(text).extent(next(iter(sets)))
    assert extent is not None
    first, last = text.count("\n", 0, extent.start) + 1, text.count("\n", 0, extent.end) + 1
    here = [each for each in _grave(_found(path, text)) if each.line and first - 1 <= each.line <= last]
    assert here, name
    assert all(_is_one_sentence(each.message) for each in here)


_FREE = frozenset(
    {
        "batch",
        "table",
        "speed",
        "seed",
        "epochs",
        "data",
        "model",
        "team",
        "prepare",
        "train",
        "raw",
        "clean",
        "lr",
        "blue",
        "$schema",
    }
)
"""Keys that a person chose, and the one that tells the kind."""
_KEY = re.compile(r'^(?P<before>\s*(?:- )?"?)(?P<key>[a-z_]{3,})(?P<after>"?\s*:)(?=\s|$)')


def _misspelt() -> Iterator[tuple[str, int, str]]:
    """Yield each good file with one key misspelt, and the line of it: a letter too few, too many or swapped."""
    for name, text in FILES.items():
        lines = text.splitlines()
        for number, line in enumerate(lines):
            found = _KEY.match(line)
            if found is None or found["key"] in _FREE or name == ".amlignore":
                continue
            key = found["key"]
            for wrong in (key[:-1], f"{key}s", key[0] + key[2] + key[1] + key[3:]):
                if wrong not in {key, "pi"}:
                    changed = f"{found['before']}{wrong}{found['after']}{line[found.end() :]}"
                    yield name, number + 1, "\n".join([*lines[:number], changed, *lines[number + 1 :], ""])


def test_every_key_of_every_kind_may_be_misspelt(folder: Path) -> None:
    missed = []
    for name, line, text in _misspelt():
        said = [each for each in _grave(_found(folder / name, text)) if each.line == line]
        if not said:
            missed.append((name, line, text.splitlines()[line - 1]))
    assert missed == []
