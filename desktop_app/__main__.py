"""The front door: `rankzero VERB …`. Imports nothing but the verb that is asked for.

`rankzero --help` and wrong usage must cost little more than starting Python (tests/architecture holds that).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

HELP = """usage: rankzero [--home DIR] [--safe-mode] [--version] [VERB …]

Without a verb, the window opens.

verbs:
  open PATH            the window, on that file or folder
  validate PATH...     check Azure ML files offline; folders are walked
  set FILE KEY=VALUE…  set values in a file, keeping every other byte
  upload-preview JOB   which files Azure ML would take, what stays behind, what is risky
  new job              a job file from a wizard, answered from a file
  ranks JOB.yml        what every process of a job will see on Azure ML
  run JOB.yml          submit a job, here or to Azure ML, and follow it to its end
  runs …               list, show, logs, diagnose, cancel, download, drill, stragglers, compare, bundle, open, rm
  diagnose PATH...     the root cause of a failed run, from log files or folders alone
  outbox …             list, send, withdraw: jobs that wait until Azure ML can be reached
  environments …       list, show, diff, check, try, register: what jobs run in
  toolchains …         list, create, add, use, check, remove: Python environments with the frameworks
  workspace …          add, list, use, show, sign-in, sign-out, remove: workspaces of Azure ML
  compute …            list, create, scale, delete, sizes, quota: its clusters
  export MODEL         to ONNX, checked against the framework's own output
  models …             list, register, download: what runs made
  data …               list, register, download: what runs read
  endpoints …          list, deploy, traffic, log, call, delete: models served
  plugins …            list, search, show, history, verify, install, update, enable, disable, remove, pin,
                       unpin, undo, set, sources, block-list, new, check: what plugins there are, and your own
  doctor               what this machine has, what is missing and how to get it

options:
  --home DIR           keep all state in DIR (or set RANKZERO_HOME)
  --safe-mode          start without any plugin that did not come with the program
  --json               one JSON document on standard output, nothing else there
  --version            say the version
  -h, --help           this text; `rankzero VERB --help` says more

exit codes: 0 done, 1 the input or the job is at fault, 2 wrong usage, 3 the outside world failed, 130 interrupted,
143 asked to end while a run goes on
"""

VERBS = {
    "open": "open_window",
    "validate": "validate",
    "set": "set",
    "upload-preview": "upload_preview",
    "new": "new",
    "ranks": "ranks",
    "run": "run",
    "runs": "runs",
    "diagnose": "diagnose",
    "outbox": "outbox",
    "environments": "environments",
    "toolchains": "toolchains",
    "workspace": "workspace",
    "compute": "compute",
    "export": "export",
    "models": "models",
    "data": "data",
    "endpoints": "endpoints",
    "plugins": "plugins",
    "doctor": "doctor",
}
"""The module below `desktop_app.cli` for each verb."""

_WITH_VALUE = frozenset({"--home"})
_FLAGS = frozenset({"--safe-mode", "--json"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; Ctrl+C is one too, even while the first module is imported."""
    try:
        return _main(arguments)
    except KeyboardInterrupt:
        return 130


def _main(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    shared, rest = _split(given)
    if rest and rest[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0
    if rest and rest[0] == "--version":
        return _version()
    verb = rest[0] if rest else "open"
    if verb not in VERBS:
        return _wrong(verb)
    from desktop_app.cli.dispatch import run_verb

    return run_verb(verb, VERBS[verb], [*shared, *rest[1:]])


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the options that stand before the verb, and the verb with all that follows it."""
    taken = 0
    while taken < len(arguments):
        word = arguments[taken]
        if word in _WITH_VALUE:
            taken += 2
        elif word in _FLAGS or word.partition("=")[0] in _WITH_VALUE:
            taken += 1
        else:
            break
    return arguments[:taken], arguments[taken:]


def _version() -> int:
    from desktop_app import __version__

    print(f"rankzero {__version__}")
    return 0


def _wrong(word: str) -> int:
    from desktop_app.core.nearest import nearest

    kind = "option" if word.startswith("-") else "verb"
    print(f"error: There is no {kind} “{word}”. {nearest(word, list(VERBS))}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
