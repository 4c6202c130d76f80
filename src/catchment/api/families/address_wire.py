"""Postal addresses."""

from typing import Annotated, ClassVar, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from catchment.api.edge.wire import CountryCode, Name, Text, Wire
from catchment.core.values.places import STATES

Postcode = Annotated[Text, StringConstraints(max_length=40), AfterValidator(str.strip)]


class Address(Wire):
    """A postal address; the state is needed, and allowed, in the US and Canada only."""

    line1: Name
    line2: Text | None = None
    town: Name
    state: Text | None = None
    postcode: Postcode = Field(
        validation_alias=AliasChoices("postcode", "postCode"),
        description="Empty where a country has none.",
    )
    country: CountryCode


class CompleteAddress(Address):
    """An address whose state is checked with it."""

    @model_validator(mode="after")
    def _state_of_its_country(self) -> Self:
        states = STATES.get(self.country)
        if states is not None and self.state not in states:
            problem = f"{self.state!r} is not one" if self.state else "it is missing"
            raise ValueError(f"An address in {self.country} needs the state's code; {problem}.")
        return self


class AddressOut(Wire):
    """A postal address as it is, or as it was when a document was made."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    line1: str
    line2: str | None = None
    town: str
    state: str | None = None
    postcode: str
    country: str
