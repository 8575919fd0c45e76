"""What the card of a failed run says: which rank fell first, the very line, what it means, what to try; without Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from desktop_app.api import (
    UNKNOWN_RANKS,
    Explanation,
    FirstFailure,
    Fix,
    RankState,
    Remedy,
    RemedyKind,
    RunSnapshot,
    RunStatus,
)
from desktop_app.core.diagnosis.drilled import drill_behind
from desktop_app.core.diagnosis.ends import is_wrapper
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part, Verdict
from desktop_app.core.diagnosis.silent import has_left
from desktop_app.core.diagnosis.timed_out import NOT_BY_ITSELF, is_of_limit, limit_beside
from desktop_app.core.rank_words import launches, ranks_by_role
from desktop_app.core.words import spoken_duration
from desktop_app.presenters.failures.falls import FallRow, fall_rows
from desktop_app.presenters.run_drills import drill_deed, drill_text
from desktop_app.presenters.run_words import (
    exit_words,
    exit_words_only,
    is_logs_alone,
    rank_called,
    rank_span,
    short_exit,
)

_TOLD_APART = 0.05
"""Seconds from which on one end is said to have come before another."""


@dataclass(frozen=True, slots=True)
class FailureView:
    """The card of a failed run: `text` is the very line, `cause` what it means, `advice` what to try.

    `rank` is the one whose log holds the line; `fix` changes the job file, `remedy` the environment or the script.
    `falls` are the picture of who fell when, `links` pages to read. `tone` is how loud it is: an error, a warning for
    what was stopped, or info for what tells of no failure.
    """

    heading: str
    facts: str
    text: str
    explanation: str
    rank: int | None = None
    line: int | None = None
    at: datetime | None = None
    cause: str = ""
    advice: tuple[str, ...] = ()
    fix: Fix | None = None
    remedy: Remedy | None = None
    links: tuple[str, ...] = ()
    falls: tuple[FallRow, ...] = ()
    tone: str = "error"

    @property
    def spoken(self) -> str:
        """All of it as text, to be copied or read out."""
        advice = "\n".join(f"- {each}" for each in self.advice)
        falls = "\n".join(f"- {each.spoken}" for each in self.falls)
        parts = (self.heading, self.facts, self.cause, self.text, advice, self.explanation, falls, *self.links)
        return "\n".join(each for each in parts if each)


def failure_of(run: RunSnapshot, clock: str = "", known: Diagnosis | None = None) -> FailureView | None:
    """Return what to say about a run that failed, or that its time limit ended, None for any other.

    `clock` is the local time of the fall; `known` is what its logs and plugins tell, None before they were asked. A
    rank that only echoes another's end is not named as the one that failed. Where a drill is behind it, nothing else is
    taken for the cause.
    """
    if is_of_limit(run):
        return _stopped(run, known or Diagnosis())
    if run.status is not RunStatus.FAILED or (known is None and is_logs_alone(run)):
        return None
    known = known or Diagnosis()
    if is_logs_alone(run) and known.verdict is Verdict.NOTHING:
        return _without_failure(known)
    view = _fallen(run, clock, known.falls)
    drill = drill_behind(run)
    view = replace(view, falls=fall_rows(known.falls, ranks_by_role(run)))
    if drill is not None and run.first_failure is not None:
        return replace(view, cause=drill_deed(drill, run))
    if known.only_echo and run.first_failure is not None:
        view = _echoed(run, view, run.first_failure, known)
    if run.first_failure is None and known.verdict is not Verdict.NOTHING:
        view = _from_the_logs(run, view, known)
    if known.cause is not None:
        return _with_hints(run, _with_cause(run, view, known.cause), known)
    return _with_hints(run, _with_symptoms(run, view, known), known)


def _with_hints(run: RunSnapshot, view: FailureView, known: Diagnosis) -> FailureView:
    """Add whom all others wait for, what the guilty rank wrote last where no line says why, and the line of code."""
    hints = []
    if known.suspects:
        name, verb = _named(known.suspects, ranks_by_role(run))
        says = "its log says" if verb == "was" else "their logs say"
        hints.append(f"Look at {_in_sentence(name)}: all others wait for a rank or lost one, and {says} nothing.")
    whose = known.rank if known.last_rank is None else known.last_rank
    if known.last_line and whose is not None:
        hints.append(f"The last that {rank_called(run, whose)} wrote: {known.last_line}")
    if known.code is not None and known.code_shown and not known.stands:
        hints.append(f"{known.code.file}:{known.code.line} reads: {known.code_shown}")
    advice = (*_stood(run, known), *view.advice)
    return replace(view, explanation=" ".join([view.explanation, *hints]).strip(), advice=advice)


def _stood(run: RunSnapshot, known: Diagnosis) -> list[str]:
    """Say where ranks were that waited for different things."""
    names = ranks_by_role(run)
    parts = [
        f"{_in_sentence(_named(each.ranks, names)[0])} at {each.line}{each.code and f' ({each.code})'}"
        for each in known.stands
    ]
    return [f"Compare the lines at which they were: {'; '.join(parts)}."] if parts else []


def _in_sentence(name: str) -> str:
    return f"{name[0].lower()}{name[1:]}" if name.startswith("Rank") else name


def _stopped(run: RunSnapshot, known: Diagnosis) -> FailureView:
    """Say what the end of a run by its time limit means: a cause that its logs hold, or who was silent."""
    view = FailureView("Its time limit ended the run", "", "", "", tone="warning")
    view = replace(view, falls=fall_rows(known.falls, ranks_by_role(run)))
    told = known.cause or next(iter(known.symptoms), None)
    if told is None:
        return replace(view, explanation=run.reason)
    said = told.cause.removeprefix(f"The run did not end by itself: {run.reason.rstrip('.')}.").strip()
    limit = limit_beside(known)
    ended = limit.cause.removeprefix(NOT_BY_ITSELF) if limit is not None else run.reason
    view = replace(_with_cause(run, view, told), heading=view.heading, cause=said, explanation=ended)
    view = replace(view, advice=(*view.advice, *(limit.advice if limit is not None else ())))
    return _with_hints(run, view, known)


def _without_failure(known: Diagnosis) -> FailureView:
    """Say of logs from elsewhere what is true of them."""
    heading = "No failure stands in these logs" if known.is_read else "These logs are empty"
    said = "There is no error in them, and no launcher says that a process broke." if known.is_read else ""
    advice = ("If the run broke all the same, look for the log of its launcher or scheduler, and open that as well.",)
    return FailureView(heading, "", "", " ".join(known.missing), cause=said, advice=advice, tone="info")


def _fallen(run: RunSnapshot, clock: str, falls: Sequence[Fall]) -> FailureView:
    fallen = run.first_failure
    if fallen is None:
        return FailureView("The run failed", "", "", run.reason or "Its files do not say why.")
    others = [each for each in run.ranks if each.rank != fallen.rank]
    facts = (_node(run, fallen.rank), clock, _lead(fallen, others))
    return FailureView(
        heading=f"{_called(run, fallen.rank)} failed{' first' if others else ''}: {short_exit(fallen.exit_code)}",
        facts=" · ".join(each for each in facts if each),
        text="" if is_wrapper(fallen.text) else fallen.text,
        explanation=_explain(run, fallen, others, {each.rank: each.part for each in falls}),
        rank=fallen.rank,
        line=fallen.log_line,
        at=fallen.at,
    )


def _called(run: RunSnapshot, rank: int) -> str:
    if launches(run.ranks):
        return "The launcher" if len(run.ranks) == 1 else f"The launcher of node {_node_of(run, rank)}"
    name = rank_called(run, rank)
    return name.capitalize() if name.startswith("rank") else name


def _echoed(run: RunSnapshot, view: FailureView, fallen: FirstFailure, known: Diagnosis) -> FailureView:
    name = _called(run, fallen.rank)
    said = f"{name} fell first, with {exit_words(fallen.exit_code)}, because something else was gone"
    if known.cause is not None:
        rank = known.cause.rank
        where = "the launcher's log" if rank is None else f"the log of {rank_called(run, rank)}"
        return replace(
            view, heading=f"The cause is in {where}", explanation=f"{said}: its error is an echo.", line=None
        )
    advice = tuple(dict.fromkeys(text for each in known.echoes for text in each.advice))
    heading = f"{name} fell first, but it is not the cause"
    return replace(view, heading=heading, explanation=f"{said}. No log says what came first.", advice=advice)


def _with_cause(run: RunSnapshot, view: FailureView, cause: Explanation) -> FailureView:
    text, rank = cause.line or view.text, view.rank if cause.rank == view.rank else cause.rank
    view = replace(
        view, text=text, rank=rank, cause=cause.cause, advice=cause.advice, fix=cause.fix, remedy=cause.remedy,
        links=cause.links,
    )  # fmt: skip
    if not launches(run.ranks):
        return view
    if cause.cause.startswith("Rank "):  # the rank that the launcher started is the story
        return replace(view, heading=cause.cause.removesuffix("."), cause="")
    if cause.about is not None and cause.rank == view.rank:
        return replace(view, heading=f"Rank {cause.about}, which the launcher started, failed")
    return view


def _from_the_logs(run: RunSnapshot, view: FailureView, known: Diagnosis) -> FailureView:
    """Say whose the failure is where no exit code told it: the logs are all there is."""
    place, heading = known.place, view.heading
    if known.cause is None:
        heading = "No cause stands in the logs"
    elif place is not None:
        heading = f"The cause is in {PurePosixPath(place.file).stem}"
    if known.cause is not None and known.rank is not None and known.rank < UNKNOWN_RANKS:
        heading = f"{_called(run, known.rank)} failed first"
    said = " ".join(known.missing) if is_logs_alone(run) else run.reason
    return replace(view, heading=heading, explanation=said)


def _with_symptoms(run: RunSnapshot, view: FailureView, known: Diagnosis) -> FailureView:
    """Say that the logs tell what went wrong and not why, where that is all they do."""
    if not known.symptoms or (run.first_failure is not None and not _is_of(known, run.first_failure)):
        return view
    seen = known.symptoms[0]
    advice = tuple(dict.fromkeys(text for each in known.symptoms for text in each.advice))
    if known.verdict is Verdict.SYMPTOMS_ONLY:
        view = _unsolved(run, view, known)
    return replace(
        view, text=seen.line or view.text, rank=view.rank if seen.rank is None else seen.rank, cause=seen.cause,
        advice=advice, links=seen.links, line=None, fix=seen.fix, remedy=seen.remedy,
    )  # fmt: skip


def _unsolved(run: RunSnapshot, view: FailureView, known: Diagnosis) -> FailureView:
    """Blame nobody: whoever fell first only waited in vain, or for one that was done before."""
    heading, fallen = "No cause stands in the logs", run.first_failure
    if known.suspects:
        name = _named(known.suspects, ranks_by_role(run))[0]
        heading += f": look at {_in_sentence(name)}"
    left = next((each.rank for each in known.symptoms if has_left(each)), None)
    if left is not None and fallen is not None and not known.suspects:
        lost = f"{_called(run, fallen.rank)} fell first, with {exit_words(fallen.exit_code)}, as it had lost it."
        return replace(view, heading=f"{_called(run, left)} was done before the others", explanation=lost, text="")
    ended = view.explanation
    if fallen is not None:
        ended = f"{_called(run, fallen.rank)} fell first, with {exit_words(fallen.exit_code)}."
    said = "The logs say what happened, and not why: that did not reach them."
    return replace(view, heading=heading, explanation=f"{said} {ended}".strip())


def _is_of(known: Diagnosis, fallen: FirstFailure) -> bool:
    """Whether what is known is about the first rank to fall, or nothing better is known of it."""
    return known.verdict is Verdict.SYMPTOMS_ONLY or any(each.rank == fallen.rank for each in known.symptoms)


def remedy_title(remedy: Remedy) -> str:
    """Return what a change of the environment or the script is called on its button."""
    if remedy.kind is RemedyKind.ADD_PACKAGE:
        return f"Add {remedy.value} to the environment"
    if remedy.kind is RemedyKind.OTHER_IMAGE:
        return "Choose another image"
    return "Set find_unused_parameters in the script"


def elsewhere(run: RunSnapshot, told: Explanation | None) -> str:
    """Return what to change where the job's files are not here, so that nothing can be changed by a click."""
    remedy = remedy_title(told.remedy) if told is not None and told.remedy is not None else ""
    change = told.fix.title if told is not None and told.fix is not None else remedy
    if not change:
        return ""
    place = "the run came from" if run.from_bundle else "the job was sent from"
    return f"Its job file is not on this machine. Where {place}: {change[0].lower()}{change[1:]}."


def _node_of(run: RunSnapshot, rank: int) -> int:
    return next((each.node for each in run.ranks if each.rank == rank), rank)


def _node(run: RunSnapshot, rank: int) -> str:
    return next((f"node {each.node}" for each in run.ranks if each.rank == rank and run.nodes > 1), "")


def _lead(fallen: FirstFailure, others: Sequence[RankState]) -> str:
    ends = [each.ended for each in others if each.ended is not None and each.ended >= fallen.at]
    lead = (min(ends) - fallen.at).total_seconds() if ends else 0.0
    return f"{spoken_duration(lead)} before the others" if lead >= _TOLD_APART else ""


def _explain(run: RunSnapshot, fallen: FirstFailure, others: Sequence[RankState], parts: Mapping[int, Part]) -> str:
    """Say how the first one ended and what became of the others; `parts` is what the logs tell of each, if they do."""
    behind, names = drill_behind(run), ranks_by_role(run)
    words = exit_words(fallen.exit_code) if behind is None else exit_words_only(fallen.exit_code)
    said = f"{_called(run, fallen.rank) if launches(run.ranks) else 'It'} ended with {words}."
    fell = [each.rank for each in others if each.status is not RunStatus.COMPLETED and _ended_later(each, fallen)]
    alike = [each for each in fell if parts.get(each) is parts.get(fallen.rank) is Part.CAUSE]
    own = [each for each in fell if parts.get(each) in (Part.CAUSE, Part.OWN) and each not in alike]
    stopped = [each for each in fell if each not in alike and each not in own]
    done = [each.rank for each in others if each.status is RunStatus.COMPLETED]
    said += f" {_named(alike, names)[0]} failed in the same way." if alike else ""
    said += f" {_named(own, names)[0]} failed by an error of {'its' if len(own) == 1 else 'their'} own." if own else ""
    if stopped:
        name, verb = _named(stopped, names)
        echo = "its errors are echoes" if len(stopped) == 1 else "their errors are echoes"
        said += f" {name} {verb} stopped because {rank_called(run, fallen.rank)} was gone: {echo}."
    if done:
        said += f" {_named(done, names)[0]} had finished."
    if fallen.drill and behind is None:
        said += f" A drill came before: {drill_text(run)}."
    return said


def _ended_later(rank: RankState, fallen: FirstFailure) -> bool:
    return rank.ended is None or rank.ended >= fallen.at


def _named(ranks: Sequence[int], names: Mapping[int, str]) -> tuple[str, str]:
    verb = "was" if len(ranks) == 1 else "were"
    if all(each in names for each in ranks):
        return ", ".join(names[each] for each in ranks), verb
    return f"Rank{'' if len(ranks) == 1 else 's'} {rank_span(ranks)}", verb
