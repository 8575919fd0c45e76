"""Jobs through azure-ai-ml: a file is read, named and sent, its code with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Report = Callable[..., None]


def submit_job(
    client: Any, report: Report, *, file: str, name: str, git: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Send the job of a file under a name of ours; sent again under the same name it is the same job.

    `git` says which commit the code is, as the SDK's own variables: the file and the code are copies in no repository,
    and whatever repository they may happen to lie in is not theirs.
    """
    from azure.ai.ml import load_job

    os.chdir(os.path.dirname(file))  # noqa: PTH120 - as the SDK reads it
    report("Reading the job")
    job = load_job(file)
    job.name = name
    report("Checking what has to be uploaded")
    with _variables({**(git or {}), "GIT_DIR": os.devnull}):
        made = client.jobs.create_or_update(job)
    return {"name": made.name, "status": made.status or "", "studio_url": made.studio_url or ""}


@contextmanager
def _variables(given: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process for a while."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


FUNCTIONS: Mapping[str, Callable[..., Any]] = {"submit_job": submit_job}
