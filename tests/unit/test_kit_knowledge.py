"""Knowledge of failures as data: how files are read, what is said of wrong ones, and how lines are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution, Explanation, FailureReport, Fix, Job, RemedyKind
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.api.kit import Knowledge, Signature, explain_by, load_knowledge
from desktop_app.api.kit.knowledge import Kind, KnowledgeError
from desktop_app.api.kit.knowledge_files import LONGEST, read_knowledge, troubles_of
from desktop_app.api.kit.knowledge_hangs import endless_pairs
from desktop_app.api.kit.knowledge_match import APART
from desktop_app.api.kit.knowledge_needles import needles

JOB = Job("python t.py")
WHOLE = r"""
format = 1
version = "2026.11.22"

[[signature]]
code = "disk-full"
category = "storage-full"
kind = "cause"
lines = ['disk (?P<disk>\w+) is full', 'No space']
unless = ['almost']
explanation = "The disk {disk} is full{more}."
advice = ["Empty {disk}."]
links = ["https://example.org"]
certainty = 0.9
fix = "larger"
rerun = {DEBUG = "1", LEVEL = "all"}
remedy = {kind = "add-package", value = "{disk}"}
log = '''
disk sda is full
'''
shown = "disk sda is full"
"""


def signature(code: str = "known", lines: tuple[str, ...] = ("bad (?P<what>\\w+)",), **more: object) -> Signature:
    values: dict[str, object] = {"category": "nan", "kind": Kind.CAUSE, "explanation": "It is {what}.", **more}
    return Signature(code=code, lines=lines, **values)  # type: ignore[arg-type]


def explained(text: str, *signatures: Signature, job: Job = JOB, rank: int = 0) -> list[Explanation]:
    return list(explain_by(Knowledge(signatures), FailureReport(job, tails={rank: text})))


def written(folder: Path, text: str, name: str = "disks.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_file_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    known = read_knowledge(written(tmp_path, WHOLE))
    assert known.versions == {"disks.toml": "2026.11.22"}
    (only,) = known.signatures
    assert (only.code, only.kind, only.file) == ("disk-full", "cause", "disks.toml")
    assert only.rerun == {"DEBUG": "1", "LEVEL": "all"}
    assert only.remedy is not None
    assert only.remedy.kind is RemedyKind.ADD_PACKAGE
    assert only.log.strip() == only.shown
    assert troubles_of(only) == ["explanation: no expression has a group named “more”"]


def test_a_folder_is_read_in_the_order_of_names_and_again_when_a_file_changed(tmp_path: Path) -> None:
    written(tmp_path, WHOLE, "b.toml")
    written(tmp_path, WHOLE.replace("disk-full", "first"), "a.toml")
    assert [each.code for each in load_knowledge(tmp_path).signatures] == ["first", "disk-full"]
    assert load_knowledge(tmp_path).signatures[0].log == ""
    written(tmp_path, WHOLE.replace("disk-full", "another-one"), "a.toml")
    assert [each.code for each in load_knowledge(tmp_path).signatures] == ["another-one", "disk-full"]
    assert load_knowledge(tmp_path / "none") == Knowledge()


FAULTS = [
    ("format = 1", "format = 2", "disks.toml: `format = 1` is missing at the top."),
    ("[[signature]]", "[signature]", "a signature begins with"),
    ('version = "', 'versions = "', "there is no key “versions” at the top"),
    ('code = "disk-full"', 'code = "Disk_full"', "disks.toml:6: Disk_full: a code is in kebab-case"),
    ('code = "disk-full"\n', "", "“code” is missing"),
    ("[[signature]]", 'signature = ["disk-full"]\n[ignored]', "a signature begins with"),
    ('"storage-full"', '"storage"', "disks.toml:6: disk-full: there is no category “storage”, but storage-full"),
    ('"storage-full"', '["storage-full"]', "there is no category"),
    ('kind = "cause"', 'kind = "reason"', "kind is one of cause, report, symptom, echo, not “reason”"),
    ("unless = ['almost']", "unless = 'almost'", "“unless” is a list of texts"),
    ("unless = ['almost']", f"unless = ['{'x' * (LONGEST + 1)}']", "unless: a regular expression is longer"),
    ("certainty = 0.9", "certainty = 'high'", "“certainty” has a value of the wrong kind"),
    ("certainty = 0.9", "certainty = 7", "certainty is a number from 0 to 1"),
    ("certainty = 0.9", "certain = 0.9", "there is no key “certain”"),
    ('rerun = {DEBUG = "1", LEVEL = "all"}', 'rerun = "DEBUG=1"', "rerun is a table of variables"),
    ('kind = "add-package", ', "", "remedy is a table with a kind"),
    ("lines = [", "lines [", "can't be read"),
]


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_what_is_wrong_in_a_file_is_said_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    written(tmp_path, WHOLE.replace(old, new))
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("(",), "this is no regular expression"),
        (("x*",), "matches everything"),
        (("bad",), "no expression has a group"),
        ((r"mca_\w+.*reset (?P<what>x)",), r"two parts without end side by side may take for ever: mca_\w+.*"),
    ],
)
def test_what_is_wrong_with_expressions_is_said(lines: tuple[str, ...], said: str) -> None:
    assert said in troubles_of(signature(lines=lines))[0]


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        (r"a\w+.*b", [r"a\w+.*"]),
        (r"(?P<host>[^\s:]+).*b", [r"(?P<host>[^\s:]+).*"]),
        (r"a.*?(?P<total>\d+) b", [r"a.*?(?P<total>\d+"]),
        (r"a\S*\]?.{0,}b", [r"a\S*\]?.{0,}"]),
        (r"a[]x]+x{0,2}.+b", [r"a[]x]+x{0,2}.+"]),
        (r"a\w{1,60}.{0,300}?b", []),
        (r"a\w+,.*b", []),
        (r"\s*\w+: (?:x|y)+.*b", []),
        (r"a\.+b[.*]+", []),
        (r"\d+ of \d+ .*b", []),
    ],
)
def test_parts_without_end_that_share_a_line_are_found(pattern: str, places: list[str]) -> None:
    assert re.compile(pattern).pattern == pattern
    assert list(endless_pairs(pattern)) == places


def test_a_line_is_explained_with_what_its_groups_held() -> None:
    (found,) = explained("fine\n  bad thing  \n", signature(advice=("Mend {what}, {nothing}.",), links=("l",)))
    assert (found.cause, found.advice, found.line) == ("It is thing.", ("Mend thing.",), "bad thing")
    assert (found.rank, found.position, found.category, found.certainty) == (0, 1, "nan", 0.8)


def test_a_broken_expression_matches_nothing() -> None:
    assert explained("bad thing", signature(lines=("bad (", "nothing"))) == []


def test_what_a_kind_means() -> None:
    kinds = {kind: explained("bad thing", signature(kind=kind, certainty=0.9))[0] for kind in Kind}
    assert [(each.is_symptom, each.is_echo) for each in kinds.values()] == [
        (False, False), (False, False), (True, False), (False, True),
    ]  # fmt: skip
    assert kinds[Kind.REPORT].certainty == 0.5


def test_the_first_expression_that_is_there_tells_and_of_one_writer_one_line() -> None:
    both = signature(lines=("worse (?P<what>\\w+)", "bad (?P<what>\\w+)"))
    assert [each.line for each in explained("bad one\nworse two\nworse three", both)] == ["worse two"]
    found = explained("[rank1]: bad one\n[rank2]: bad two\n[rank1]: bad three", both, rank=UNKNOWN_RANKS)
    assert [(each.about, each.line) for each in found] == [(1, "[rank1]: bad one"), (2, "[rank2]: bad two")]


def test_of_matches_far_apart_the_last_ones_count() -> None:
    near = "\n".join(["bad one", *(f"line {chr(97 + each % 26)}{each}" for each in range(APART - 10)), "bad two"])
    assert explained(near, signature())[0].line == "bad one"
    far = "\n".join(["bad one", *["other"] * (APART + 1), "bad two"])
    assert explained(far, signature())[0].line == "bad two"


def test_lines_are_passed_over_that_are_something_else_or_lack_what_must_be_beside() -> None:
    assert explained("bad but almost", signature(unless=("almost",))) == []
    beside = signature(beside=("night", "day \\d"))
    assert explained("bad thing", beside) == []
    assert len(explained("day 3\nbad thing", beside)) == 1


def test_the_line_that_is_shown_may_follow_and_tells_more() -> None:
    shows = signature(lines=("Cannot install:",), shows="^ +- (?P<what>\\w+)", explanation="No {what}.")
    (found,) = explained("Cannot install:\n\n  - torch\n  - numpy", shows)
    assert (found.line, found.position, found.cause) == ("- torch", 2, "No torch.")
    assert explained("Cannot install:", shows)[0].line == "Cannot install:"
    other = explained("[rank0]: Cannot install:\n[rank1]:  - a\n[rank0]:  - b", shows)
    assert other[0].line == "[rank0]:  - b"


def test_an_expression_of_what_is_shown_may_reach_over_two_lines_of_one_writer() -> None:
    shows = signature(lines=("errors? for",), shows="^(?P<field>\\w+)\\n +(?P<what>.+)", explanation="{field}: {what}.")
    (found,) = explained("[rank0]: 1 error for A\n[rank0]: stage\n[rank0]:   too large", shows)
    assert (found.cause, found.line) == ("stage: too large.", "[rank0]:   too large")
    assert explained("1 error for A\nstage", shows)[0].line == "1 error for A"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("1010 bytes", "1010 bytes"), ("524288 bytes", "512 KiB"), ("2949120 bytes", "2.8 MiB"),
        ("68719476736 bytes", "64 GiB"), ("4000000000000000 bytes", "3.6 PiB"), ("4000", "4000"), ("a   b", "a b"),
    ],
)  # fmt: skip
def test_sizes_are_said_in_a_unit_that_a_person_grasps(held: str, said: str) -> None:
    (found,) = explained(f"bad {held}", signature(lines=("bad (?P<what>.+)",)))
    assert found.cause == f"It is {said}."


def test_a_sentence_holds_together_where_a_group_took_nothing_and_ends_once() -> None:
    texts = {"A tensor ({what}).": "A tensor.", "The node {what}: gone.": "The node: gone.", "No: {what}.": "No."}
    for text, said in texts.items():
        assert explained("bad", signature(lines=("bad(?P<what> .+)?",), explanation=text))[0].cause == said
    assert (
        explained("bad end.", signature(lines=("bad (?P<what>.+)",), explanation="No: {what}."))[0].cause == "No: end."
    )


def test_the_rank_that_a_line_names_is_whom_it_is_about() -> None:
    named = signature(lines=("rank (?P<rank>\\d+) is gone",), explanation="Gone.")
    assert [(each.rank, each.about) for each in explained("rank 7 is gone", named, rank=2)] == [(2, 7)]
    assert explained("[rank2]: bad x", signature(), rank=2)[0].about is None


def test_of_two_signatures_of_a_file_the_first_is_heard_and_of_two_files_both() -> None:
    first, second = signature("first"), signature("second")
    assert [each.code for each in explained("bad thing", first, second)] == ["first"]
    other = signature("other", file="b.toml")
    assert [each.code for each in explained("bad thing", first, other)] == ["first", "other"]


@pytest.mark.parametrize(("distribution", "codes"), [(None, ["none"]), ("MPI", ["mpi"]), ("pytorch", [])])
def test_some_lines_mean_something_in_some_jobs_alone(distribution: str | None, codes: list[str]) -> None:
    both = (
        signature("mpi", distributions=("mpi",), file="a"),
        signature("none", distributions=("none",), file="b"),
    )
    job = Job("x", distribution=Distribution(distribution) if distribution else None)
    assert [each.code for each in explained("bad x", *both, job=job)] == codes
    foreign = FailureReport(job, tails={0: "bad x"}, is_foreign=True)
    assert len(explain_by(Knowledge(both), foreign)) == 2


def test_fixes_reruns_and_remedies_are_made() -> None:
    known = Knowledge((signature(fix="more", rerun={"A": "1", "B": "2"}),))
    report = FailureReport(JOB, tails={0: "bad thing"})
    assert explain_by(known, report)[0].fix is None
    (found,) = explain_by(known, report, {"more": lambda job: Fix(f"Mend {job.command}")})
    assert found.fix == Fix("Mend python t.py")
    assert found.rerun == Fix(
        "Run again with A=1 and B=2", {"environment_variables.A": "1", "environment_variables.B": "2"}
    )


def test_the_launchers_log_is_read_as_well() -> None:
    found = explain_by(Knowledge((signature(),)), FailureReport(JOB, tails={1: "bad one"}, launcher="bad two"))
    assert [(each.rank, each.line) for each in found] == [(1, "bad one"), (None, "bad two")]


def test_a_line_without_end_is_looked_at_as_far_as_lines_go() -> None:
    assert explained("x" * 10_000_000 + " bad thing", signature()) == []


NEEDLES = [
    ("CUDA out of memory", ("CUDA out of memory",)),
    (r"exit(?:ed)? with code (\d+)", (" with code ",)),
    ("one thing|other thing", ("one thing", "other thing")),
    (r"a+bcd?e", ("bc",)),
    (r"^\[Errno 28\] No", ("[Errno 28] No",)),
    (r"(?i)cuda", ()),
    (r"(a|b)\d", ()),
    ("long text|x.", ()),
    (r"x{2}yyyy", ("yyyy",)),
    ("[abc]{2,3}needle[^]]end", ("needle",)),
]


@pytest.mark.parametrize(("pattern", "found"), NEEDLES)
def test_what_a_line_must_hold_is_read_from_an_expression(pattern: str, found: tuple[str, ...]) -> None:
    expected = found if all(len(each) >= 3 for each in found) else ()
    assert needles(pattern) == expected


PIECES = st.sampled_from(
    ["abc", "d", r"\d", "(?:ab|cd)", "[xyz]", r"\.", "x?", "y+", "z*", "w{0,2}", " ", "^", "|", r"\["]
)


@given(st.lists(PIECES, max_size=8).map("".join), st.text(alphabet="abcdxyzw.1[ ", max_size=30))
def test_no_line_that_matches_lacks_every_needle(pattern: str, line: str) -> None:
    found = needles(pattern)
    if found and re.search(pattern, line):
        assert any(each in line for each in found)
