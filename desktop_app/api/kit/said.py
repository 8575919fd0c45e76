"""Short forms for the three severities of a diagnostic."""

from __future__ import annotations

from desktop_app.api.diagnostics import Diagnostic, Fix, Severity


def error(code: str, message: str, path: str = "", line: int | None = None, fix: Fix | None = None) -> Diagnostic:
    """Return a finding that keeps a page from being left, or a job from starting."""
    return Diagnostic(Severity.ERROR, code, message, path, line, fix=fix)


def warning(code: str, message: str, path: str = "", line: int | None = None, fix: Fix | None = None) -> Diagnostic:
    """Return a finding that is likely a mistake."""
    return Diagnostic(Severity.WARNING, code, message, path, line, fix=fix)


def info(code: str, message: str, path: str = "", line: int | None = None, fix: Fix | None = None) -> Diagnostic:
    """Return a finding that is worth knowing."""
    return Diagnostic(Severity.INFO, code, message, path, line, fix=fix)
