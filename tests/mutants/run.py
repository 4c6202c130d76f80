"""The mutation score of what makes amounts: how many mistakes the tests find, by module.

`make mutants` makes every mistake of ``mutate`` in the modules below, one at a time, and runs a few tests that are
meant to find it; CATCHMENT_MUTANTS names some of the modules. It ends with the mistakes that nobody found.
"""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from types import ModuleType
from typing import NamedTuple, NoReturn

import pytest
from _pytest.main import pytest_runtestloop as run_all

from tests.mutants.mutate import Mutant, mutants, put, watch

WANTED = 90
"""Percent of the mistakes in each module that must be found."""

SECONDS = 60
"""How much processor time the tests have with a mistake before it counts as found: it may never end."""

FAMILIES = 60
"""On how many families a law is tried with each mistake."""

PROCESSES = 2

_CONTRACTS = "tests/oracle/test_core.py"
_SEATS = ("tests/core/test_seat_balances.py", "tests/core/test_seat_charges.py")
_PRICING = ("tests/core/pricing", *_SEATS, _CONTRACTS)
_SETTLING = (
    "tests/core/test_settling.py",
    "tests/core/test_settled_shares.py",
    "tests/core/test_invoicing.py",
    _CONTRACTS,
)
_LAWS = "tests/laws/test_laws.py::test_no_family_breaks"
_SHARING = (
    "tests/core/test_allocation.py",
    "tests/core/test_weights.py",
    "tests/core/test_spreads.py",
    "tests/core/test_taxes.py",
    "tests/core/test_settling.py",
    "tests/core/test_invoicing.py",
    _LAWS,
    _CONTRACTS,
)
_PERIODS = ("tests/core/test_period.py", "tests/core/test_schedules.py")
_PHASES = ("tests/core/test_schedules.py", "tests/core/test_schedule_ends.py")
TESTS = {
    "allocation": _SHARING,
    "weights": _SHARING,
    "settled_shares": _SETTLING,
    "settling": ("tests/core/test_discounts.py", *_SETTLING),
    "phase_days": (*_PHASES, "tests/core/test_refreshes.py", _CONTRACTS),
    "charging": (
        *_PHASES,
        "tests/core/test_seat_charges.py",
        "tests/core/test_settled_charges.py",
        "tests/core/test_daily.py",
        _CONTRACTS,
    ),
    "settled_charges": ("tests/core/test_settled_charges.py", *_SETTLING),
    "pricing.rating": _PRICING,
    "pricing.seats": _PRICING,
    "pricing.models": _PRICING,
    "pricing.tiers": _PRICING,
    "period": (*_PERIODS, "tests/oracle/test_calendars.py", _CONTRACTS),
    "taxes": ("tests/core/test_taxes.py", "tests/core/test_invoicing.py"),
    "discounts": ("tests/core/test_discounts.py", *_SETTLING),
    "minimums": ("tests/core/test_minimums.py", *_SETTLING),
}
"""What is mutated, the longest first, with the tests that are to notice."""


class Score(NamedTuple):
    module: str
    made: int
    survivors: Sequence[str]
    seconds: float

    @property
    def percent(self) -> float:
        return 100 * (self.made - len(self.survivors)) / max(self.made, 1)


def main() -> int:
    chosen = os.environ.get("CATCHMENT_MUTANTS", " ".join(TESTS)).split()
    scores = []
    with get_context("spawn").Pool(PROCESSES, maxtasksperchild=1) as pool:
        for score in pool.imap_unordered(_score, chosen, chunksize=1):
            scores.append(score)
            print(
                f"{score.module:16} {score.made:5} made, {score.percent:5.1f} % found, {score.seconds:5.0f} s"
            )
            for one in score.survivors:
                print(f"    {one}")
            sys.stdout.flush()
    made = sum(score.made for score in scores)
    found = made - sum(len(score.survivors) for score in scores)
    print(f"{'together':16} {made:5} made, {100 * found / made:5.1f} % found")
    return int(any(score.percent < WANTED for score in scores))


def _score(module: str) -> Score:
    started = time.monotonic()
    judged = _Judged(f"catchment.core.{module}")
    quiet = ["-q", "-x", "--no-header", "--no-summary", "-p", "no:cacheprovider", "--capture=no"]
    saved = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.environ["CATCHMENT_FAMILIES"] = str(FAMILIES)
    code = pytest.main([*quiet, *TESTS[module]], plugins=[judged])
    os.dup2(saved, 1)
    assert code == 0, f"the tests of {module} fail without any mistake"
    return Score(
        module, judged.made, [str(one) for one in judged.survivors], time.monotonic() - started
    )


class _Judged:
    """Collects the tests once, then runs them in a process of its own for each mistake.

    Only those that call the function with the mistake, the quickest first.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.made = 0
        self.survivors: list[Mutant] = []

    def pytest_configure(self) -> None:
        """Always the same examples, so that no score hangs on luck; none is made smaller."""
        # pytest wants to be there first.
        from hypothesis import HealthCheck, Phase, settings

        settings.register_profile(
            "mutants",
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        module = importlib.import_module(self.name)
        runs = _runs(session, module)
        if runs is None:
            session.testsfailed = 1
            return True
        quickest = sorted(range(len(runs)), key=lambda place: runs[place].seconds)
        items = session.items
        for mutant in mutants(module):
            self.made += 1
            session.items = [
                items[place] for place in quickest if mutant.function in runs[place].called
            ]
            if _passes(session, mutant):
                self.survivors.append(mutant)
        return True


class _Run(NamedTuple):
    """What a test takes, and which functions of a module it calls."""

    seconds: float
    called: frozenset[str]


def _runs(session: pytest.Session, module: ModuleType) -> list[_Run] | None:
    """How each test runs without any mistake; None where one fails.

    In a process of their own: what they leave in caches would hide mistakes.
    """
    there, here = os.pipe()
    child = os.fork()
    if not child:
        _end_after(session, lambda: _watched(session, module, here))
    os.close(here)
    with os.fdopen(there, "rb") as told:
        found = told.read()
    _, status = os.waitpid(child, 0)
    return pickle.loads(found) if status == 0 else None


def _watched(session: pytest.Session, module: ModuleType, told: int) -> None:
    found, called = [], watch(module)
    for item in session.items:
        called.clear()
        started = time.process_time()
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        found.append(_Run(time.process_time() - started, frozenset(called)))
    with os.fdopen(told, "wb") as pipe:
        pickle.dump(found, pipe)


def _passes(session: pytest.Session, mutant: Mutant) -> bool:
    """Whether all tests pass, in a process of their own."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        put(mutant, sys.modules[mutant.module])
        _end_after(session, lambda: run_all(session))
    _, status = os.waitpid(child, 0)
    return status == 0


def _end_after(session: pytest.Session, tests: Callable[[], object]) -> NoReturn:
    """Run ``tests`` and end the process: well if none failed."""
    try:
        tests()
        os._exit(int(session.testsfailed > 0))
    except BaseException:  # noqa: BLE001 -- whatever stops the tests has found the mistake
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
