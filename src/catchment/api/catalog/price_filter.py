"""The filters that the lists of prices and of list prices share."""

from typing import Annotated

from fastapi import Depends, Query

from catchment.api.edge.deps import comma_list
from catchment.store.catalog.price_terms import PriceFilter


def _price_filter(
    currency: Annotated[str | None, Query(description="Comma-separated.")] = None,
    billing_frequency: Annotated[
        str | None, Query(alias="billingFrequency", description="Comma-separated.")
    ] = None,
    product_id: Annotated[
        str | None, Query(alias="productId", description="Comma-separated.")
    ] = None,
) -> PriceFilter:
    return PriceFilter(
        currencies=comma_list(currency),
        frequencies=comma_list(billing_frequency),
        product_ids=comma_list(product_id),
    )


Wanted = Annotated[PriceFilter, Depends(_price_filter)]
"""What of a list of prices is asked for."""
