"""What is set for pip reaches uv, wherever it is set; what is set for uv goes before."""

import os
import sys
from pathlib import Path

import pytest

from desktop_app.services.toolchains import uv as uv_runs
from desktop_app.services.toolchains.pip_settings import pip_settings, uv_environment

OFF = {"PIP_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize(
    ("pip", "uv"),
    [
        ({"PIP_FIND_LINKS": "/a /b"}, {"UV_FIND_LINKS": "/a,/b"}),
        ({"PIP_INDEX_URL": "file:///index"}, {"UV_DEFAULT_INDEX": "file:///index"}),
        (
            {"PIP_EXTRA_INDEX_URL": "file:///a\n  file:///b"},
            {"UV_EXTRA_INDEX_URL": "file:///a file:///b", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ({"PIP_NO_INDEX": "1"}, {"UV_NO_INDEX": "1"}),
        ({"PIP_NO_INDEX": "false"}, {}),
        ({"PIP_TRUSTED_HOST": "a.example b.example"}, {"UV_INSECURE_HOST": "a.example b.example"}),
        ({"PIP_CERT": "/cert.pem"}, {"SSL_CERT_FILE": "/cert.pem"}),
        ({"PIP_DEFAULT_TIMEOUT": "180"}, {"UV_HTTP_TIMEOUT": "180"}),
        ({"PIP_PROXY": "http://proxy.example:1"}, {"ALL_PROXY": "http://proxy.example:1"}),
        ({"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_FIND_LINKS": ""}, {}),
    ],
)
def test_a_variable_of_pip_becomes_one_of_uv(pip: dict[str, str], uv: dict[str, str]) -> None:
    given = {**OFF, **pip}
    assert uv_environment(given) == {**given, **uv}


@pytest.mark.parametrize(
    "own",
    [
        {"UV_DEFAULT_INDEX": "file:///uv"},
        {"UV_INDEX_URL": "file:///uv"},
        {"UV_FIND_LINKS": "/uv", "UV_INDEX": "file:///x", "UV_DEFAULT_INDEX": "", "HTTPS_PROXY": "x"},
    ],
)
def test_what_is_set_for_uv_goes_before(own: dict[str, str]) -> None:
    pip = {"PIP_INDEX_URL": "file:///pip", **({"PIP_FIND_LINKS": "/pip", "PIP_PROXY": "y"} if len(own) > 1 else {})}
    assert uv_environment({**OFF, **pip, **own}) == {**OFF, **pip, **own}


def test_the_strategy_of_ones_own_stays() -> None:
    given = {**OFF, "PIP_EXTRA_INDEX_URL": "file:///a", "UV_INDEX_STRATEGY": "first-index"}
    assert uv_environment(given)["UV_INDEX_STRATEGY"] == "first-index"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pip.conf"
    path.write_text(
        "[global]\nindex_url = file:///global\nfind-links =\n  /a\n  /b\n[install]\nindex-url = file:///install\n"
    )
    return path


def test_a_file_of_pip_is_read_as_pip_reads_it(config: Path) -> None:
    settings = pip_settings({"PIP_CONFIG_FILE": str(config)})
    assert settings["index-url"] == "file:///install"
    assert settings["find-links"].split() == ["/a", "/b"]


def test_variables_go_before_files(config: Path) -> None:
    given = {"PIP_CONFIG_FILE": str(config), "PIP_INDEX_URL": "file:///variable"}
    assert uv_environment(given)["UV_DEFAULT_INDEX"] == "file:///variable"
    assert uv_environment(given)["UV_FIND_LINKS"] == "/a,/b"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folders of XDG")
def test_the_files_of_the_system_and_the_person_are_found(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, own = tmp_path / "xdg" / "pip", tmp_path / "home" / ".config" / "pip"
    for folder in (system, own):
        folder.mkdir(parents=True)
    (system / "pip.conf").write_text("[global]\ntimeout = 7\nfind-links = /system\n")
    (own / "pip.conf").write_text("[global]\nfind-links = /own\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    settings = pip_settings({"XDG_CONFIG_DIRS": str(tmp_path / "xdg")})
    assert (settings["timeout"], settings["find-links"]) == ("7", "/own")


@pytest.mark.parametrize("content", [b"no section", b"[global]\n\xff\xfe", b"[global]\n%(x)s = %(y)s\n", b""])
def test_a_file_that_makes_no_sense_is_passed_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pip.conf"
    path.write_bytes(content)
    assert isinstance(pip_settings({"PIP_CONFIG_FILE": str(path)}), dict)


def test_no_index_stands_before_what_is_installed() -> None:
    arguments = ["pip", "install", "--target", "x", "--", "a"]
    offline = uv_runs._offline(arguments, {"UV_NO_INDEX": "1"})
    assert offline == ["pip", "install", "--no-index", "--target", "x", "--", "a"]
    assert uv_runs._offline(arguments, {}) == arguments
