"""Paths into a file, as text: one below another."""

from __future__ import annotations

from desktop_app.api import UserError
from desktop_app.core.paths import Part, join_path, split_path


def parts_of(path: str) -> tuple[Part, ...]:
    """Return a path's parts; the empty path is the whole file."""
    return split_path(path) if path else ()


def below(path: str, part: Part) -> str:
    """Return the path of a key or position below another path."""
    last = join_path((part,))
    return f"{path}{'.' if path and isinstance(part, str) else ''}{last}"


def starts_with(path: str, start: str) -> bool:
    """Whether a path is another one or lies below it."""
    if not start or path == start:
        return True
    return path.startswith(start) and path[len(start)] in ".["


def is_path(path: str) -> bool:
    """Whether a text is a path at all."""
    try:
        parts_of(path)
    except UserError:
        return False
    return True
