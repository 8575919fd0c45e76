"""Sign-in as Microsoft Entra ID does it: discovery, client credentials, device code, browser, refresh; short tokens."""

from __future__ import annotations

from tests.emulator.routing import Routes


def routes() -> Routes:
    """Return what login.microsoftonline.com answers."""
    return Routes()
