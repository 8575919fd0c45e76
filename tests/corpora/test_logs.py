"""Real failures, collected from public threads: the line that is the cause is named, and symptoms are called symptoms.

A shown line counts if it holds the true one, or the true one holds it, both cleaned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api.kit.log_lines import cleaned
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.places import Places
from desktop_app.services.diagnosing.foreign import diagnosed
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "logs"
CASES = sorted(path for path in CORPUS.glob("*.json") if path.name != "MANIFEST.json")

pytestmark = pytest.mark.skipif(not CASES, reason="the collected logs are not here")


@dataclass(frozen=True, slots=True)
class Case:
    """One failure: what its logs are, and what they should be diagnosed to."""

    name: str
    data: dict[str, Any]
    known: Diagnosis

    @property
    def is_stated(self) -> bool:
        """Whether the people there said what the cause was."""
        return str(self.data["cause_source"]).startswith("stated")

    @property
    def has_cause(self) -> bool:
        """Whether the logs hold the cause at all."""
        return self.data["root_cause_line"] is not None

    @property
    def is_right(self) -> bool:
        """Whether the cause's very line is shown, or the logs are said to hold symptoms only."""
        if not self.has_cause:
            return self.known.verdict is Verdict.SYMPTOMS_ONLY
        if self.known.cause is None:
            return False
        true, shown = _bare(self.data["root_cause_line"]), _bare(self.known.cause.line)
        return bool(shown) and (true in shown or (len(shown) > 12 and shown in true))

    @property
    def said(self) -> str:
        """What was said instead."""
        cause = self.known.cause
        return f"{self.name}: {self.known.verdict.value}: {f'{cause.code}: {cause.line}' if cause is not None else ''}"


def _bare(line: str) -> str:
    return " ".join(cleaned(line)[0].split())


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Case]]:
    places = Places(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cache"))
    host = PluginHost(places, Settings(places.settings))
    host.discover()
    yield [_case(host, path, tmp_path_factory.mktemp(path.stem)) for path in CASES]
    host.close()


def _case(host: PluginHost, path: Path, folder: Path) -> Case:
    data = json.loads(path.read_text("utf-8"))
    for name, text in data["logs"].items():
        (folder / f"{name}.log").write_text(text, "utf-8")
    return Case(path.stem, data, diagnosed(host, [folder]))


def test_of_stated_causes_nine_in_ten_are_named_by_their_line(cases: list[Case]) -> None:
    stated = [each for each in cases if each.is_stated and each.has_cause]
    wrong = [each.said for each in stated if not each.is_right]
    assert len(wrong) <= 0.1 * len(stated), "\n".join(wrong)


def test_of_all_cases_four_in_five_are_right(cases: list[Case]) -> None:
    wrong = [each.said for each in cases if not each.is_right]
    assert len(wrong) <= 0.2 * len(cases), "\n".join(wrong)


def test_every_case_of_symptoms_alone_is_called_so(cases: list[Case]) -> None:
    wrong = [each.said for each in cases if not each.has_cause and not each.is_right]
    assert not wrong, "\n".join(wrong)


def test_no_case_is_blamed_on_an_echo(cases: list[Case]) -> None:
    blamed = [each.said for each in cases if each.known.cause is not None and each.known.cause.is_echo]
    assert not blamed, "\n".join(blamed)
