"""Postal addresses."""

from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from catchment.api.wire import CountryCode, Name, Text, Wire
from catchment.core.places import STATES

Postcode = Annotated[str, StringConstraints(max_length=40), AfterValidator(str.strip)]


class AddressIn(Wire):
    """An address; one in the US or Canada names its state by its postal code."""

    line1: Name
    line2: Text | None = None
    town: Name
    state: Text | None = None
    postcode: Postcode
    country: CountryCode

    @model_validator(mode="after")
    def _state_of_its_country(self) -> Self:
        states = STATES.get(self.country)
        if states is not None and self.state not in states:
            problem = f"{self.state!r} is not one" if self.state else "it is missing"
            raise ValueError(f"An address in {self.country} needs the state's code; {problem}.")
        return self
