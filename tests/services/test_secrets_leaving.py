"""What is found out about a failure is made to be pasted: no way out of the program lets a secret through."""

from __future__ import annotations

import dataclasses
import json
import typing
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import Explanation, Fix, RunStatus
from desktop_app.backends.local.reading import RunReader
from desktop_app.cli.dispatch import run_verb
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.redact import COVER
from desktop_app.places import Places
from desktop_app.presenters.run_failure import failure_of
from desktop_app.presenters.shell import notice_for
from desktop_app.services.bundle_json import covered_json
from desktop_app.services.diagnosing.covering import covered, own_sentences
from desktop_app.services.diagnosing.runs import diagnose_run
from desktop_app.services.redaction import Redactor
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts
from tests.helpers.run_folders import FolderOfRun, fail, make_run

VALUE = "plain-words-of-a-value"
"""No form tells that this is secret: the run's variables do."""
SECRETS = ("lovelace", "c2lnbmF0dXJl", "hf_abcdefghijklmnopqrstuvwxyz0123", VALUE)
SAID = (
    "RuntimeError: GET https://ada:lovelace@host.example/x?sv=1&sig=c2lnbmF0dXJl failed, "
    f"HF_TOKEN={SECRETS[2]}, {VALUE}"
)


@pytest.fixture
def make_host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


@pytest.fixture
def broken(places: Places) -> FolderOfRun:
    """A run that failed on a line full of secrets, one of which only its variables give away."""
    made = fail(make_run(places.runs, "r-20261121-7f3k", RunStatus.FAILED), 1)
    plan = json.loads((made.path / "plan.json").read_text())
    plan["job"]["environment_variables"] = {"MY_SECRET": VALUE}
    (made.path / "plan.json").write_text(json.dumps(plan))
    made.log(1).write_bytes(b"")
    text = 'Traceback (most recent call last):\n  File "train.py", line 1, in <module>\n    main()\n'
    made.append(1, f"{text}{SAID}\n".encode(), 2.0)
    assert made.snapshot.first_failure is not None
    made.write_state(replace(made.snapshot, first_failure=replace(made.snapshot.first_failure, text=SAID)))
    return made


def assert_covered(text: str) -> None:
    assert [each for each in SECRETS if each in text] == []
    assert COVER in text
    assert "host.example" in text, "what is no secret stays"


@pytest.mark.parametrize("verb", ["diagnose", "show"])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_of_a_run(
    broken: FolderOfRun, places: Places, verb: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run_verb("runs", "runs", [verb, broken.snapshot.run, "--home", str(places.home), *options])
    assert_covered(capsys.readouterr().out)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_of_logs(broken: FolderOfRun, places: Places, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = broken.log(1)
    path.write_text(path.read_text().replace(VALUE, "x"))  # without its run nothing tells that one
    assert run_verb("diagnose", "diagnose", [str(path), "--home", str(places.home), *options]) == 0
    assert_covered(capsys.readouterr().out)


async def test_of_the_card_and_its_copy(broken: FolderOfRun, places: Places, make_host: MakeHost) -> None:
    run = RunReader(places.runs).read([broken.snapshot.handle])[broken.snapshot.handle]
    known = await diagnose_run(make_host(), run)
    for view in (failure_of(run, "", known), failure_of(run)):
        assert view is not None
        assert_covered(view.spoken)
    assert known.cause is known.all[0]
    assert known.place is not None


def test_of_what_is_announced(broken: FolderOfRun, places: Places) -> None:
    broken.write_state(replace(broken.snapshot, reason=f"Rank 1 could not be started: {SAID}"))
    run = RunReader(places.runs).read([broken.snapshot.handle])[broken.snapshot.handle]
    assert_covered(notice_for(run).text)


def test_of_a_bundle(broken: FolderOfRun, places: Places, tmp_path: Path) -> None:
    target = tmp_path / "b.zip"
    arguments = ["bundle", broken.snapshot.run, "--home", str(places.home), "--output", str(target)]
    assert run_verb("runs", "runs", arguments) == 0
    with zipfile.ZipFile(target) as archive:
        assert_covered("\n".join(archive.read(each).decode("utf-8", "replace") for each in archive.namelist()))
        assert_covered(archive.read("diagnosis.json").decode())


def test_the_log_itself_stays_as_it_is(broken: FolderOfRun, places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["logs", broken.snapshot.run, "--rank", "1", "--home", str(places.home)]
    assert run_verb("runs", "runs", arguments) == 0
    assert SAID in capsys.readouterr().out


def test_every_text_of_a_diagnosis_is_covered_whatever_fields_there_are() -> None:
    secret = "https://ada:lovelace@host.example/"
    known = filled(Diagnosis, secret)
    assert "lovelace" in repr(known)
    told = covered(known, Redactor())
    assert "lovelace" not in repr(told)
    assert told.steps == known.steps, "a change of the job file is no text"


OWN = "For log-ins give a token as a secret: HF_TOKEN, WANDB_API_KEY."


def test_a_sentence_of_the_program_that_names_variables_for_secrets_stays_readable() -> None:
    assert Redactor()(OWN) != OWN, "as a line of a log it is covered"
    told = covered(Diagnosis(all=(Explanation("asks", OWN, (OWN,)),)), Redactor())
    assert (told.all[0].cause, told.all[0].advice) == (OWN, (OWN,))


def test_in_a_bundle_such_a_sentence_is_neither_covered_nor_counted() -> None:
    redactor = Redactor()
    text = json.dumps({"explanations": [{"advice": [OWN, "token=abcdef123456"], "line": f"{OWN} x"}]})
    (told,) = json.loads(covered_json(text, redactor))["explanations"]
    assert told["advice"] == [OWN, f"token={COVER}"]
    assert told["line"] == f"{Redactor()(OWN)} x", "a line of a log is no sentence of the program"
    assert redactor.told() == "tokens and passwords (2 ×)"


@pytest.mark.parametrize("text", [f"{OWN} hunter22", OWN.replace("HF_TOKEN", "hunter22"), f"token: hunter22 {OWN}"])
def test_what_is_not_that_sentence_word_for_word_is_covered(text: str) -> None:
    told = covered(Diagnosis(all=(Explanation("asks", text, (text,), line=text),)), Redactor({"hunter22"}))
    assert "hunter22" not in repr(told)


def test_a_sentence_that_a_log_fills_is_none_of_the_programs_own() -> None:
    holes = [each for each in own_sentences() if "{" in each]
    assert (holes, OWN in own_sentences()) == ([], True)


def filled(kind: Any, text: str) -> Any:
    """Return a value of this type with the text in every place that may have one."""
    if kind is str:
        return text
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind is not Fix:
        hints = typing.get_type_hints(kind)
        return kind(**{each.name: filled(hints[each.name], text) for each in dataclasses.fields(kind)})
    arguments = [each for each in typing.get_args(kind) if each not in (type(None), ...)]
    if typing.get_origin(kind) is tuple:
        return (filled(arguments[0], text),)
    return filled(arguments[0], text) if arguments else next(iter(kind)) if issubclass(kind, Enum) else PLAIN.get(kind)


PLAIN = {
    int: 1,
    float: 0.5,
    bool: True,
    datetime: datetime(2026, 11, 22, tzinfo=UTC),
    Fix: Fix("Run again", {"a": "b"}),
}
