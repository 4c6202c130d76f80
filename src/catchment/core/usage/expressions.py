"""Arithmetic over the properties of one event: a text in, a decimal out, never a float.

The language is small so that every expression has one exact meaning: numbers, names, ``+ - * /``,
``min``, ``max``, parentheses and the minus sign. There are no loops and no side effects, and what
can be parsed can be evaluated: only a division by zero has no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import NamedTuple

from catchment.core.values.errors import Invalid
from catchment.core.values.money import MAX_DECIMALS, quotient

LONGEST = 500
"""How many characters an expression has at most."""

DEEPEST = 50
"""How deep parentheses, calls and signs are nested at most."""

_WHOLE_DIGITS = 15
_TOKEN = re.compile(
    r'(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[^\W\d]\w*)|"(?P<quoted>(?:[^"]|"")+)"'
    r"|(?P<mark>[-+*/(),])"
)
_NEGATION = "negate"

# An expression has at most 250 operands, of 27 digits each, and a division adds 12: all fits.
_exact = Context(prec=10_000, traps=[Inexact])
_BINARY: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _exact.add,
    "-": _exact.subtract,
    "*": _exact.multiply,
    "/": quotient,
}
_FUNCTIONS: dict[str, Callable[[list[Decimal]], Decimal]] = {"min": min, "max": max}


class ExpressionInvalid(Invalid):
    """The expression cannot be read."""

    code = "expression_invalid"


class Name(str):
    """A value that is looked up: a property's or a parameter's."""

    __slots__ = ()


class Operation(NamedTuple):
    """Takes the last ``size`` values and leaves one."""

    sign: str
    size: int


@dataclass(frozen=True, slots=True)
class Expression:
    """What is done, operands first; ``names`` are looked up, in the order they first occur."""

    steps: tuple[Decimal | Name | Operation, ...]
    names: tuple[str, ...]


@lru_cache(maxsize=1_000)
def parse(text: str) -> Expression:
    """The expression that ``text`` spells; spaces do not matter.

    A name is letters, digits and underscores, or anything in double quotes (doubled inside); a
    property called min or max is quoted. Raises ExpressionInvalid, naming the place.
    """
    if len(text) > LONGEST:
        raise _refusal(f"An expression has at most {LONGEST} characters.")
    reader = _Reader(text)
    reader.whole()
    names = dict.fromkeys(str(step) for step in reader.steps if isinstance(step, Name))
    return Expression(tuple(reader.steps), tuple(names))


def evaluate(expression: Expression, values: Mapping[str, Decimal]) -> Decimal | None:
    """Its value, where ``values`` has all its names; None where something is divided by zero.

    Exact, but for divisions: each is rounded to 12 decimals, half away from zero.
    """
    stack: list[Decimal] = []
    for step in expression.steps:
        if isinstance(step, Name):
            stack.append(values[step])
        elif isinstance(step, Decimal):
            stack.append(step)
        else:
            operands = stack[-step.size :]
            del stack[-step.size :]
            made = _apply(step.sign, operands)
            if made is None:
                return None
            stack.append(made)
    [value] = stack
    return value


def _apply(sign: str, operands: list[Decimal]) -> Decimal | None:
    match operands:
        case [_, divisor] if sign == "/" and not divisor:
            return None
        case [left, right] if sign in _BINARY:
            return _BINARY[sign](left, right)
        case [value] if sign == _NEGATION:
            return _exact.minus(value)
    return _FUNCTIONS[sign](operands)


class _Token(NamedTuple):
    kind: str
    text: str
    place: int  # of its first character, from 1


class _Reader:
    """Recursive descent; what is read is written down operands first."""

    def __init__(self, text: str) -> None:
        self.steps: list[Decimal | Name | Operation] = []
        self._tokens = _tokens(text)
        self._next = next(self._tokens)

    def whole(self) -> None:
        self._sum(0)
        if self._next.kind != "end":
            raise _refusal("An operator or the end is expected", self._next.place)

    def _sum(self, depth: int) -> None:
        self._product(depth)
        while self._at("+", "-"):
            sign = self._take().text
            self._product(depth)
            self.steps.append(Operation(sign, 2))

    def _product(self, depth: int) -> None:
        self._signed(depth)
        while self._at("*", "/"):
            sign = self._take().text
            self._signed(depth)
            self.steps.append(Operation(sign, 2))

    def _signed(self, depth: int) -> None:
        if depth > DEEPEST:
            raise _refusal(f"It is nested more than {DEEPEST} deep", self._next.place)
        token = self._take()
        match token:
            case _Token("mark", "-"):
                self._signed(depth + 1)
                self.steps.append(Operation(_NEGATION, 1))
            case _Token("mark", "("):
                self._sum(depth + 1)
                self._expect(")")
            case _Token("name", "min" | "max"):
                self._expect("(")
                self._arguments(token.text, depth + 1)
            case _Token("name" | "quoted"):
                self.steps.append(Name(token.text))
            case _Token("number"):
                self.steps.append(_number(token))
            case _:
                raise _refusal("A number, a name or a parenthesis is expected", token.place)

    def _arguments(self, function: str, depth: int) -> None:
        self._sum(depth)
        count = 1
        while self._at(","):
            self._take()
            self._sum(depth)
            count += 1
        self._expect(")")
        self.steps.append(Operation(function, count))

    def _at(self, *marks: str) -> bool:
        return self._next.kind == "mark" and self._next.text in marks

    def _expect(self, mark: str) -> None:
        token = self._take()
        if (token.kind, token.text) != ("mark", mark):
            raise _refusal(f"{mark!r} is expected", token.place)

    def _take(self) -> _Token:
        token = self._next
        self._next = next(self._tokens, token)
        return token


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        found = _TOKEN.match(text, place)
        if found is None:
            raise _refusal(f"{text[place]!r} is not understood", place + 1)
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind].replace('""', '"'), place + 1)
        place = found.end()
    yield _Token("end", "", len(text) + 1)


def _number(token: _Token) -> Decimal:
    whole, _, decimals = token.text.partition(".")
    if len(whole.lstrip("0")) > _WHOLE_DIGITS or len(decimals) > MAX_DECIMALS:
        message = f"A number has at most {_WHOLE_DIGITS} digits and {MAX_DECIMALS} decimals"
        raise _refusal(message, token.place)
    return Decimal(token.text)


def _refusal(message: str, place: int | None = None) -> Invalid:
    where = "" if place is None else f" at character {place}."
    return ExpressionInvalid.field("/expression", message + where, ExpressionInvalid.code)
