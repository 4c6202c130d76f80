"""Where a seller is paid: bank destinations, one shape a country."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from catchment.api.edge.wire import CurrencyCode, Name, Wire
from catchment.api.families.address_wire import CompleteAddress
from catchment.store.merchants import DESTINATIONS

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_SWIFT = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


def _iban(value: str) -> str:
    """ISO 13616: the digits, with letters from A = 10 on, leave 1 when divided by 97."""
    value = value.replace(" ", "").upper()
    ordered = value[4:] + value[:4]
    if not _IBAN.fullmatch(value) or int("".join(str(int(c, 36)) for c in ordered)) % 97 != 1:
        raise ValueError("This is not an IBAN: its check digits do not fit.")
    return value


def _swift(value: str) -> str:
    value = value.replace(" ", "").upper()
    if not _SWIFT.fullmatch(value):
        raise ValueError("A SWIFT/BIC code has 8 or 11 letters and digits.")
    return value


def _digits(least: int, most: int) -> AfterValidator:
    def check(value: str) -> str:
        bare = re.sub(r"[ -]", "", value)
        if not (bare.isascii() and bare.isdigit() and least <= len(bare) <= most):
            how_many = str(least) if least == most else f"{least} to {most}"
            raise ValueError(f"This must be {how_many} digits.")
        return value

    return AfterValidator(check)


Iban = Annotated[str, Field(max_length=50), AfterValidator(_iban)]
Swift = Annotated[str, Field(max_length=20), AfterValidator(_swift)]
AccountNumber = Annotated[Name, _digits(4, 17)]


class SortCodeAccountNumber(Wire):
    sort_code: Annotated[Name, _digits(6, 6)]
    account_number: Annotated[Name, _digits(6, 10)]


class UsAchDestination(Wire):
    account_number: AccountNumber
    account_name: Name
    bank_name: Name
    bank_routing_number: Annotated[Name, _digits(9, 9)]


class UsWireDestination(UsAchDestination):
    swift_code: Swift
    bank_address: CompleteAddress


class CanadianBankAccountDestination(Wire):
    transit_number: Annotated[Name, _digits(5, 5)]
    institution_number: Annotated[Name, _digits(3, 3)]
    account_number: AccountNumber


class IntermediaryBank(Wire):
    bank_name: Name
    bank_address: CompleteAddress
    swift_code: Swift
    routing_number: Name


class CanadianInternationalDestination(Wire):
    legal_name: Name
    account_number: AccountNumber
    transit_number: Annotated[Name, _digits(5, 5)]
    bank_name: Name
    bank_address: CompleteAddress
    institution_number: Annotated[Name, _digits(3, 3)]
    swift_code: Swift
    intermediary_bank: IntermediaryBank | None = None


class AustralianBankAccountDestination(Wire):
    legal_name: Name
    account_number: AccountNumber
    swift_code: Swift
    bsb: Annotated[Name, _digits(6, 6)]


class SwedishBankgiroDestination(Wire):
    bankgiro_number: Annotated[Name, _digits(7, 8)]
    account_name: Name


class BankDestination(Wire):
    """An account to pay into: the one field that ``type`` calls for, and no other."""

    type: Literal[
        "IBAN",
        "UK_BANK_ACCOUNT",
        "US_ACH",
        "US_WIRE",
        "CA_BANK_ACCOUNT",
        "CA_INTERNATIONAL",
        "AUSTRALIAN",
        "SWEDISH_BANKGIRO",
    ]
    iban: Iban | None = None
    uk_bank_account: SortCodeAccountNumber | None = None
    us_ach_destination: UsAchDestination | None = None
    us_wire_destination: UsWireDestination | None = None
    canadian_bank_account: CanadianBankAccountDestination | None = None
    canadian_international_destination: CanadianInternationalDestination | None = None
    australian_destination: AustralianBankAccountDestination | None = None
    swedish_bankgiro_destination: SwedishBankgiroDestination | None = None

    @model_validator(mode="after")
    def _only_what_the_type_calls_for(self) -> Self:
        wanted, _ = DESTINATIONS[self.type]
        given = self.model_dump(by_alias=True, exclude_none=True).keys() - {"type"}
        if given != {wanted}:
            raise ValueError(f"A destination of type {self.type} has the field {wanted} alone.")
        return self


class BankAccount(Wire):
    """How to pay in one currency."""

    key: CurrencyCode
    value: BankDestination
