"""Whose a line of a log is and when it was written, in the forms of the programs that write it: one table for all.

Groups are named for who needs what they hold; `counted` leaves them to be counted, and `plain` takes them away.
"""

from __future__ import annotations

import re

RANK = r"\[[Rr]ank ?(?P<rank>\d{1,9})\]: ?"
"""Of torch's own native code, and of its exceptions."""
ROLE = r"\[(?!(?:epoch|step|iter|batch|pid)\d)(?P<role>[A-Za-z_]+)(?P<local>\d{1,9})\]: ?"
"""Of torchrun --tee: `[default3]:`, with the rank on its node."""
MPI = r"\[(?:[\w.-]+@)?\d+, ?(?P<mpi>\d{1,9})\](?:<std(?:out|err|diag)>)?: ?"
"""Of mpirun --tag-output: `[1,7]<stderr>:`, `[prterun-node1-77@1,7]<stdout>: `."""
HOROVOD = r"\[(?P<hvd>\d{1,9})\]<std(?:out|err)>: ?"
"""Of horovodrun with Gloo."""
EQUAL = r"\[rank=(?P<equal>\d{1,9})\] \|\| ?"
"""Of loggers that put `[rank=3] || ` before all they write."""
RAY = r"\((?:[^()\n]{0,80} )?pid=(?P<pid>\d+)(?:, ip=(?P<ip>[\d.]+|[\da-fA-F:]+))?\) ?"
HOST = r" {0,4}[\w.-]{1,60}: (?=\[rank\d{1,9}\]: ?)"
"""Of pdsh and srun, who put the host, or the task, before what torch puts there."""
SURE = (RANK, MPI, HOROVOD, EQUAL, ROLE, RAY)
"""What nothing but a launcher writes at a line's beginning; each begins with a bracket."""
LABEL = r" {0,4}(?:(?i:rank|worker)[ _-]?)?(?P<label>\d{1,6}):"
"""Of srun --label: `3: `, with the numbers set to the right. Others write such a thing as well."""
BRACKETED = r"\[(?P<own>\d{1,6})\]"
"""Of `rankzero runs logs`: `[3] `. Others write such a thing as well."""

DATE = r"(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)"
CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,:](?P<part>\d{1,9}))?"
ZONE = r"(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b)"
GLOG_DAY = r"[IWEFDV](?P<month>\d\d)(?P<day>\d\d)"
"""Of glog and absl: `I1122`, how bad it is and the day."""
AMERICAN_DATE = r"(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4}|\d\d)"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
MONTH = rf"(?P<month>{'|'.join(MONTHS)})"
EPOCH = r"(?P<seconds>[12]\d{9})\.(?P<part>\d{3,9})"
NO_DAY, NO_HOUR = r"[IWEFDV]0000 ", r"00:00:"
"""Before EPOCH, of absl as long as it was not set up: `E0000 00:00:1795342272.123456`."""

_NAMED = re.compile(r"\(\?P<\w+>")


def counted(form: str) -> str:
    """Return a form whose groups have no names, so that it may stand in an expression several times."""
    return _NAMED.sub("(", form)


def plain(form: str) -> str:
    """Return a form without groups."""
    return _NAMED.sub("(?:", form)
