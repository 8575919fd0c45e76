"""What is told of an upload: how many files and bytes, and once the pace is known how long it will still take."""

from __future__ import annotations

import pytest

from desktop_app.backends.azureml.gateway import sdk_progress
from desktop_app.backends.azureml.gateway.sdk_progress import Bar


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float | None]]:
    said: list[tuple[str, float | None]] = []
    monkeypatch.setattr(sdk_progress, "report", lambda message, part=None: said.append((message, part)))
    return said


def test_the_time_that_is_left_follows_from_the_pace(
    told: list[tuple[str, float | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    bar = Bar(999, "Uploading code")
    for now, words in [
        (1.0, "· 100 of 999 bytes"), (20.0, "· 200 of 999 bytes · about 1 minute left"),
        (100.0, "· 300 of 999 bytes · about 4 minutes left"),
    ]:  # fmt: skip
        clock[0] = now
        bar.update(100)
        assert told[-1][0].endswith(words)
    bar.update(690)
    clock[0] = 200.0
    bar.update(4)
    assert told[-1][0] == "Uploading code · 5 files · 994 of 999 bytes · less than a minute left"
    clock[0] = 201.0
    bar.update(5)
    assert told[-1] == ("Uploading code · 6 files · 999 of 999 bytes", 1.0)
