"""To look for a family that breaks a law, and for the smallest one that still does."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from tests.laws.billing import RULES, Rules
from tests.laws.families import Family, simpler, told
from tests.laws.laws import Law


class Broken(AssertionError):
    """A law is broken; the message has the seed and the smallest family that breaks it."""

    def __init__(self, law: Law, seed: int, family: Family, why: str) -> None:
        super().__init__(f"{law.name}: broken by seed {seed}, made simpler:\n{told(family)}\n{why}")
        self.family = family
        self.why = why


def hold(law: Law, seeds: Iterable[int], rules: Rules = RULES) -> None:
    """Raises Broken at the first of ``seeds`` whose family breaks the law."""
    for seed in seeds:
        family = law.draw(Random(seed))
        if _why(law, family, rules) is not None:
            least = _least(law, family, rules)
            raise Broken(law, seed, least, _why(law, least, rules) or "")


def _why(law: Law, family: Family, rules: Rules) -> str | None:
    try:
        return law.broken(family, rules)
    except Exception as error:  # noqa: BLE001 -- what the code itself finds impossible is broken, too
        return f"{type(error).__name__}: {error}"


def _least(law: Law, family: Family, rules: Rules) -> Family:
    """A family that breaks the law as long as nothing more is taken from it."""
    while True:
        less = next((one for one in simpler(family) if _why(law, one, rules) is not None), None)
        if less is None:
            return family
        family = less
