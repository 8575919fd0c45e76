"""Signing in by the verb, with a browser that is played by a script."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.emulator.directory import PERSON
from tests.helpers.emulators import Emulator
from tests.helpers.program import Program

BROWSER = """#!{python}
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile={ca!r})
proxied = urllib.request.ProxyHandler({{"https": {proxy!r}}})
urllib.request.build_opener(proxied, urllib.request.HTTPSHandler(context=context)).open(sys.argv[1]).read()
"""


@pytest.mark.skipif(os.name == "nt", reason="the browser is a script")
def test_the_browser_opens_by_itself(verbs: Program, emulator: Emulator, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(python=sys.executable, ca=str(emulator.ca), proxy=emulator.proxy))
    browser.chmod(0o755)
    environment = {**verbs.environment, "BROWSER": f"{browser} %s"}
    environment |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    said = Program(verbs.home, verbs.cwd, environment)("workspace", "sign-in", "--method", "browser", "--json")
    assert said.code == 0, said.err
    assert said.json["account"] == PERSON.name
    assert "Sign in on the page that opens in your browser." in said.err
