"""Stretches of days on the wire: both ends are included."""

from datetime import date

from catchment.api.edge.wire import Wire
from catchment.core.values.period import Period


class InclusiveDateRange(Wire):
    """Days from the first to the last."""

    start: date
    end_inclusive: date

    @classmethod
    def of(cls, period: Period) -> "InclusiveDateRange":
        return cls(start=period.start, end_inclusive=period.last_day)


class DateRange(Wire):
    """Days from the first to the last, as line items name them."""

    start_date: date
    end_date: date

    @classmethod
    def of(cls, period: Period) -> "DateRange":
        return cls(start_date=period.start, end_date=period.last_day)
