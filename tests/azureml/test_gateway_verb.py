"""Signing in by the verb: a browser that is played by a script, a secret that comes by a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emulator.directory import CLIENT, PERSON, SECRET
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


def test_a_secret_may_be_piped_in_and_is_no_argument(verbs: Program) -> None:
    environment = {**os.environ, **verbs.environment, "RANKZERO_HOME": str(verbs.home)}
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        environment.pop(name, None)
    asked = [sys.executable, "-m", "desktop_app", "workspace", "sign-in", "--client-id", CLIENT]
    tried = ((SECRET, 0, f"Signed in as {CLIENT}."), ("not-the-secret", 3, "The secret of the service"))
    for secret, code, words in tried:
        done = subprocess.run(
            asked, env=environment, cwd=Path(__file__).parents[2], input=f"{secret}\n",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert words in done.stdout + done.stderr
        assert secret not in done.stdout + done.stderr
