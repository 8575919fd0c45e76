"""Tests of plugins ask nobody but whom they set up themselves, whatever pip and uv are set to on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from desktop_app.services.plugins.installing.changing.uv_target import environment
from desktop_app.services.plugins.installing.finding.index import Sources, sources
from tests.helpers.plugin_index import plugin_index


def test_no_index_and_no_folder_of_this_machine_is_asked() -> None:
    where = sources()
    assert (where.indexes, where.links) == ((), ())
    assert {key for key in environment(where) if key.startswith("UV_")} == {"UV_NO_INDEX"}


def test_an_index_of_the_test_is_asked_alone() -> None:
    with plugin_index() as index:
        assert sources(environ={**os.environ, **index.environment()}).indexes == (f"{index.url}/simple",)


def test_uv_asks_where_it_is_told_and_as_pip_is_set_to(tmp_path: Path) -> None:
    where = Sources(("https://a.example/simple", "https://b.example/simple"), (str(tmp_path / "x, y"), "https://c"))
    given = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "https://elsewhere.example",
        "PIP_CERT": "/cert.pem",
        "UV_INDEX": "https://elsewhere.example",
        "UV_TORCH_BACKEND": "cpu",
        "UV_NATIVE_TLS": "1",
        "PATH": "/bin",
    }
    slash = "/" if sys.platform == "win32" else ""
    house = f"file://{slash}{tmp_path.as_posix()}/x%2C%20y"
    made = environment(where, given)
    assert {key: each for key, each in made.items() if not key.startswith("PIP_")} == {
        "UV_DEFAULT_INDEX": "https://a.example/simple",
        "UV_EXTRA_INDEX_URL": "https://b.example/simple",
        "UV_FIND_LINKS": f"{house},https://c",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_NATIVE_TLS": "1",
        "SSL_CERT_FILE": "/cert.pem",
        "PATH": "/bin",
    }
