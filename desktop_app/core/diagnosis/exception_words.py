"""What to try where a script raised one of Python's own exceptions, of which no plugin knows: by its type and words."""

from __future__ import annotations

import re

_MOST = 160
"""Characters of a message that stand in a sentence."""
_IN_USER_CODE = re.compile(r"^in user code:\s*(?:(?P<kind>\w+(?:Error|Exception)): )?(?P<message>.*)$", re.DOTALL)
_BY_WORDS = (
    (
        "AttributeError",
        r"'NoneType' object",
        "Something is None there: a function that returned nothing, a setting that was not given, or a search "
        "that found nothing. Print what stands before the dot.",
    ),
    (
        "TypeError",
        r"'NoneType'",
        "Something is None there: a function that returned nothing, or a setting that was not given. Print "
        "the values of that line of code.",
    ),
    (
        "TypeError",
        r"argument",
        "Compare the call with what the function takes in the version that is installed: "
        "print(inspect.signature(function)).",
    ),
    (
        "ValueError",
        r"values to unpack",
        "Compare the number of names on the left of that line of code with what is given: print its len(), "
        "such as that of a batch.",
    ),
    (
        "ValueError",
        r"could not convert string to (?:float|int)|invalid literal for int",
        "A text is no number: print it. It may be empty, have a unit or a comma, or be a column's header.",
    ),
    (
        "JSONDecodeError",
        r"",
        "The text is no JSON: print it, or look at the file: it may be empty, cut off, or a web page.",
    ),
    (
        "KeyError",
        r"",
        "A dictionary (a configuration, a batch, a checkpoint, a table) has no such entry: print its keys() "
        "before that line of code, and see how the name is written.",
    ),
    (
        "IndexError",
        r"",
        "A list, a tuple or an array is shorter than the code takes it to be: print its len() or .shape "
        "before that line. The last batch may be smaller than others.",
    ),
    (
        "AttributeError",
        r"",
        "Print type() of what stands before the dot: it is another thing than the code takes it to be, or the "
        "library is of another version than the code was written for.",
    ),
    (
        "ZeroDivisionError",
        r"",
        "What it is divided by is 0: most often the length of a data set, a loader or a list that is empty, "
        "or has nothing for this rank.",
    ),
    (
        "UnboundLocalError",
        r"",
        "The variable gets a value only in a branch or a loop that was not gone through here, such as `if "
        "rank == 0:` or a loop over no batches: give it one before.",
    ),
    (
        "NameError",
        r"",
        "See that the name is written as where it is made, and that its import is there; in a function of "
        "another process only what the module makes is known.",
    ),
    (
        "AssertionError",
        r"",
        "A condition that the code demands (assert) did not hold: print the values that it compares before "
        "that line, on each rank.",
    ),
    (
        "StopIteration",
        r"",
        "There were fewer batches than steps: make the iterator anew for each epoch, or take as many steps as "
        "the loader has batches: len(loader).",
    ),
    (
        "NotImplementedError",
        r"",
        "This class or function lacks a part that it needs: write it, or take another one that has it.",
    ),
    (
        "OverflowError",
        r"",
        "A number is too large for its type: print it; a training that diverges has such losses (math.exp of "
        "a large loss).",
    ),
    (
        "TypeError",
        r"",
        "Print type() of the values in that line of code: one of them is another thing than the code takes it to be.",
    ),
)
"""The first that fits: a type, words of the message, and what to do."""
_ANY = "Print the values that the line of code which raised it works with, before it, on each rank."


def words_of(kind: str, message: str) -> tuple[str, str]:
    """Return the exception's own type and message: without what wraps it, and as long as a sentence bears."""
    wrapped = _IN_USER_CODE.match(message.strip())
    if wrapped is not None:  # AutoGraph raises what a traced function raised as an error of its own
        kind, message = wrapped["kind"] or kind, wrapped["message"]
    said = message.strip()
    return kind, said if len(said) <= _MOST else said[: _MOST - 1].rstrip() + "…"


def advice_of(kind: str, message: str) -> str:
    """Return what to do about an exception: one sentence or two."""
    for named, words, advice in _BY_WORDS:
        if kind == named and re.search(words, message):
            return advice
    return _ANY
