import pytest

from catchment.demo import flights
from catchment.demo.families import AGREEMENTS, GROUPS, MOVES, office_of

DATA = flights.folder()
Flown = tuple[flights.Departure, ...]


@pytest.fixture(scope="module")
def flown() -> Flown:
    return flights.departures(DATA)


def test_every_flight_that_left_is_an_event_with_an_id_of_its_own(flown: Flown) -> None:
    assert len(flown) == 328_521
    assert len({one.event()["customerEventId"] for one in flown}) == 328_521


def test_a_flight_without_a_tail_number_is_its_carriers_own(flown: Flown) -> None:
    one = flown[0]._replace(tailnum=None, air_time=None)

    assert one.alias == one.carrier
    assert set(one.event()["eventProperties"]) == {
        "carrier",
        "flight",
        "origin",
        "dest",
        "distance",
    }


def test_the_fleet_is_every_pair_of_carrier_and_aircraft(flown: Flown) -> None:
    fleet = flights.fleet(DATA, flown)

    assert len(fleet) == len({one.alias for one in fleet}) == 4_054
    assert len(fleet) - len({one.tailnum for one in fleet}) == 17


def test_who_joins_a_family_stops_paying_and_who_leaves_one_starts() -> None:
    groups = {group.alias for group in GROUPS}
    paying = {one.customer: one for one in AGREEMENTS if one.customer not in groups}

    for carrier in flights.airlines(DATA):
        assert office_of(carrier).domain
        moves = [move for move in MOVES if move.carrier == carrier]
        left = [move.on for move in moves if move.parent is None]
        joined = [move.on for move in moves if move.parent]
        if left:
            assert (paying[carrier].start, paying[carrier].end) == (left[0], None)
        elif carrier in paying and joined:
            assert (joined[0] - paying[carrier].end).days == 1
        else:
            assert (carrier in paying) != bool(joined)
