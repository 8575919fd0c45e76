"""Whether a window can be shown: found out before Qt is started, which ends the process where it can't."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from pathlib import Path

_PATIENCE = 2.0
"""Seconds for a display on another machine to answer."""
_LOCAL = Path("/tmp/.X11-unix")  # noqa: S108 - where X servers listen, by convention
_DISPLAY = re.compile(r"(?:(?P<host>[^/]*)/)?(?P<name>.*):(?P<number>\d+)(?:\.\d+)?")


def display_trouble() -> str:
    """Return why no window can be shown here; empty where one can. Always empty on Windows and macOS."""
    if sys.platform in ("win32", "darwin"):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if platform and not platform.startswith(("xcb", "wayland")):
        return ""  # offscreen, vnc and the like need no display
    asked = {"xcb": (_x11,), "wayland": (_wayland,)}.get(platform[:7], (_wayland, _x11))
    troubles = [each() for each in asked]
    return "" if "" in troubles else next((each for each in troubles if " is not set" not in each), troubles[-1])


def _wayland() -> str:
    name = os.environ.get("WAYLAND_DISPLAY", "")
    if not name:
        return "WAYLAND_DISPLAY is not set"
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name)
    return "" if _answers(str(path)) else f"nothing answers at WAYLAND_DISPLAY={name}"


def _x11() -> str:
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "DISPLAY is not set"
    parts = _DISPLAY.fullmatch(display)
    if parts is None:
        return f"DISPLAY={display} names none"
    if not _is_heard(parts["name"], int(parts["number"])):
        return f"nothing answers at DISPLAY={display}"
    return "" if _lets_in(display) else f"DISPLAY={display} refuses this program"


def _is_heard(host: str, number: int) -> bool:
    if host not in ("", "unix"):
        return _answers((host.strip("[]"), 6000 + number))
    path = str(_LOCAL / f"X{number}")
    return _answers(path) or _answers(f"\0{path}")


def _answers(address: str | tuple[str, int]) -> bool:
    """Whether somebody takes a connection, at a path or at a host and port."""
    try:
        if not isinstance(address, str):
            socket.create_connection(address, _PATIENCE).close()
            return True
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(address)
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _lets_in(display: str) -> bool:
    """Greet the X server as Qt will, with the person's key; without the library for it Qt says what is missing."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused
