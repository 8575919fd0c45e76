"""The lines of failed TensorFlow runs that are known, what each means, what to try, and which are only echoes.

The texts are those of tensorflow-cpu 2.21.0 with Keras 3.15.1 and tf_keras 2.21.0, each provoked on this program's
machines; that nothing here is about GPUs is because none was at hand.
"""

from __future__ import annotations

import re

from desktop_app.api import Fix, Job
from desktop_app.api.kit import Known


def _as_tensorflow(job: Job) -> Fix | None:
    """Return a fix for a job that gets no TF_CONFIG."""
    if job.distribution is not None and job.distribution.type.lower() == "tensorflow":
        return None
    gone = ("distribution.process_count_per_instance",) if job.distribution else ()
    return Fix("Start the tasks the TensorFlow way", {"distribution.type": "tensorflow"}, gone)


_LOOK_AT_OTHERS = ("Look at the task that ended first: its log holds the cause.",)
KNOWN = (
    Known(
        "port-in-use",
        re.compile(r"No address added out of total \d+ resolved for '[^']*?:(\d+)'"),
        "Another program has this task's port {0}.",
        (
            "Run again: free ports are looked for at every start.",
            "If the script names ports itself, let it take those of TF_CONFIG.",
        ),
    ),
    Known(
        "keras-fit",
        re.compile(r"Attempt to convert a value \(PerReplica:"),
        "fit of Keras 3 does not work under this strategy (keras-team/keras#20585).",
        (
            "Write the training loop yourself, with strategy.run and a GradientTape, as the sample does.",
            "Or keep fit with Keras 2: install tf_keras and set TF_USE_LEGACY_KERAS=1 before TensorFlow is imported.",
        ),
    ),
    Known(
        "dataset-of-no-worker",
        re.compile(r"need to pass this dataset to ClusterCoordinator\.create_per_worker_dataset"),
        "Under ParameterServerStrategy every worker needs a dataset of its own, which fit of Keras 3 does not make.",
        (
            "Make it by coordinator.create_per_worker_dataset, and train by coordinator.schedule, as the sample does.",
            "Or keep fit with Keras 2: install tf_keras and set TF_USE_LEGACY_KERAS=1 before TensorFlow is imported.",
        ),
    ),
    Known(
        "strategy-too-late",
        re.compile(r"Collective ops must be configured at program startup"),
        "The script used TensorFlow before it made its strategy, which then could not join the cluster.",
        ("Make the MultiWorkerMirroredStrategy first, before any tensor, dataset or model.",),
    ),
    Known(
        "tf-keras-missing",
        re.compile(r"do not have the tf_keras package installed|No module named 'tf_keras'"),
        "The script wants Keras 2 (TF_USE_LEGACY_KERAS), and tf_keras is not installed.",
        ("Add tf_keras to the environment, of the same version as TensorFlow.",),
    ),
    Known(
        "no-tf-config",
        re.compile(r"KeyError: 'TF_CONFIG'"),
        "The script wants TF_CONFIG, which jobs of type tensorflow alone get.",
        ("Set distribution.type to tensorflow.",),
        fix=_as_tensorflow,
    ),
    Known(
        "no-worker-left",
        re.compile(r"ValueError: There must be at least one worker\."),
        "The first worker became the coordinator, and no other worker is left to compute.",
        ("Write at least 2 at worker_count.",),
    ),
    Known(
        "peer-silent",
        re.compile(
            r"Error reported from /job:(\w+)/task:(\d+): The following tasks are unhealthy \(stopped sending heart"
        ),
        "{0} {1} stopped answering: it hangs, or its machine is gone.",
        (
            "Look at what that task wrote last.",
            "Give it more memory or a smaller batch if its machine was short of it.",
        ),
        is_echo=True,
    ),
    Known(
        "peer-gone",
        re.compile(r"errors_impl\.(?:Unavailable|Aborted)Error:"),
        "Another task had ended, so the connection to it broke.",
        _LOOK_AT_OTHERS,
        is_echo=True,
    ),
    Known(
        "peer-gone",
        re.compile(
            r"Collective ops is aborted by|StartAbort UNAVAILABLE|Failed to send RPC to coordination service"
            r"|failed with UnavailableError"
            r"|UNAVAILABLE: .*(?:Connection re(?:set|fused)|failed to connect|Socket closed)"
        ),
        "Another task had ended, so the connection to it broke.",
        _LOOK_AT_OTHERS,
        is_echo=True,
    ),
)
