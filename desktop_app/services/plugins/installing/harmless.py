"""Texts of others, as they may be shown: one line, nothing unseen in it, and no longer than it may be."""

from __future__ import annotations

from desktop_app.api._plugins.manifest_values import unseen


def harmless(text: str, most: int = 500) -> str:
    """Return a text without what can't be seen or turns round what stands there, on one line."""
    line = " ".join("".join(" " if each.isspace() else "" if unseen(each) else each for each in text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
