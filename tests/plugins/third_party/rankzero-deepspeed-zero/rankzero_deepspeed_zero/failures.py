"""What DeepSpeed's own messages mean; their texts are those of its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from desktop_app.api import Explanation, FailureReport
from desktop_app.api.kit import Known, explain_lines

KNOWN = (
    Known(
        "deepspeed-zero-batch",
        re.compile(r"train_batch_size is not equal to .*?world_size ?(\d+) != (\d+) \* (\d+) \* (\d+)"),
        "The batch of {0} is not {1} × {2} × {3} processes.",
        ("Leave train_batch_size out: DeepSpeed works it out of the other two.", "Or change the number of processes."),
    ),
    Known(
        "deepspeed-zero-loss-scale",
        re.compile(r"Current loss scale already at minimum - cannot decrease scale anymore"),
        "The gradients overflowed float16 again and again, until the loss scale could not fall any more.",
        ("Train in bf16, where the GPU can.", "Take a smaller learning rate, and look for NaN in the data."),
    ),
    Known(
        "deepspeed-zero-cuda-mismatch",
        re.compile(
            r"Installed CUDA version (\S+) does not match the version torch was compiled with ([^\s,]+), unable"
        ),
        "DeepSpeed compiles its operators with CUDA {0}, but torch was made with CUDA {1}.",
        ("Take an environment in which both are the same.", "Take the optimizer off the CPU, if it was offloaded."),
    ),
    Known(
        "deepspeed-zero-no-ninja",
        re.compile(r"Unable to JIT load the (\S+) op due to ninja not being installed"),
        "DeepSpeed could not compile {0}, because ninja is missing.",
        ("Add ninja to the environment.",),
    ),
    Known(
        "deepspeed-zero-incompatible-op",
        re.compile(r"Unable to JIT load the (\S+) op due to it not being compatible"),
        "DeepSpeed's {0} does not work on this machine.",
        ("Run ds_report in the environment: it says what is missing.",),
    ),
    Known(
        "deepspeed-zero-client-optimizer",
        re.compile(r"You are using ZeRO-Offload with a client provided optimizer"),
        "The optimizer is on the CPU, but the script makes one that is for the GPU.",
        ("Use deepspeed.ops.adam.DeepSpeedCPUAdam in the script.", "Or name an optimizer in the configuration."),
    ),
    Known(
        "deepspeed-zero-no-configuration",
        re.compile(r"Expected a string path to an existing deepspeed config"),
        "DeepSpeed found no configuration where the command says.",
        ("Give a path from the code folder, to a file that goes along.",),
    ),
    Known(
        "deepspeed-zero-local-rank",
        re.compile(r"Mismatch in local rank setting, args\.local_rank=(-?\d+) but env\['LOCAL_RANK'\]=(\d+)"),
        "The script says that its local rank is {0}, and it is {1}.",
        ("Take --local_rank out of the script: it is in the environment variable LOCAL_RANK.",),
    ),
    Known(
        "deepspeed-zero-both-halves",
        re.compile(r"bfloat16 and fp16 modes cannot be simultaneously enabled"),
        "Both fp16 and bf16 are enabled.",
        ("Switch one of them off.",),
    ),
)


def explain(report: FailureReport) -> Iterator[Explanation]:
    """Explain the log of the rank that fell first, else all there are."""
    if "deepspeed" not in report.job.command and not any("deepspeed" in each for each in report.tails.values()):
        return
    first = report.first_rank
    tails = {first: report.tails[first]} if first is not None and first in report.tails else report.tails
    said: set[str] = set()
    for rank, tail in tails.items():
        for each in explain_lines(KNOWN, tail, rank, report.job):
            if each.code not in said:
                said.add(each.code)
                yield each
