"""A job's shell command in words: enough to see what it calls, without running it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_SEPARATORS = frozenset({"&&", "||", "|", ";", "&", "(", ")", ";;", "{", "}"})
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1.*?^\s*\2\s*$", re.DOTALL | re.MULTILINE)
_PLACEHOLDER = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")


def simple_commands(command: str) -> Iterator[list[str]]:
    """Yield the words of each simple command of a command line, with quotes resolved.

    `cd src && NCCL_DEBUG=INFO torchrun "my train.py" | tee log` gives `cd src`, then
    `NCCL_DEBUG=INFO torchrun` and `my train.py`, then `tee log`. Comments, line continuations and the bodies of
    heredocs are left out; `${{ inputs.x }}` is one word, without its spaces; variables stay as they are. Where a
    quote is left open, words are what stands between spaces.
    """
    words: list[str] = []
    for word in _words(command):
        if word in _SEPARATORS:
            yield words
            words = []
        else:
            words.append(word)
    yield words


def has_open_quote(command: str) -> bool:
    """Whether a quote that begins in the command does not end in it: the shell will refuse it."""
    try:
        list(_lexer(command))
    except ValueError:
        return True
    return False


def _words(command: str) -> list[str]:
    try:
        return list(_lexer(command))
    except ValueError:  # an open quote: the shell will complain in its own words
        return command.split()


def _lexer(command: str) -> shlex.shlex:
    text = _HEREDOC.sub("", command)
    text = _COMMENT.sub("", text.replace("\\\n", " ")).replace("\n", " ; ")
    text = _PLACEHOLDER.sub(r"${{\1}}", text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();|&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return lexer
