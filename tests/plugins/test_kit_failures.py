"""Known lines of failed runs, and how logs are searched for them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution, Explanation, Job, Value
from desktop_app.api.kit import (
    Known,
    explain_last,
    explain_line,
    explain_lines,
    lacks_package,
    last_exceptions,
    packages_of,
)

JOB = Job("python t.py")
MPI = Job("python t.py", distribution=Distribution("mpi"))
FULL = Known("full", re.compile(r"^full: (?:disk (\w+)|memory (\w+))$"), "{0} is full {1}.", ("Empty {0} {x}.",))
GONE = Known("gone", re.compile(r"gone"), "Gone.", is_echo=True)
ONLY_MPI = Known("mpi", re.compile(r"gone"), "Of MPI.", when=lambda job: job.distribution is not None)


def test_what_groups_held_fills_cause_and_advice_and_other_braces_stay() -> None:
    found = explain_line([GONE, FULL], " full: memory m2", 3, JOB)
    assert found is None
    found = explain_line([GONE, FULL], "full: memory m2", 3, JOB)
    assert found == Explanation("full", "m2 is full .", ("Empty m2 {x}.",), 3, "full: memory m2")


def test_a_line_means_something_in_some_jobs_alone() -> None:
    assert [each.code for each in explain_lines([ONLY_MPI, GONE], "gone", 0, JOB)] == ["gone"]
    assert [each.code for each in explain_lines([ONLY_MPI, GONE], "gone", 0, MPI)] == ["mpi", "gone"]


def test_of_a_log_the_first_or_the_last_line_tells() -> None:
    log = "one gone\nfull: disk a\r\nfull: disk b\ntwo gone\n"
    lines = [each.line for each in explain_lines([FULL, GONE], log, 0, JOB)]
    assert lines == ["full: disk a", "one gone"]
    last = explain_last([FULL, GONE], log, 0, JOB)
    assert last is not None
    assert last.line == "full: disk b"
    assert explain_last([FULL], "well", 0, JOB) is None


def test_the_last_exception_of_each_process() -> None:
    log = "KeyError: 'a'\n[rank1]: a.b.MyError: x \nnot KeyError: 'c'\nSystemExit\n  OSError: indented\n"
    assert last_exceptions(log) == {"1": "a.b.MyError: x", "": "SystemExit"}


@given(
    st.lists(st.sampled_from(["full: disk a", "x full: disk b", "gone", "", "a\x0bgone", "full:\ndisk"]), max_size=6)
)
def test_searching_the_whole_finds_what_searching_each_line_does(lines: list[str]) -> None:
    text = "\n".join(lines)
    each_line = [next((one for one in text.splitlines() if k.pattern.search(one)), None) for k in (FULL, GONE)]
    assert [each.line for each in explain_lines([FULL, GONE], text, 0, JOB)] == [x.strip() for x in each_line if x]


def test_packages_of_conda_and_pip() -> None:
    dependencies: Value = ["python=3.10", "conda-forge::Ray-Core>=2", {"pip": ["ray[default]==2.9", " torch "]}]
    own: dict[str, Value] = {"image": "ubuntu:22.04", "conda_file": {"dependencies": dependencies}}
    assert packages_of(own) == {"python", "ray-core", "ray", "torch"}
    assert packages_of("azureml:x@latest") == packages_of({"image": "x"}) == frozenset()
    assert lacks_package(own, {"tensorflow"})
    assert not lacks_package(own, {"torch"})
    assert not lacks_package(own | {"image": "my.acr.io/tf"}, {"tensorflow"})
    assert not lacks_package("azureml:x@latest", {"tensorflow"})
