"""Small mistakes, one at a time, in the functions of a module.

A mistake is put into a function that lives already: whoever imported it has the wrong one. So nothing has to be
imported again for each, and no file is ever written.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple


class Edit(NamedTuple):
    """Puts ``new`` into a field of a node, or at a place of a list of nodes."""

    holder: Any
    key: Any
    new: Any

    def swap(self) -> Edit:
        """Make it; what is returned takes it back."""
        if isinstance(self.holder, list):
            old = self.holder[self.key]
            self.holder[self.key] = self.new
        else:
            old = getattr(self.holder, self.key)
            setattr(self.holder, self.key, self.new)
        return self._replace(new=old)


_SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "divmod": "pow",
    "ROUND_DOWN": "ROUND_UP",
    "ROUND_HALF_UP": "ROUND_HALF_EVEN",
    "add": "subtract",
    "subtract": "add",
    "multiply": "divide",
    "divide": "multiply",
    "start": "end",
    "end": "start",
}
_SKIPPED = (ast.Assert, ast.Raise, ast.JoinedStr)
"""What is no decision: what a programmer must keep, and words."""

_CALLED = "__called_by_tests__"


@dataclass(frozen=True)
class Mutant:
    """A function with one mistake; ``code`` is what it then does."""

    module: str
    line: int
    function: str
    what: str
    code: CodeType

    @property
    def place(self) -> str:
        return f"{self.module}.{self.function}"

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.function}: {self.what}"


def mutants(module: ModuleType) -> Iterator[Mutant]:
    """Every mistake there is in the functions and methods of a module."""
    path = str(module.__file__)
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    for name, function in _functions(tree.body, ""):
        for node in _nodes(function):
            for edit in _edits(node):
                line = getattr(node, "lineno", 0) or function.lineno
                before = _text(node)
                back = edit.swap()
                what = f"{before}  ->  {_text(node)}"
                code = _code(compile(tree, path, "exec"), name.split("."))
                back.swap()
                yield Mutant(module.__name__, line, name, what, code)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:70]


def put(mutant: Mutant) -> None:
    """Make the mistake, for good."""
    _live(sys.modules[mutant.module], mutant.function).__code__ = mutant.code


def watch(modules: Iterable[ModuleType]) -> set[str]:
    """Which functions of the modules have been called: their places come as they are."""
    called: set[str] = set()
    for module in modules:
        vars(module)[_CALLED] = called
        path = str(module.__file__)
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
        names = []
        for name, function in _functions(tree.body, ""):
            place = f"{module.__name__}.{name}"
            function.body[:0] = ast.parse(f"{_CALLED}.add({place!r})").body
            names.append(name)
        code = compile(tree, path, "exec")
        for name in names:
            _live(module, name).__code__ = _code(code, name.split("."))
    return called


def _functions(body: list[ast.stmt], within: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for one in body:
        if isinstance(one, ast.FunctionDef):
            yield within + one.name, one
        elif isinstance(one, ast.ClassDef):
            yield from _functions(one.body, f"{within}{one.name}.")


def _nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The function and all in it that decides something, in the order of the text."""
    yield function
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, _SKIPPED) or _is_text(node) or _is_strict(node) or _is_never(node):
            continue
        yield node
        waiting += reversed([one for one in _inner(node) if one is not None])


def _inner(node: ast.AST) -> Iterable[ast.AST | None]:
    """What is in a node but for types, which nobody runs."""
    match node:
        case ast.AnnAssign(value=value):
            return [value]
        case ast.FunctionDef(args=args, body=body):
            return [*args.defaults, *args.kw_defaults, *body]
        case _:
            return ast.iter_child_nodes(node)


def _edits(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Compare(ops=ops):
            yield from (Edit(ops, place, _SWAPS[type(op)]()) for place, op in enumerate(ops))
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in _SWAPS:
            yield Edit(node, "op", _SWAPS[type(op)]())
        case ast.UnaryOp(op=ast.USub()):
            yield Edit(node, "op", ast.UAdd())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Edit(node, "operand", _opposite(operand))
        case ast.Constant(value=bool() as value):
            yield Edit(node, "value", not value)
        case ast.Constant(value=int() as value):
            yield Edit(node, "value", value + 1)
        case ast.Name(id=name) if name in _NAMES:
            yield Edit(node, "id", _NAMES[name])
        case ast.Attribute(attr=name) if name in _NAMES:
            yield Edit(node, "attr", _NAMES[name])
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.UnaryOp):
            yield Edit(node, "test", _opposite(test))
        case ast.comprehension(ifs=ifs):
            for place, condition in enumerate(ifs):
                yield Edit(ifs, place, ast.copy_location(ast.Constant(value=True), condition))
    for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
        for place, one in enumerate(block if isinstance(block, list) else ()):
            if isinstance(one, ast.Continue):
                yield Edit(block, place, ast.copy_location(ast.Break(), one))
            elif isinstance(one, ast.Expr | ast.AugAssign) and not _is_text(one):
                yield Edit(block, place, ast.copy_location(ast.Pass(), one))


def _opposite(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _is_text(one: ast.AST) -> bool:
    return isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)


def _is_strict(node: ast.AST) -> bool:
    """``zip(..., strict=True)``, which is an assertion."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _is_never(node: ast.AST) -> bool:
    """``case never: assert_never(never)``, which is an assertion, too."""
    return isinstance(node, ast.match_case) and "assert_never" in ast.unparse(node.body[0])


def _code(within: CodeType, names: list[str]) -> CodeType:
    for name in names:
        inner = (one for one in within.co_consts if isinstance(one, CodeType))
        within = next(one for one in inner if one.co_name == name)
    return within


def _live(module: ModuleType, name: str) -> FunctionType:
    """The function that everybody calls, whatever it is wrapped in."""
    *classes, last = name.split(".")
    holder: Any = module
    for one in classes:
        holder = getattr(holder, one)
    found = vars(holder)[last]
    for inner in ("fget", "__func__", "__wrapped__"):
        found = getattr(found, inner, found)
    assert isinstance(found, FunctionType), found
    return found
