"""What the system must bring on Linux: Qt's libraries, looked for by loading them; installed where that is allowed."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.say import SetupError, line

# Debian's package for each library. Source: Qt 6.11 on Debian 12, tried in 2026-11; the xcb part is for X11 displays.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb-util.so.1": "libxcb-util1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
# What builds Horovod, and starts its ranks. Source: Debian 12, 2026-11.
PROGRAMS = {
    "cmake": ("cmake",),
    "c++": ("g++",),
    "make": ("make",),
    "mpicxx": ("libopenmpi-dev", "openmpi-bin"),
    "mpirun": ("openmpi-bin",),
}
PIP = "pip for new environments"
FONTS = Path("/usr/share/fonts")


def ensure(*, with_xvfb: bool, needed: bool) -> None:
    """Make sure that the libraries are there; install them as root on Debian and Ubuntu.

    Elsewhere, raise SetupError with what to do if they are `needed` now, else only say it.
    """
    if not sys.platform.startswith("linux"):
        return
    lacking = missing(with_xvfb=with_xvfb)
    if not lacking:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        _apt_install(list(lacking.values()))
    elif needed or PIP in lacking:
        raise SetupError(advice(lacking))
    else:
        line(f"note: {advice(lacking)}")


def ensure_programs() -> bool:
    """Make sure that what builds and starts MPI programs is there, as root on Debian and Ubuntu; else say what to do.

    Returns whether it is there: without it some toolchains can't be made, and their tests are left out.
    """
    lacking = {name: packages for name, packages in PROGRAMS.items() if not shutil.which(name)}
    packages = list(dict.fromkeys(each for names in lacking.values() for each in names))
    if lacking and sys.platform.startswith("linux") and shutil.which("apt-get") and os.geteuid() == 0:
        _apt_install(packages)
        return True
    if lacking:
        names = packages if shutil.which("apt-get") else list(lacking)
        line(f"note: {advice({each: each for each in names})}")
        line("      Until then what is built with them is left out, and its tests are skipped.")
    return not lacking


def missing(*, with_xvfb: bool) -> dict[str, str]:
    """Return what is not there, with Debian's package for it."""
    lacking = {name: package for name, package in LIBRARIES.items() if not _loads(name)}
    if not any(FONTS.glob("**/*.[to]tf")):
        lacking["a font"] = "fonts-dejavu-core"
    # Debian keeps it in a package of its own.
    if importlib.util.find_spec("ensurepip") is None:
        lacking[PIP] = f"python3.{sys.version_info[1]}-venv"
    if with_xvfb and not shutil.which("Xvfb"):
        lacking["Xvfb"] = "xvfb"
    return lacking


def advice(lacking: Mapping[str, str]) -> str:
    """Return the exact command where it is known, else the names of what is missing."""
    if shutil.which("apt-get"):
        return f"System packages are missing; install them so: sudo apt-get install -y {' '.join(lacking.values())}"
    return f"Install the packages of your distribution that provide: {', '.join(lacking)}"


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _apt_install(packages: Sequence[str]) -> None:
    line(f"System packages: {' '.join(packages)} …")
    if _apt("install", "-y", "--no-install-recommends", *packages):
        return
    # A fresh container has no package lists, and old lists name files that are gone.
    if _apt("update") and _apt("install", "-y", "--no-install-recommends", *packages):
        return
    raise SetupError(f"apt-get could not install them; try it yourself: apt-get install {' '.join(packages)}")


def _apt(*words: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", "-q", *words], env=environment, capture_output=True, text=True, check=False)
    return done.returncode == 0
