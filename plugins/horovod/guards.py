"""Where in a script something runs: on every rank, on chosen ones, under a condition, before something else."""

from __future__ import annotations

import ast

from desktop_app.api.kit import Script

_RANK_WORDS = ("rank", "main_process", "is_main", "is_master", "primary", "master", "chief", "is_first", "is_root")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ENTRANCES = frozenset({"main", "train", "run", "worker"})
_DEPTH = 3


def is_on_chosen_ranks(node: ast.AST, script: Script, depth: int = _DEPTH) -> bool:
    """Whether a node runs on chosen ranks alone, as far as its file shows; unknown callers count as choosing."""
    child = node
    while child in script.parents:
        parent = script.parents[child]
        if isinstance(parent, ast.If | ast.IfExp) and mentions_rank(parent.test):
            return True
        if isinstance(parent, ast.BoolOp) and mentions_rank(parent.values[0]):
            return True
        if _leaves_before(parent, child):
            return True
        if isinstance(parent, _FUNCTIONS):
            return _callers_choose(parent, script, depth)
        child = parent
    return False


def mentions_rank(node: ast.AST) -> bool:
    """Whether a name, an attribute or a text in a node speaks of a rank."""
    for each in ast.walk(node):
        word = each.id if isinstance(each, ast.Name) else each.attr if isinstance(each, ast.Attribute) else ""
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            word = each.value
        if any(part in word.lower() for part in _RANK_WORDS):
            return True
    return False


def chooses_ranks(test: ast.expr) -> bool:
    """Whether a condition surely holds on some ranks and not on others: it compares a rank with a number."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name | ast.Attribute | ast.Call) and mentions_rank(test.operand)
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq | ast.NotEq):
        return False
    other = test.comparators[0]
    is_number = isinstance(other, ast.Constant) and str(other.value).isdigit()
    return is_number and mentions_rank(test.left)


def conditions(node: ast.AST, script: Script) -> list[ast.If]:
    """Return the `if` around a node within its function, `if __name__ == "__main__"` left out."""
    found = []
    while node in script.parents and not isinstance(node, _FUNCTIONS):
        node = script.parents[node]
        if isinstance(node, ast.If) and "__name__" not in {
            n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)
        }:
            found.append(node)
    return found


def scope(node: ast.AST, script: Script) -> ast.AST | None:
    """Return the function that a node stands in, None for the script's own level."""
    while node in script.parents:
        node = script.parents[node]
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            return node
    return None


def _leaves_before(parent: ast.AST, child: ast.AST) -> bool:
    body = getattr(parent, "body", None)
    if not isinstance(body, list) or child not in body:
        return False
    leaves = (ast.Return, ast.Continue, ast.Raise)
    return any(
        isinstance(each, ast.If) and mentions_rank(each.test) and isinstance(each.body[-1], leaves)
        for each in body[: body.index(child)]
    )


def _callers_choose(function: ast.FunctionDef | ast.AsyncFunctionDef, script: Script, depth: int) -> bool:
    if any(mentions_rank(each) for each in function.decorator_list):
        return True
    names = {function.name, f"self.{function.name}", f"cls.{function.name}"}
    calls = [each for each in script.calls_of(function.name) if script.name_of(each.func) in names]
    if not calls:
        return function.name not in _ENTRANCES
    return depth > 0 and all(is_on_chosen_ranks(each, script, depth - 1) for each in calls)
