"""`rankzero diagnose` and what it prints: the cause first, where its line stands, what to try, what to run next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.api import Explanation, Fix
from desktop_app.cli.dispatch import run_verb
from desktop_app.cli.explained import diagnosis_lines, diagnosis_shape
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part, Verdict

RAISED = 'Traceback (most recent call last):\n  File "train.py", line 81, in <module>\nKeyError: 17\n'


def said(home: Path, *arguments: str) -> int:
    return run_verb("diagnose", "diagnose", ["--home", str(home), *arguments])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "rank0.log").write_text("step 1\nRuntimeError: Connection closed by peer [10.0.0.4]:4187\n")
    (folder / "rank1.log").write_text(f"step 1\n{RAISED}")
    return folder


def test_the_document_has_the_shape_of_the_contract(
    tmp_path: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(tmp_path / "home", str(logs), "--json") == 0
    data = json.loads(capsys.readouterr().out)
    cause = data["root_cause"]
    assert (cause["rank"], cause["file"], cause["line"], cause["text"]) == (1, "rank1.log", 4, "KeyError: 17")
    assert (cause["category"], data["verdict"]) == ("user-exception", "cause")
    assert 0 < cause["confidence"] < 1
    assert cause["explanation"]
    assert cause["advice"]
    assert data["code"] == {"file": "train.py", "line": 81, "text": None}
    (echo,) = data["echoes"]
    assert (echo["rank"], echo["file"], echo["line"]) == (0, "rank0.log", 2)
    assert echo["text"].startswith("RuntimeError: Connection closed")
    assert [(each["rank"], each["part"]) for each in data["falls"]] == [(1, "cause"), (0, "echo")]
    assert all(data["knowledge"].values())


def test_for_a_person_the_cause_comes_first(tmp_path: Path, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(tmp_path / "home", str(logs)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Cause       ")
    assert lines[0].endswith("(rank 1)")
    assert lines[1:4] == ["Line        KeyError: 17", "In          rank1.log:4", "Code        train.py:81"]
    assert "Fell        rank 1: the cause" in lines


def test_the_line_of_code_is_shown_with_its_text_and_no_secret(
    tmp_path: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"model = load(name, api_key='sk-{'a1b2' * 10}')  {'# long ' * 60}"
    shown = RAISED.replace("<module>\n", f"<module>\n    {line}\n            ~~~~^^^^^^\n")
    (logs / "rank1.log").write_text(shown)
    assert said(tmp_path / "home", str(logs)) == 0
    (code,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith("Code ")]
    assert code.startswith("Code        train.py:81   model = load(name, api_key=")
    assert "a1b2" not in code
    assert code.endswith(" …")
    assert len(code) < 260


@pytest.mark.parametrize("made", ["", "empty"])
def test_no_such_path_and_nothing_to_read_are_refused(
    made: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if made:
        (tmp_path / made).mkdir()
        (tmp_path / made / "rank0.log").touch()
    assert said(tmp_path / "home", str(tmp_path / (made or "none"))) == 1
    error = capsys.readouterr().err
    assert ("rank0.log is empty." in error) if made else ("There is no " in error)


def test_a_run_that_is_given_as_logs_is_sent_to_the_verb_for_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(tmp_path / "home", "digits-7f3a") == 1
    assert "If it is a run: rankzero runs diagnose digits-7f3a" in capsys.readouterr().err
    assert said(tmp_path / "home", str(tmp_path / "rank0.log")) == 1
    assert "If it is a run" not in capsys.readouterr().err


def test_logs_that_are_given_as_a_run_are_sent_to_the_verb_for_logs(
    tmp_path: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(tmp_path / "home")
    assert run_verb("runs", "runs", ["diagnose", str(logs), "--home", home]) == 1
    assert f"rankzero diagnose {logs} reads logs" in " ".join(capsys.readouterr().err.split())
    assert run_verb("runs", "runs", ["diagnose", str(logs / "none"), "--home", home]) == 1
    assert "reads logs" not in capsys.readouterr().err


def test_symptoms_alone_have_no_root_cause_and_name_the_next_run() -> None:
    rerun = Fix("Run again with NCCL_DEBUG=INFO", {"environment_variables.NCCL_DEBUG": "INFO"})
    symptom = Explanation("late", "It waited in vain.", ("Look.",), 0, "Watchdog", is_symptom=True, rerun=rerun)
    known = judged([symptom], None, {})
    shape = diagnosis_shape(known)
    assert (shape["root_cause"], shape["verdict"]) == (None, "symptoms-only")
    assert [each["text"] for each in shape["symptoms"]] == ["Watchdog"]
    assert shape["next_steps"][0]["set"] == {"environment_variables.NCCL_DEBUG": "INFO"}
    lines = list(diagnosis_lines(known))
    assert lines[0] == ("Cause", "It is not in these logs: they hold only what followed from it.")
    assert ("Try", "Look.") in lines
    again = "rankzero run JOB.yml --set environment_variables.NCCL_DEBUG=INFO"
    assert lines[-1] == ("Next", f"Run again with NCCL_DEBUG=INFO: {again}")


def test_a_rank_that_ended_without_a_word_is_named_where_others_hold_only_echoes(
    tmp_path: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "rank1.log").write_text("step 1\nstep 2\n")
    assert said(tmp_path / "home", str(logs)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "Cause       Rank 1 ended, and its log does not say why: it was killed, or done before the others.",
        "Last        step 2   (the last that rank 1 wrote)",
        "Try         Ask for its exit code (0: done; 137 or -9: killed), and for the system's log (memory).",
    ]
    assert not any("holds the cause" in each for each in lines)
    assert lines[-2:] == [
        "Fell        rank 0: fell because another was gone", "Silent      rank 1: said nothing of a failure",
    ]  # fmt: skip
    (logs / "rank2.log").write_text("step 1\n")
    assert said(tmp_path / "home", str(logs)) == 0
    assert "does not say why" not in capsys.readouterr().out, "two are silent, and one alone tells of somebody gone"


def test_who_fell_is_said_of_one_and_of_several_and_who_did_not_fell_not() -> None:
    parts = (Part.CAUSE, Part.STOPPED, Part.STOPPED, Part.OWN, Part.OWN, Part.FINISHED, Part.SILENT)
    falls = tuple(Fall(rank, part, rank) for rank, part in enumerate(parts))
    assert list(diagnosis_lines(Diagnosis(Verdict.CAUSE, falls=falls))) == [
        ("Fell", "rank 0: the cause"),
        ("Stopped", "ranks 1, 2: were stopped"),
        ("Fell", "ranks 3, 4: fell with errors of their own"),
        ("Finished", "rank 5: had finished"),
        ("Silent", "rank 6: said nothing of a failure"),
    ]
    assert list(diagnosis_lines(Diagnosis(Verdict.CAUSE, falls=falls[5:]))) == [], "nobody fell"


def test_logs_without_any_failure_are_said_to_hold_none() -> None:
    assert list(diagnosis_lines(Diagnosis(missing=("a is empty.",)))) == [
        ("Cause", "Nothing in the logs speaks of a failure."),
        ("Missing", "a is empty."),
    ]
