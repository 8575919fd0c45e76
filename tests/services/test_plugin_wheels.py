"""What a wheel says of itself, read without unpacking or importing it; each fault is one sentence."""

import hashlib
import sys
from pathlib import Path

from desktop_app.services.plugins.installing.looking.wheels import WheelFacts, inspect_wheel
from tests.helpers.forged_wheels import INFO, NAME, pack, plugin_files


def test_everything_is_read(tmp_path: Path) -> None:
    said = "Author: Ada\nLicense-Expression: MIT\nProject-URL: Home Page, https://acme.example/p\n"
    needs = ["humanize>=4", "tomli; python_version < '3.0'"]
    files = plugin_files("acme-tools", "1.2.post1", requires=needs, metadata=said)
    path = pack(tmp_path / "rankzero_acme_tools-1.2.post1-py3-none-any.whl", files)
    facts = inspect_wheel(path)
    assert isinstance(facts, WheelFacts)
    assert (facts.distribution, facts.version, facts.package) == ("rankzero-acme-tools", "1.2.post1", "acme_tools")
    assert (facts.manifest.id, facts.manifest.contributes["environments"]) == ("acme-tools", ("acme-tools",))
    assert (facts.summary, facts.author, facts.license) == ("Made for a test.", "Ada", "MIT")
    assert facts.homepage == "https://acme.example/p"
    assert facts.keywords == ("rankzero-plugin", "rankzero-api-1")
    assert facts.requires == ("humanize>=4", "tomli; python_version < '3.0'")
    assert (facts.requires_python, facts.tags) == (">=3.11", ("py3-none-any",))
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert facts.size == path.stat().st_size
    assert 1000 < facts.unpacked < 3000
    assert facts.why_not == ""
    assert "acme_tools" not in sys.modules


def test_what_metadata_leaves_out_the_manifest_may_say(tmp_path: Path) -> None:
    files = plugin_files()
    files[f"{INFO}/METADATA"] = b"Metadata-Version: 2.1\nName: RankZero.Acme\nVersion: 1.0.0\n"

    facts = inspect_wheel(pack(tmp_path / NAME, files))
    assert (facts.distribution, facts.summary, facts.requires_python) == ("RankZero.Acme", "Made for a test.", "")
