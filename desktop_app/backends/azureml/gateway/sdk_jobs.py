"""Jobs through azure-ai-ml: a file is read, named and sent, its code with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[..., None]


def submit_job(client: Any, report: Report, *, file: str, name: str, folder: str = "") -> dict[str, Any]:
    """Send the job of a file under a name of ours; sent again under the same name it is the same job.

    `folder` is where git is asked which commit the code is, as the SDK does in the folder it is used in.
    """
    from azure.ai.ml import load_job

    os.chdir(folder or os.path.dirname(file))  # noqa: PTH120 - as the SDK reads it
    report("Reading the job")
    job = load_job(file)
    job.name = name
    report("Checking what has to be uploaded")
    made = client.jobs.create_or_update(job)
    return {"name": made.name, "status": made.status or "", "studio_url": made.studio_url or ""}


FUNCTIONS: Mapping[str, Callable[..., Any]] = {"submit_job": submit_job}
