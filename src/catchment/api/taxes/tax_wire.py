"""The bodies of tax rates and tax categories, and of their versions."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from fastapi import Path
from pydantic import AfterValidator, BeforeValidator, ConfigDict, model_validator
from sqlalchemy import Row

from catchment.api.edge.wire import (
    At,
    CountryCode,
    DecimalIn,
    Flag,
    IdIn,
    Name,
    Pagination,
    Text,
    Wire,
)
from catchment.core.values.errors import Invalid, NotFound
from catchment.core.values.places import STATES
from catchment.store.taxes.tax_rates import CategoryFacts, RateFacts, category_of, rate_of


def _fraction(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        raise ValueError("A tax rate is a fraction from 0 to 1: 20 % is 0.2.")
    return value


def _number(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise NotFound(f"There is no version {text[:80]!r}.")
    return int(text)


Number = Annotated[int, Path(), BeforeValidator(_number)]
"""The number of a version in a path."""


class TaxRateIn(Wire):
    """A rate for a tax category in a country, or in a region of it.

    Without ``taxCategoryId`` it is for every product whose category has none there. ``amount`` is a
    fraction: ``"0.2"`` is 20 %. Only what ``isPublished`` is applied.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "isPublished": True,
                "name": "United Kingdom, standard",
                "invoiceName": "VAT",
                "invoiceShortName": "VAT",
                "amount": "0.2",
                "country": "GB",
            }
        }
    )

    is_published: Flag
    name: Name
    invoice_name: Name
    invoice_short_name: Name
    description: Text | None = None
    amount: Annotated[DecimalIn, AfterValidator(_fraction)]
    country: CountryCode
    region: Name | None = None
    tax_category_id: IdIn | None = None

    @model_validator(mode="after")
    def _region_of_its_country(self) -> Self:
        states = STATES.get(self.country)
        if self.region and states is not None and self.region not in states:
            raise ValueError(
                f"A region of {self.country} is the state's code, not {self.region!r}."
            )
        return self

    def facts(self) -> RateFacts:
        """What the version says."""
        return RateFacts(
            self.name,
            self.invoice_name,
            self.invoice_short_name,
            self.description or None,
            self.amount,
            self.country,
            self.region,
            self.tax_category_id,
        )


class TaxRateUpdateIn(TaxRateIn):
    """The rate from now on; ``id`` is the one in the path."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11",
                "isPublished": True,
                "name": "United Kingdom, standard",
                "invoiceName": "VAT",
                "invoiceShortName": "VAT",
                "amount": "0.175",
                "country": "GB",
            }
        }
    )

    id: IdIn

    def check(self, id: str) -> None:
        """Refuse a body about another rate than the path names. Raises Invalid."""
        if self.id != id:
            raise Invalid.field("/id", f"The path names {id}.")


class TaxRateOut(Wire):
    id: str
    version_id: str
    sequence_account_id: str
    version: int
    is_published: bool
    name: str
    invoice_name: str
    invoice_short_name: str
    description: str | None = None
    amount: DecimalIn
    country: str
    region: str | None = None
    tax_category_id: str | None = None
    is_archived: bool
    updated_at: At

    @classmethod
    def of(cls, row: Row[Any]) -> "TaxRateOut":
        """A version of a rate as it is shown."""
        version, facts = rate_of(row)
        return cls(
            id=version.id,
            version_id=version.version_id,
            sequence_account_id=row.workspace_id,
            version=version.number,
            is_published=version.published,
            name=facts.name,
            invoice_name=facts.invoice_name,
            invoice_short_name=facts.invoice_short_name,
            description=facts.description,
            amount=facts.amount,
            country=facts.country,
            region=facts.region,
            tax_category_id=facts.category_id,
            is_archived=version.archived,
            updated_at=version.updated_at,
        )


class TaxRatesOut(Wire):
    items: list[TaxRateOut]
    pagination: Pagination


class TaxCategoryIn(Wire):
    """What products are taxed alike."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {"isPublished": True, "name": "Software", "description": "As a service"}
        }
    )

    is_published: Flag
    name: Name
    description: Text | None = None

    def facts(self) -> CategoryFacts:
        """What the version says."""
        return CategoryFacts(self.name, self.description or None)


class TaxCategoryOut(Wire):
    id: str
    version_id: str
    sequence_account_id: str
    version: int
    is_published: bool
    name: str
    description: str
    updated_at: At

    @classmethod
    def of(cls, row: Row[Any]) -> "TaxCategoryOut":
        """A version of a category as it is shown."""
        version, facts = category_of(row)
        return cls(
            id=version.id,
            version_id=version.version_id,
            sequence_account_id=row.workspace_id,
            version=version.number,
            is_published=version.published,
            name=facts.name,
            description=facts.description or "",
            updated_at=version.updated_at,
        )


class TaxCategoriesOut(Wire):
    items: list[TaxCategoryOut]
    pagination: Pagination
