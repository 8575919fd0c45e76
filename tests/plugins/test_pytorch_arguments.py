"""argparse options are read from the syntax tree, in any form people give them."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from desktop_app.api import ScriptArgument
from tests.helpers.pytorch_jobs import scanned

HEAD = "import argparse\nimport torch\np = argparse.ArgumentParser()\n"


def read(lines: str) -> tuple[ScriptArgument, ...]:
    return scanned(HEAD + textwrap.dedent(lines)).arguments


FORMS: list[tuple[str, dict[str, Any]]] = [
    # spellings and names
    ('p.add_argument("--lr", type=float, default=0.1)', {"flag": "--lr", "type": "float", "default": 0.1}),
    ('p.add_argument("--lr", "--learning-rate", type=float)', {"flag": "--learning-rate", "name": "lr"}),
    ('p.add_argument("-b", "--batch-size", type=int)', {"flag": "--batch-size", "name": "batch_size", "type": "int"}),
    ('p.add_argument("-x")', {"flag": "-x", "name": "x", "type": "str"}),
    ('p.add_argument("--a-b", dest="c")', {"flag": "--a-b", "name": "c"}),
    ('p.add_argument("data")', {"flag": "data", "name": "data", "positional": True, "required": True}),
    ('p.add_argument("data", nargs="?", default="d")', {"positional": True, "required": False, "default": "d"}),
    # types
    ('p.add_argument("--n", type=int, default=-1)', {"type": "int", "default": -1}),
    ('p.add_argument("--n", type=int, default="5")', {"type": "int", "default": 5}),
    ('p.add_argument("--n", type=int, default=0.5)', {"type": "int", "default": None}),
    ('p.add_argument("--n", type=float, default=1)', {"type": "float", "default": 1.0}),
    ('p.add_argument("--n", type=float, default=1e-3)', {"default": 0.001}),
    ('p.add_argument("--n", type=lambda s: int(s), default=3)', {"type": "int", "default": 3}),
    ('p.add_argument("--n", type=positive, default=0.5)', {"type": "float", "default": 0.5}),
    ('p.add_argument("--n", type=str2bool, default=True)', {"type": "str", "default": "True"}),
    ('p.add_argument("--n", type=bool, default=False)', {"type": "str", "default": "False"}),
    ('p.add_argument("--n", type=pathlib.Path, default="a/b")', {"type": "str", "default": "a/b"}),
    ('p.add_argument("--n", default=5)', {"type": "str", "default": "5"}),
    # defaults that are no literal
    ('p.add_argument("--n", type=int, default=10 * 60)', {"default": None}),
    ('p.add_argument("--n", type=int, default=os.cpu_count())', {"default": None}),
    ('p.add_argument("--n", default=os.environ["DATA"])', {"default": None}),
    ('p.add_argument("--n", default=f"{a}/b")', {"default": None}),
    ('p.add_argument("--n", default=None)', {"default": None}),
    ('N = 7\np.add_argument("--n", type=int, default=N)', {"default": 7}),
    ('N = 7\nN = 8\np.add_argument("--n", type=int, default=N)', {"default": None}),
    ('name = "--n"\np.add_argument(name, type=int)', {"flag": "--n"}),
    ('p.add_argument("--n", type=int, default=1)\np.set_defaults(n=9)', {"default": 9}),
    # switches
    ('p.add_argument("--x", action="store_true")', {"type": "bool", "default": False, "flag": "--x"}),
    ('p.add_argument("--no-x", dest="x", action="store_false")', {"type": "bool", "default": True, "flag": "--no-x"}),
    ('p.add_argument("--x", action="store_true", default=True)', {"type": "bool", "default": True}),
    ('p.add_argument("--x", action=argparse.BooleanOptionalAction)', {"type": "bool", "default": False, "flag": "--x"}),
    ('p.add_argument("--x", action=argparse.BooleanOptionalAction, default=True)', {"default": True, "flag": "--no-x"}),
    ('p.add_argument("--x", action="store_const", const=3)', {"type": "bool", "default": False}),
    # several values
    ('p.add_argument("--n", nargs="+", type=int, default=[64, 32])', {"many": True, "default": "64 32", "type": "int"}),
    ('p.add_argument("--n", nargs=2, type=float)', {"many": True, "default": None}),
    ('p.add_argument("--n", nargs="*", default=[f()])', {"many": True, "default": None}),
    ('p.add_argument("--n", nargs=1, default="a")', {"many": False}),
    # choices, required, help
    ('p.add_argument("--m", choices=["a", "b"], default="a")', {"choices": ("a", "b"), "default": "a"}),
    ('p.add_argument("--m", type=int, choices=range(3))', {"choices": ("0", "1", "2")}),
    ('p.add_argument("--m", type=int, choices=range(10**9))', {"choices": ()}),
    ('p.add_argument("--m", choices={"z", "a"})', {"choices": ("a", "z")}),
    ('p.add_argument("--m", choices=sorted(models))', {"choices": ()}),
    ('M = ("r", "v")\np.add_argument("--m", choices=M)', {"choices": ("r", "v")}),
    ('p.add_argument("--m", required=True)', {"required": True}),
    ('p.add_argument("--m", required=not DEBUG)', {"required": False}),
    ('p.add_argument("--m", help="the " "model")', {"help": "the model"}),
    ('p.add_argument("--m", help="a\\n   b")', {"help": "a b"}),
    ('p.add_argument("--m", default=3, help="it (default: %(default)s), 5%%")', {"help": "it (default: 3), 5%"}),
    ('p.add_argument("--m", help="a " + "b")', {"help": "a b"}),
    ('p.add_argument("--m", help=f"one of {names}")', {"help": "one of"}),
    # parser groups and other receivers
    ('g = p.add_argument_group("g")\ng.add_argument("--m")', {"flag": "--m"}),
    ('p.add_mutually_exclusive_group().add_argument("--m")', {"flag": "--m"}),
    ('def add(parser):\n    parser.add_argument("--m")', {"flag": "--m"}),
    ('class A:\n    def f(self):\n        self.parser.add_argument("--m")', {"flag": "--m"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FORMS, ids=[text for text, _ in FORMS])
def test_forms(text: str, expected: dict[str, Any]) -> None:
    (found,) = read(text)
    assert {name: getattr(found, name) for name in expected} == expected


NOT_ASKED = [
    'p.add_argument("-v", action="count")',
    'p.add_argument("--version", action="version", version="1")',
    'p.add_argument("--help-all", action="help")',
    'p.add_argument("rest", nargs=argparse.REMAINDER)',
    "p.add_argument(*flags, **options)",
    "p.add_argument()",
    's = p.add_subparsers()\nq = s.add_parser("a")\nq.add_argument("--m")',
    's = p.add_subparsers()\ns.add_parser("a").add_argument("--m")',
    's = p.add_subparsers()\nq = s.add_parser("a")\ng = q.add_argument_group()\ng.add_argument("--m")',
    'add_argument("--m")',
]


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_nobody_is_asked_for(text: str) -> None:
    assert read(text) == ()


def test_order_and_line_are_the_scripts() -> None:
    found = read('p.add_argument("--b")\np.add_argument("--a")\np.add_argument("--c")')
    assert [(each.flag, each.line) for each in found] == [("--b", 4), ("--a", 5), ("--c", 6)]


def test_the_first_of_two_with_one_name_counts() -> None:
    (found,) = read('p.add_argument("--a", default="1")\np.add_argument("--a", default="2")')
    assert found.default == "1"
