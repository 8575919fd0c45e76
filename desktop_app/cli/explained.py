"""Says why a run failed, or what logs hold, as far as that is known: in lines for a person, and as JSON."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from desktop_app.api import Explanation, Fix, RunSnapshot
from desktop_app.api._records import to_json
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.cli.words import called, numbered
from desktop_app.core.diagnosis.falls import gone_in_silence
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part, Stand, Verdict
from desktop_app.core.diagnosis.part_words import FELL, PART_WORDS
from desktop_app.core.diagnosis.silent import has_left
from desktop_app.core.diagnosis.timed_out import AT_WORK, CODE, is_of_limit, limit_beside, over_before
from desktop_app.core.diagnosis.whose import guilty_of
from desktop_app.core.rank_words import launches
from desktop_app.services.plugins import PluginHost

_VERSION = re.compile(rb'^version = "([^"\n]*)"', re.MULTILINE)
_HEAD = 8 << 10
_LONGEST = 400
_OF_LIMIT = "No log says what the run waited for when its time was up."
_TOO_SHORT = "Its time was too short: it was still at work."
_FOLLOWED = "It is not in these logs: they hold only what followed from it."
_LEFT = "No error says it. Most likely it is that a rank was done before the others:"
_APART = "No error says it, but the ranks fell at different lines of code: compare where each of them was."
_OF_SUSPECTS = (
    "See whether it was done before the others (fewer batches, a return, sys.exit), or was killed:"
    " dmesg | grep -i oom on its machine names what the system killed."
)


def explanation_shapes(known: Diagnosis) -> list[dict[str, Any]]:
    """Return the explanations as `run` and `runs show` print them, causes first."""
    return [_shape(each) for each in known.all]


def diagnosis_shape(known: Diagnosis, plugins: PluginHost | None = None) -> dict[str, Any]:
    """Return a diagnosis as `diagnose` prints it; with `plugins`, also how new each file of their knowledge is."""
    return {
        "root_cause": _cause_shape(known),
        "code": _code_shape(known),
        "verdict": (Verdict.CAUSE if known.cause is not None else Verdict.SYMPTOMS_ONLY).value,
        "failure_seen": known.verdict is not Verdict.NOTHING,
        "echoes": [_line_shape(known, each) for each in known.echoes],
        "symptoms": [_line_shape(known, each) for each in known.symptoms],
        "others": [_line_shape(known, each) for each in _others(known)],
        "falls": [to_json(each) for each in known.falls],
        "stands": [_stand_shape(each) for each in known.stands],
        "suspects": list(known.suspects),
        "last_line": known.last_line or None,
        "next_steps": [to_json(each) for each in known.steps],
        "missing": list(known.missing),
        **({"knowledge": _versions(plugins)} if plugins is not None else {}),
    }


def explained_lines(known: Diagnosis, run: RunSnapshot | None) -> Iterator[tuple[str, str]]:
    """Yield (title, text) for each line to say; nothing where nobody knows anything."""
    cause = known.cause
    if cause is not None:
        yield "Cause", f"{cause.cause}{_where(known, cause, run)}"
        yield from _line(known, cause)
        yield from _last(known, run)
        yield from _code(known, run)
        limit = limit_beside(known)
        if limit is not None:
            yield "Ended", limit.cause
        for each in (*cause.advice, *(limit.advice if limit is not None else ())):
            yield "Try", each
        if cause.fix is not None and run is not None:
            yield "Fix", f"{cause.fix.title}{_as_command(cause.fix, run)}"
    elif known.only_echo or known.verdict is Verdict.SYMPTOMS_ONLY:
        yield from _no_cause(known, run)
    if known.only_echo and run is not None and run.first_failure is not None:
        name = called([run.first_failure.rank], run, "Rank")
        yield "Echo", f"{name} fell first because something else was gone: it is not the cause."
    for text, whose in _grouped(known.echoes, run):
        yield "Echo", f"{text}{whose}"


def diagnosis_lines(known: Diagnosis, run: RunSnapshot | None = None) -> Iterator[tuple[str, str]]:
    """Yield all that is known: also who fell when, what to run next, and what could not be looked at."""
    if run is not None and run.sweep is not None and known.verdict is Verdict.NOTHING:
        yield "Cause", f"It stands with the trials: a sweep has no log of its own. {run.reason}".rstrip()
        yield "Try", f"`rankzero runs diagnose {run.run}_0` tells of the first trial, and so on for each."
        return
    if known.verdict is Verdict.NOTHING:
        yield "Cause", "Nothing in the logs speaks of a failure."
    yield from explained_lines(known, run)
    yield from _falls(known.falls, run)
    for step in known.steps:
        yield "Next", f"{step.title}{_as_rerun(step, run)}"
    for each in known.missing:
        yield "Missing", each


def _no_cause(known: Diagnosis, run: RunSnapshot | None) -> Iterator[tuple[str, str]]:
    silent = gone_in_silence(known.falls) if not known.suspects else ()
    if known.symptoms:
        first = known.symptoms[0]
        otherwise = _APART if known.stands else _FOLLOWED
        said = _LEFT if has_left(first) else {CODE: _OF_LIMIT, AT_WORK: _TOO_SHORT}.get(first.code, otherwise)
        yield "Cause", said
        yield from _suspects(known, run)
        for text, whose in _grouped(known.symptoms, run):
            yield "Symptom", f"{text}{whose}"
        yield from _line(known, known.symptoms[0])
        yield from _code(known, run)
        if not known.suspects:
            yield from _last(known, run)
    elif silent:
        whose = f"Rank{'s' if len(silent) > 1 else ''} {numbered(silent)}"
        says, was = ("its log does", "it was") if len(silent) == 1 else ("their logs do", "they were")
        yield "Cause", f"{whose} ended, and {says} not say why: {was} killed, or done before the others."
        yield from _last(known, run)
        codes = "its exit code" if len(silent) == 1 else "their exit codes"
        yield "Try", f"Ask for {codes} (0: done; 137 or -9: killed), and for the system's log (memory)."
        return
    else:
        yield "Cause", "No log says what came first. Look for a process that was killed, or a node that went away."
        yield from _suspects(known, run)
    if known.suspects and not known.symptoms:
        yield "Try", _OF_SUSPECTS
        return
    for each in dict.fromkeys(advice for one in (known.symptoms or known.echoes) for advice in one.advice):
        yield "Try", each


def _last(known: Diagnosis, run: RunSnapshot | None) -> Iterator[tuple[str, str]]:
    if known.last_line:
        rank = known.rank if known.last_rank is None else known.last_rank
        whose = called([rank], run) if rank is not None else "it"
        yield "Last", f"{known.last_line}   (the last that {whose} wrote)"


def _code(known: Diagnosis, run: RunSnapshot | None) -> Iterator[tuple[str, str]]:
    for each in known.stands:
        whose = f"{called(each.ranks, run)} {'was' if len(each.ranks) == 1 else 'were'} here"
        yield "Code", f"{each.line}   {each.code}{each.code and '   '}({whose})"
    if known.code is not None and not known.stands:
        yield "Code", f"{known.code.file}:{known.code.line}{known.code_shown and f'   {known.code_shown}'}"


def _suspects(known: Diagnosis, run: RunSnapshot | None) -> Iterator[tuple[str, str]]:
    if known.suspects:
        rest = "its log says nothing" if len(known.suspects) == 1 else "these say nothing"
        parted = ", and" if len(known.suspects) == 1 else ";"
        yield "Suspect", f"{called(known.suspects, run)}: all others wait for a rank or lost one{parted} {rest}."
        yield from _last(known, run)


def _line(known: Diagnosis, explanation: Explanation) -> Iterator[tuple[str, str]]:
    if explanation.line:
        line = explanation.line
        yield "Line", line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
        place = known.place_of(explanation)
        if place is not None:
            at = f", from byte {place.offset:,} on" if place.offset is not None else ""
            yield "In", f"{place.file}:{place.line}" if place.line else f"{place.file}{at}"


def _where(known: Diagnosis, cause: Explanation, run: RunSnapshot | None) -> str:
    if run is None:
        return f" (rank {known.rank})" if known.rank is not None else ""
    if cause.rank is None:
        return " (the launcher's log)" if cause.line else ""
    if launches(run.ranks):
        if cause.cause.startswith("Rank "):
            return ""
        return _whose([cause], run) if _rank_below(cause) is not None else " (the launcher's log)"
    rank = guilty_of(cause)
    return _bracketed([rank], run) if rank is not None and (len(run.ranks) > 1 or rank != cause.rank) else ""


def _bracketed(ranks: Sequence[int], run: RunSnapshot | None) -> str:
    """Return ` (rank 1)`, or ` (ps0: rank 1)`, without brackets in brackets."""
    return f" ({_unbracketed(ranks, run)})"


def _unbracketed(ranks: Sequence[int], run: RunSnapshot | None) -> str:
    return called(ranks, run).replace(" (", ": ").replace(")", "")


def _as_command(fix: Fix, run: RunSnapshot | None) -> str:
    """Return how the fix is done from here; a value is shown as YAML reads it, so nothing but plain ones."""
    if run is None or not run.source or not all(_is_plain(each) for each in fix.set.values()):
        return ""
    unsets = [word for path in fix.unset for word in ("--unset", path)]
    return f": {shlex.join(['rankzero', 'set', run.source, *_sets(fix), *unsets])}"


def _as_rerun(fix: Fix, run: RunSnapshot | None) -> str:
    source = run.source if run is not None and run.source else "JOB.yml"
    if fix.unset or not all(_is_plain(each) for each in fix.set.values()):
        return ""
    sets = [word for each in _sets(fix) for word in ("--set", each)]
    return f": {shlex.join(['rankzero', 'run', source, *sets])}"


def _sets(fix: Fix) -> list[str]:
    return [f"{path}={value}" for path, value in fix.set.items()]


def _is_plain(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.replace(",", "").isalnum())


def _grouped(explanations: Sequence[Explanation], run: RunSnapshot | None) -> list[tuple[str, str]]:
    """Return what is said, each once, with whose it is."""
    found: dict[str, list[Explanation]] = {}
    for each in explanations:
        found.setdefault(each.cause, []).append(each)
    return [(text, _whose(group, run)) for text, group in found.items()]


def _whose(explanations: Sequence[Explanation], run: RunSnapshot | None) -> str:
    """Return ` (ranks 0, 2)`; of the log of a launcher whose ranks it started, ` (the launcher)` for its own words."""
    is_launched = run is not None and launches(run.ranks)
    ranks, launchers = set(), set()
    for each in explanations:
        rank = guilty_of(each)
        if is_launched:
            rank = _rank_below(each)
            launchers |= {each.rank} if rank is None and each.rank is not None else set()
        ranks |= {rank} if rank is not None else set()
    said = [_unbracketed(sorted(ranks), run)] if ranks else []
    if launchers:
        is_only = run is not None and len(run.ranks) == 1
        several = "s" if len(launchers) > 1 else ""
        said.append("the launcher" if is_only else f"launcher{several} {numbered(sorted(launchers))}")
    return f" ({', '.join(said)})" if said else ""


def _rank_below(explanation: Explanation) -> int | None:
    """Return the rank, of those that a launcher started, of which a line of its log speaks."""
    return lines_of(explanation.line).writers[0].rank if explanation.about is None else explanation.about


def _falls(falls: Sequence[Fall], run: RunSnapshot | None) -> Iterator[tuple[str, str]]:
    """Yield who fell how, in the order of their falls, those that fell alike in one line; nothing where nobody did."""
    if len(falls) < 2 or all(PART_WORDS[each.part].title != FELL for each in falls):
        return
    noun = "launcher" if run is not None and launches(run.ranks) else "rank"
    alike: dict[Part, list[Fall]] = {}
    for each in falls:
        alike.setdefault(each.part, []).append(each)
    by_limit = _stopped_by_limit(run)
    for part, group in alike.items():
        ranks = sorted(each.rank for each in group)
        first = min((each.at for each in group if each.at is not None), default=None)
        at = f", at {first.astimezone():%H:%M:%S}" if first is not None and first.year > 2000 else ""
        words = PART_WORDS[part]
        said = words.several if len(ranks) > 1 else words.one
        is_by_limit = by_limit.issuperset(ranks)
        if part is Part.STOPPED and is_by_limit:
            said += " by the limit"
        stopped = ", and stopped by the limit" if words.title == FELL and is_by_limit else ""
        yield words.title, f"{called(ranks, run, noun)}: {said}{at}{stopped}"


def _stopped_by_limit(run: RunSnapshot | None) -> frozenset[int]:
    if run is None or not is_of_limit(run):
        return frozenset()
    return frozenset(each.rank for each in run.ranks).difference(over_before(run))


def _others(known: Diagnosis) -> Iterable[Explanation]:
    return (each for each in known.all if each is not known.cause and not each.is_echo and not each.is_symptom)


def _code_shape(known: Diagnosis) -> dict[str, Any] | None:
    if known.code is None:
        return None
    return {"file": known.code.file, "line": known.code.line, "text": known.code_shown or None}


def _stand_shape(stand: Stand) -> dict[str, Any]:
    place = {"file": stand.place.file, "line": stand.place.line, "text": stand.code or None}
    return {"ranks": list(stand.ranks), **place}


def _cause_shape(known: Diagnosis) -> dict[str, Any] | None:
    cause = known.cause
    if cause is None:
        return None
    more = _shape(cause)
    return {
        "category": cause.category,
        "confidence": cause.certainty,
        **_line_shape(known, cause),
        "rank": known.rank,
        "explanation": cause.cause,
        **{key: more[key] for key in ("advice", "links", "fix", "rerun", "remedy")},
    }


def _line_shape(known: Diagnosis, explanation: Explanation) -> dict[str, Any]:
    place = known.place_of(explanation)
    return {
        "code": explanation.code,
        "rank": guilty_of(explanation),
        "file": place.file if place is not None else None,
        "line": place.line or None if place is not None else None,
        "offset": place.offset if place is not None else None,
        "text": explanation.line,
        "explanation": explanation.cause,
    }


def _shape(explanation: Explanation) -> dict[str, Any]:
    data: dict[str, Any] = to_json(explanation)
    data["echo"] = data.pop("is_echo")
    return data


def _versions(plugins: PluginHost) -> dict[str, str]:
    """Return the version of each file of knowledge by plugin and name."""
    found = {}
    for info in plugins.plugins:
        for path in sorted(info.folder.glob("knowledge/*.toml")) if info.folder is not None else ():
            with path.open("rb") as file:
                version = _VERSION.search(file.read(_HEAD))
            found[f"{info.id}/{path.stem}"] = version[1].decode("utf-8", "replace") if version is not None else ""
    return found
