#!/usr/bin/env python3
"""Sets everything up and runs the program or its tests: `python3 installer/bootstrap.py run|test`.

Kept readable for older Pythons, so that they can say what is wrong with them; `installer.verbs` does the work.
"""

import shutil
import sys
from pathlib import Path

NEEDED = (3, 11)


def complaint() -> str:
    """Return what to do about a Python that is too old."""
    found = f"Rank Zero needs Python 3.11 or newer, and this is {sys.version_info[0]}.{sys.version_info[1]}."
    newer = [f"python3.{minor}" for minor in range(20, NEEDED[1] - 1, -1)]
    there = [name for name in newer if shutil.which(name)]
    if there:
        return f"{found} Use the one that is here: {there[0]} installer/bootstrap.py {' '.join(sys.argv[1:])}"
    return f"{found} Install one (on Debian and Ubuntu: apt-get install python3.11 python3.11-venv) and try again."


def main() -> int:
    """Hand over to the set-up, if this Python can run it."""
    if sys.version_info < NEEDED:
        sys.stderr.write(f"error: {complaint()}\n")
        return 3
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from installer.verbs import main as act

    return act(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
