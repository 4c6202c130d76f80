"""The mutation score of what makes amounts: how many mistakes the tests find, by module.

`make mutants` makes every mistake of ``mutate`` in the modules below, one at a time, and runs a few tests that are
meant to find it; CATCHMENT_MUTANTS names some of the modules. It tells the mistakes that nobody found.

The tests are collected once. Each mistake has a process of its own, forked from there, which runs those that call the
function with the mistake, the quickest first, until one fails.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import signal
import sys
import time
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple, NoReturn

import pytest

from tests.mutants.mutate import Mutant, mutants, put, watch

WANTED = 90
"""Percent of the mistakes in each module that must be found."""

SLOWER = 10
"""How many times as long as ever, and a second more, a test may take before the mistake counts as found: it may never
end. In processor time."""

FAMILIES = 60
"""On how many families a law is tried with each mistake."""

PROCESSES = os.cpu_count() or 1

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
    "tests/core/test_columns.py",
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
    "shares.allocation": _SHARING,
    "shares.line_shares": _SHARING,
    "shares.weights": _SHARING,
    "invoices.settled_shares": _SETTLING,
    "invoices.settling": ("tests/core/test_discounts.py", *_SETTLING),
    "due.phase_days": (*_PHASES, "tests/core/test_refreshes.py", _CONTRACTS),
    "due.charging": (
        *_PHASES,
        "tests/core/test_seat_charges.py",
        "tests/core/test_settled_charges.py",
        "tests/core/test_daily.py",
        _CONTRACTS,
    ),
    "due.settled_charges": ("tests/core/test_settled_charges.py", *_SETTLING),
    "terms.pricing.rating": _PRICING,
    "terms.pricing.seats": _PRICING,
    "terms.pricing.models": _PRICING,
    "terms.pricing.tiers": _PRICING,
    "values.period": (*_PERIODS, "tests/oracle/test_calendars.py", _CONTRACTS),
    "values.money": (
        "tests/core/test_money.py",
        "tests/core/test_allocation.py",
        "tests/core/test_taxes.py",
    ),
    "terms.taxes": ("tests/core/test_taxes.py", "tests/core/test_invoicing.py"),
    "terms.discounts": ("tests/core/test_discounts.py", *_SETTLING),
    "terms.minimums": ("tests/core/test_minimums.py", *_SETTLING),
    "due.daily": (
        "tests/core/test_daily.py",
        "tests/core/test_seat_charges.py",
        "tests/core/test_single_events.py",
    ),
    "due.refreshes": ("tests/core/test_refreshes.py",),
}
"""What is mutated, the longest first, with the tests that are to notice."""


_OPTIONS = ("--override-ini=addopts=", "--import-mode=importlib", "--noconftest", "--assert=plain")
_OPTIONS += ("--capture=no", "-pno:terminal", "-pno:cacheprovider")
"""What pytest is to do: only what the tests need."""


class _Run(NamedTuple):
    """A test without any mistake: the processor time it takes, and which functions it calls."""

    test: pytest.Item
    seconds: float
    called: frozenset[str]


def main() -> int:
    chosen = os.environ.get("CATCHMENT_MUTANTS", " ".join(TESTS)).split()
    judge = _Judge(chosen)
    os.environ["CATCHMENT_FAMILIES"] = str(FAMILIES)
    tests = dict.fromkeys(test for module in chosen for test in TESTS[module])
    ended = pytest.main([*_OPTIONS, *tests], plugins=[judge])
    assert ended == pytest.ExitCode.OK, ended
    return int(judge.lowest < WANTED)


class _Judge:
    """Judges the mistakes of some modules, where pytest would run the tests it has collected."""

    def __init__(self, chosen: Sequence[str]) -> None:
        self.chosen = chosen
        self.lowest = 100.0

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

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """The first test that fails ends its process: nobody reads how it failed."""
        if call.excinfo:
            os._exit(1)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        modules = [importlib.import_module(f"catchment.core.{one}") for one in self.chosen]
        runs = sorted(_runs(session.items, modules), key=lambda run: run.seconds)
        gc.freeze()  # or each process would copy what it searches for garbage
        for name, module in zip(self.chosen, modules, strict=True):
            near = [run for run in runs if run.test.nodeid.startswith(TESTS[name])]
            began, made = _spent(), list(mutants(module))
            survivors = _survivors(made, near)
            percent = 100 - 100 * len(survivors) / len(made)
            self.lowest = min(self.lowest, percent)
            took = _spent() - began
            print(f"{name:16} {len(made):5} made, {percent:5.1f} % found, {took:5.0f} s")
            for mutant in made:
                if mutant in survivors:
                    print(f"    {mutant}")
            sys.stdout.flush()
        return True


def _spent() -> float:
    """The processor time of all processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _runs(tests: Sequence[pytest.Item], modules: Sequence[ModuleType]) -> list[_Run]:
    """How each test runs without any mistake.

    In a process of their own: what they leave in caches would hide mistakes.
    """
    there, here = os.pipe()
    child = os.fork()
    if not child:
        found, called = [], watch(modules)
        for test in tests:
            called.clear()
            started = time.process_time()
            _run(test)
            found.append((time.process_time() - started, frozenset(called)))
        with os.fdopen(here, "wb") as told:
            pickle.dump(found, told)
        os._exit(0)
    os.close(here)
    with os.fdopen(there, "rb") as told:
        said = told.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "a test fails without any mistake"
    return [_Run(test, *run) for test, run in zip(tests, pickle.loads(said), strict=True)]


def _survivors(made: Sequence[Mutant], runs: Sequence[_Run]) -> list[Mutant]:
    """The mistakes with which no test fails, each tried in a process of its own."""
    survivors, running = [], dict[int, Mutant]()
    for mutant in made:
        if len(running) == PROCESSES:
            survivors += _ended(running)
        child = os.fork()
        if not child:
            _try(mutant, runs)
        running[child] = mutant
    while running:
        survivors += _ended(running)
    return survivors


def _try(mutant: Mutant, runs: Sequence[_Run]) -> NoReturn:
    """Run what calls the function with the mistake, and end well if no test fails."""
    put(mutant)
    for run in runs:
        if mutant.place in run.called:
            signal.setitimer(signal.ITIMER_PROF, 1 + SLOWER * run.seconds)
            _run(run.test)
    os._exit(0)


def _ended(running: dict[int, Mutant]) -> list[Mutant]:
    """The mistake of the next process to end, unless a test failed or took too long."""
    child, status = os.wait()
    mutant = running.pop(child)
    return [] if status else [mutant]


def _run(test: pytest.Item) -> None:
    test.config.hook.pytest_runtest_protocol(item=test, nextitem=None)


if __name__ == "__main__":
    sys.exit(main())
