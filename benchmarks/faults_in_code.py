"""Small faults in Python code: what `benchmarks/mutants.py` puts into a room, one at a time.

A comparison, an operator, a number, a condition, a result, a statement left out; what is between
quotes, annotations and decorators stay.
"""

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In},
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.Pow: ast.Mult},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
UNSEEN = {"annotation", "returns", "decorator_list"}


class Mutant(NamedTuple):
    """One fault: where, in which function (its first line), and the file that has it."""

    path: Path
    line: int
    function: int
    change: str
    spoiled: bytes


def mutants(path: Path) -> Iterator[Mutant]:
    """All faults that one file offers."""
    source = path.read_bytes()
    starts = [0]
    for row in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    for node, function in _walk(ast.parse(source), 0):
        for old, new in _faults(node):
            text = f"({ast.unparse(new)})" if isinstance(new, ast.expr) else ast.unparse(new)
            before = source[: starts[old.lineno - 1] + old.col_offset]
            after = source[starts[old.end_lineno - 1] + old.end_col_offset :]
            change = f"{ast.unparse(old)}  ->  {text}"
            yield Mutant(path, old.lineno, function, change, before + text.encode() + after)


def _walk(node: ast.AST, function: int) -> Iterator[tuple[Any, int]]:
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.FunctionDef):
        function = min(part.lineno for part in [node, *node.decorator_list])
    yield node, function
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in UNSEEN:
                yield from _walk(child, function)


def _faults(node: Any) -> Iterator[tuple[Any, ast.AST]]:
    """The faults of one place: what goes, and what comes instead."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            yield node, _changed(node, ops=[SWAPS[type(op)]()])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPS:
            yield node, _changed(node, op=SWAPS[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield node, operand
        case ast.Constant(value=bool() as value):
            yield node, ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield node, ast.Constant(value + 1)
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test) | ast.IfExp(test=test):
            yield test, ast.UnaryOp(ast.Not(), test)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield value, ast.Constant(None)
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield node, ast.Pass()


def _changed(node: ast.AST, **fields: Any) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
