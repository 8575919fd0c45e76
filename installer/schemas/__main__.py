"""Writes the schema files: `python -m installer.schemas [--into DIR]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from installer.clone import ROOT
from installer.schemas.build import schema_of
from installer.schemas.kinds import KINDS
from installer.schemas.pretty import dumps
from installer.schemas.words import Words


def main() -> None:
    """Write one file for each kind."""
    parser = argparse.ArgumentParser(prog="python -m installer.schemas")
    parser.add_argument("--into", type=Path, default=ROOT / "resources" / "schemas")
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    words = Words()
    for kind in KINDS:
        (into / f"{kind}.schema.json").write_text(f"{dumps(schema_of(kind, words))}\n", "utf-8")


if __name__ == "__main__":
    main()
