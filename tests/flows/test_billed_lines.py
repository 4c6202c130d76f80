"""Of checked lines counts are kept, and nothing is lost that a census could dispute."""

from datetime import date

from catchment.core.control import BilledUsage, Census, Claimant, Service
from catchment.core.terms.schedules import EVERYONE
from catchment.core.terms.single_events import EventPart
from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.values.period import Period
from catchment.flows.billing.checking.billed_usage import BilledLines
from catchment.store.invoices.invoice_figures import MeasuredLine
from tests.flows.books import NOW

CALLS = Metric("calls", "call", Aggregation.COUNT)
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
PLACE = 100


def of(schedule: str) -> Service:
    return Claimant(schedule, EVERYONE), JANUARY


def line(
    whose: Service, events: int, *, last_seq: int = PLACE, price: str = "p", part: str = ""
) -> MeasuredLine:
    schedule_id = whose[0].schedule_id
    own = BilledUsage(f"line of {price}", f"invoice of {schedule_id}", "acme", whose, events)
    return MeasuredLine(own, CALLS, NOW, last_seq, (schedule_id, price, JANUARY.start, part))


def billed(*lines: MeasuredLine) -> BilledLines:
    found = BilledLines(CALLS)
    for one in lines:
        found.add(one, PLACE)
    return found


def census(counted: dict[Service, int]) -> Census:
    return Census(sum(counted.values()), counted, 0, 0, 0)


def test_only_what_the_census_counts_otherwise_is_disputed() -> None:
    found = billed(line(of("a"), 3), line(of("b"), 4))

    assert found.disputed(census({of("a"): 3, of("b"): 4})) == set()
    assert found.disputed(census({of("a"): 3, of("b"): 5})) == {of("b")}


def test_two_prices_that_bill_other_events_of_one_service_are_disputed_whoever_is_right() -> None:
    for counts in ((3, 4), (4, 3)):
        found = billed(*(line(of("a"), n, price=str(n)) for n in counts))

        assert found.disputed(census({of("a"): 3})) == {of("a")}
        assert found.disputed(census({of("a"): 4})) == {of("a")}


def test_what_was_measured_to_another_place_or_is_a_single_event_is_kept_as_it_is() -> None:
    earlier = line(of("a"), 3, last_seq=PLACE - 1)
    event = line(of("b"), 1, part=EventPart.of("e-1"))

    found = billed(earlier, event, line(of("c"), 2))

    assert (found.apart, found.events) == ([earlier, event], {of("c"): 2})
    assert found.counted.services.keys() == {of("a"), of("b"), of("c")}
    assert found.counted.places == {PLACE - 1, PLACE}
