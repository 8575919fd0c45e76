"""Started by path as the first process of a sweep's run: `python -I control_sweep.py HOME RUN` controls its trials."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


def main(home: str, run: str) -> int:
    """Control the sweep to its end; return the exit code."""
    from desktop_app.compose import control_sweep

    return asyncio.run(control_sweep(home, run))


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    sys.exit(main(sys.argv[1], sys.argv[2]))
