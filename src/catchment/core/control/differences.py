"""What does not add up, and whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from catchment.core.families.hierarchy import CustomerId


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what its parts come to, and whose it is.

    ``part`` (line, group, invoice or metric) has the id ``id``. A difference of a metric is on no
    invoice, and where no event says whose it is, it is nobody's.
    """

    part: str
    id: str
    figure: str
    expected: str
    found: str
    customer: CustomerId | None = None
    schedule_id: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that could not be billed, and why. Everyone else's was.

    ``code`` names the reason. With an ``invoice_id`` it is billed, by a draft that is parked: the
    run does not issue it, for it is out of bounds.
    """

    customer: CustomerId
    schedule_id: str
    reason: str
    code: str = "cannot_be_billed"
    invoice_id: str | None = None
