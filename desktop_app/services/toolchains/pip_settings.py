"""What the person set for pip, said to uv, which does not read pip's configuration.

Where packages come from is this machine's affair: indexes, folders of wheels, proxies and certificates that work
for pip work here. What the person set for uv itself goes before.
Source: pip, "Configuration"; uv, "Environment variables" (both read 2026-11).
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import platformdirs

_SECTIONS = ("global", "install")  # the later goes before, as in `pip install`
_TO_UV = {
    "find-links": ("UV_FIND_LINKS", ","),
    "index-url": ("UV_DEFAULT_INDEX", ""),
    "extra-index-url": ("UV_EXTRA_INDEX_URL", " "),
    "no-index": ("UV_NO_INDEX", ""),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", ""),
    "default-timeout": ("UV_HTTP_TIMEOUT", ""),
    "cert": ("SSL_CERT_FILE", ""),
    "proxy": ("ALL_PROXY", ""),
}
_OTHER_NAMES = {
    "UV_DEFAULT_INDEX": ("UV_INDEX_URL",),
    "UV_EXTRA_INDEX_URL": ("UV_INDEX",),
    "ALL_PROXY": ("HTTPS_PROXY", "https_proxy", "all_proxy"),
}
_OFF = {"", "0", "false", "no", "off"}


def uv_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `environ` with what is set for pip as variables of uv."""
    made = dict(environ)
    for key, value in pip_settings(environ).items():
        name, separator = _TO_UV.get(key, ("", ""))
        words = value.split()
        if not name or not words or _is_set(name, environ) or (key == "no-index" and value.lower() in _OFF):
            continue
        made[name] = separator.join(words) if separator else words[0]
    if made.get("UV_EXTRA_INDEX_URL") and "UV_INDEX_STRATEGY" not in environ:
        made["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip's own way: the best version of all indexes
    return made


def pip_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return pip's settings by their long option's name; variables go before files, later files before earlier."""
    found: dict[str, str] = {}
    for path in _files(environ):
        found.update(_read(path))
    for key, value in environ.items():
        if key.upper().startswith("PIP_") and value:
            found[key[4:].lower().replace("_", "-")] = value
    return found


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield from (Path(each, "pip", name) for each in reversed(_site_folders(environ)))
    if sys.platform != "win32":
        yield Path("/etc", name)
    yield Path.home() / ("pip" if sys.platform == "win32" else ".pip") / name
    yield Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True), name)
    yield Path(sys.prefix, name)
    if named:
        yield Path(named)


def _site_folders(environ: Mapping[str, str]) -> list[str]:
    if sys.platform == "win32":
        return [environ.get("PROGRAMDATA", "C:\\ProgramData")]
    if sys.platform == "darwin":
        return ["/Library/Application Support"]
    return [each for each in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if each]


def _read(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    settings = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            settings.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    return settings


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    return any(each in environ for each in (name, *_OTHER_NAMES.get(name, ())))
