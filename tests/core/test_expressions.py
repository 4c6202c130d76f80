"""Expressions mean what arithmetic means: held against fractions, and refused by their place."""

from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.usage.expressions import (
    DEEPEST,
    LONGEST,
    ExpressionInvalid,
    evaluate,
    parse,
)

VALUES = {"in": D(1000), "out": D("250.5"), "größe": D(-2), "a b": D(3), 'say "hi"': D(7), "min": D(9)}  # fmt: skip


def value(text: str) -> D | None:
    return evaluate(parse(text), VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("10 - 4 - 3", "3"), ("12 / 4 / 3", "1"),
        ("12 / (4 / 3)", "9.000000000002"), ("-2 * -3", "6"), ("--2", "2"), ("2 - -3", "5"), ("-(1 + 2)", "-3"),
        ("in * 1.0 + out * 4", "2002"), ("größe*größe", "4"), ('"a b" + 1', "4"), ('"say ""hi"""', "7"),
        ("min(3, in, -1)", "-1"), ("max(in)", "1000"), ('max("min", 2) / 2', "4.5"),
        ("2 / 3", "0.666666666667"), ("-2 / 3", "-0.666666666667"), ("0.0000000000005 / 1", None),
        ("1 / 2000000000000", "0.000000000001"), ("-1 / 2000000000000", "-0.000000000001"),
        ("1 / 2000000000001", "0"), ("999999999999999.999999999999 * 999999999999999.999999999999",
          "999999999999999999999999998000.000000000000000000000001"),
        ("\t1\n+ 1 ", "2"), ("007.50", "7.5"),
    ],
)  # fmt: skip
def test_an_expression_is_evaluated_exactly(text: str, expected: str | None) -> None:
    if expected is None:  # a number that no property could have either
        with pytest.raises(ExpressionInvalid):
            parse(text)
    else:
        assert value(text) == D(expected)


@pytest.mark.parametrize("text", ["1 / 0", "in / (out - 250.5)", "0 * (1 / 0)", "max(1, 2 / 0)"])
def test_a_division_by_zero_has_no_value(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1), ("  ", 3), ("1 +", 4), ("1 + * 2", 5), ("(1 + 2", 7), ("1 2", 3), ("a b", 3), (")", 1),
        ("a ** 2", 4), ("a % 2", 3), ("a.b", 2), ("1e5", 2), (".5", 1), ("5.", 2), ("min", 4), ("min()", 5),
        ("max(1,)", 7), ("sqrt(2)", 5), ('"', 1), ('""', 1), ("a; b", 2), ("1,2", 2), ("+1", 1), ("٣", 1),
        ("1000000000000000", 1), ("0.0000000000001", 1), ("a = 1", 3), ("__import__('os')", 11),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused_by_its_place(text: str, place: int) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        parse(text)

    assert refused.value.detail.endswith(f"at character {place}.")
    assert refused.value.errors[0].pointer == "/expression"


def test_names_are_told_once_in_the_order_they_occur() -> None:
    assert parse('b * w + "a b" / max(b, 1) - w').names == ("b", "w", "a b")


def test_an_expression_is_of_bounded_length_and_depth() -> None:
    longest = "1+" * ((LONGEST - 1) // 2) + "1"
    deepest = "(" * DEEPEST + "1" + ")" * DEEPEST

    assert value(longest) == (LONGEST - 1) // 2 + 1
    assert value(deepest) == 1
    for text in (longest + "+1", "(" + deepest + ")", "-" * (DEEPEST + 1) + "1"):
        with pytest.raises(ExpressionInvalid):
            parse(text)


def test_the_largest_product_there_is_is_exact() -> None:
    factors = "*".join("a" * (LONGEST // 2))
    largest = D("999999999999999.999999999999")

    assert Fraction(evaluate(parse(factors), {"a": largest})) == Fraction(largest) ** (LONGEST // 2)


TREES = st.recursive(
    st.one_of(
        st.decimals(0, 10**15 - 1, places=12).map(lambda n: format(n, "f")),
        st.sampled_from(["in", "out", '"a b"', "größe"]),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-*/"), inner, inner),
        st.tuples(st.just("negate"), inner),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner, inner),
    ),
    max_leaves=8,
)
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "negate": 3, "min": 4, "max": 4}


def spelled(tree, least: int = 0) -> str:
    """The tree as text, with no more parentheses than needed."""
    if isinstance(tree, str):
        return tree
    sign, *inner = tree
    strength = _STRENGTH[sign]
    if sign in {"min", "max"}:
        return f"{sign}({','.join(map(spelled, inner))})"
    if sign == "negate":
        text = f"-{spelled(inner[0], strength)}"
    else:
        text = f"{spelled(inner[0], strength)} {sign} {spelled(inner[1], strength + 1)}"
    return text if strength >= least else f"({text})"


def reference(tree) -> Fraction | None:
    """What the tree comes to, over fractions; None where something is divided by zero."""
    if isinstance(tree, str):
        name = tree.strip('"')
        return Fraction(VALUES[name]) if name in VALUES else Fraction(tree)
    sign, *inner = tree
    values = [reference(one) for one in inner]
    known = [one for one in values if one is not None]
    if len(known) < len(values) or (sign == "/" and not known[1]):
        return None
    match sign:
        case "+" | "-" | "negate":
            return sum(known) if sign == "+" else known[0] - known[1] if sign == "-" else -known[0]
        case "*":
            return known[0] * known[1]
        case "/":
            exact = known[0] / known[1]
            units = int(abs(exact) * 10**12 + Fraction(1, 2))  # half away from zero
            return Fraction(units if exact > 0 else -units, 10**12)
    return (min if sign == "min" else max)(known)


@given(TREES)
def test_any_expression_comes_to_what_fractions_say(tree) -> None:
    found = value(spelled(tree))

    assert (None if found is None else Fraction(found)) == reference(tree)
