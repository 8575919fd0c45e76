"""Times and sizes as the person's locale writes them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from desktop_app.core.words import size_text
from desktop_app.presenters.run_words import Ago, Past


def _tr(text: str) -> str:
    return QCoreApplication.translate("runs", text)


def local_now() -> datetime:
    """Return now, in the person's time zone."""
    return datetime.now().astimezone()


def clock_time(at: datetime, *, tenths: bool = False) -> str:
    """Return the time of day of a local time; with `tenths` in the form that logs have."""
    if tenths:
        return f"{at:%H:%M:%S}.{at.microsecond // 100_000}"
    return QLocale().toString(_qt(at).time(), QLocale.FormatType.ShortFormat)


def ago_words(ago: Ago) -> str:
    """Return `just now`, `2 min ago`, `today 06:12`, `yesterday 17:40` or a date."""
    if ago.past is Past.NOW:
        return _tr("just now")
    if ago.past is Past.MINUTES:
        return _tr("{} min ago").format(ago.minutes)
    time = clock_time(ago.at)
    if ago.past is Past.TODAY:
        return _tr("today {}").format(time)
    if ago.past is Past.YESTERDAY:
        return _tr("yesterday {}").format(time)
    return date_and_time(ago.at)


def date_and_time(at: datetime) -> str:
    """Return a local date and time in short; where no language is set, as 2026-11-21 12:18."""
    if QLocale().language() == QLocale.Language.C:
        return f"{at:%Y-%m-%d %H:%M}"
    return QLocale().toString(_qt(at), QLocale.FormatType.ShortFormat)


def moment(at: datetime) -> str:
    """Return a local date and time in full."""
    return QLocale().toString(_qt(at), QLocale.FormatType.LongFormat)


def size_words(size: int) -> str:
    """Return a number of bytes with its unit, as everywhere else."""
    return size_text(size)


def count_words(count: int) -> str:
    """Return a whole number with the locale's separators."""
    return QLocale().toString(count)


def _qt(at: datetime) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(int(at.timestamp() * 1000))
