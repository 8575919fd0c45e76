"""Checks files of knowledge: `python -m tests.helpers.check_knowledge FILE.toml…`, as `rankzero plugins check` does.

Exits 1 where anything is wrong, and says how many signatures there are.
"""

from __future__ import annotations

import sys
from pathlib import Path

from desktop_app.api.kit.knowledge import KnowledgeError
from desktop_app.api.kit.knowledge_files import read_knowledge
from desktop_app.services.diagnosing.knowledge_faults import knowledge_faults


def main(paths: list[str]) -> int:
    """Print what is wrong, and how many signatures there are."""
    wrong = [said for path in paths for said in knowledge_faults(Path(path))]
    print(*wrong, f"{sum(_count(Path(path)) for path in paths)} signatures, {len(wrong)} faults", sep="\n")
    return 1 if wrong else 0


def _count(path: Path) -> int:
    try:
        return len(read_knowledge(path, with_logs=False).signatures)
    except KnowledgeError:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
