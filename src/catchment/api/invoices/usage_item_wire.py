"""Who used what, as the API shows it on an invoice."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from catchment.api.edge.wire import Pagination, Wire
from catchment.api.invoices.allocations import AllocationOut
from catchment.core.values.money import decimal_text, money_text, total
from catchment.flows.invoices.share_invoice import Allocation
from catchment.store.invoices.rows import invoice_parts


class UsageItemOut(Wire):
    """What a member used of one metric."""

    id: str
    invoice_id: str
    title: str
    value: str
    unit: str | None = None
    grouped_values: Annotated[list[Any], Field(default_factory=list)]
    line_item_group_id: str | None = None
    usage_item_group_id: str
    usage_metric_id: str


class UsageItemGroupOut(Wire):
    """A member of the pool. ``path`` leads from the payer to the member itself.

    ``shares`` and their sum, ``netTotal``, come where a ``method`` is asked for.
    """

    id: str
    invoice_id: str
    title: str
    customer_id: str
    depth: int
    path: list[str]
    path_names: list[str]
    items: list[UsageItemOut]
    shares: list[AllocationOut] | None = None
    net_total: str | None = None

    @classmethod
    def of(
        cls,
        group: invoice_parts.UsageItemGroup,
        group_ids: Sequence[str],
        shares: Sequence[Allocation] | None,
        currency: str,
    ) -> "UsageItemGroupOut":
        """A member of an invoice whose line item groups have these ids."""
        items = [
            UsageItemOut(
                id=group.id_of(item),
                invoice_id=group.invoice_id,
                title=item.title,
                value=decimal_text(item.value),
                unit=item.unit,
                line_item_group_id=None if place is None else group_ids[place],
                usage_item_group_id=group.id,
                usage_metric_id=item.metric_id,
            )
            for item in group.items
            for place in [item.metric.group_index]
        ]
        return cls(
            id=group.id,
            invoice_id=group.invoice_id,
            title=group.title,
            customer_id=group.customer_id,
            depth=group.depth,
            path=[id for id, _ in group.path],
            path_names=[name for _, name in group.path],
            items=items,
            shares=None if shares is None else [AllocationOut.of(one) for one in shares],
            net_total=(
                None if shares is None else money_text(total((one.net for one in shares), currency))
            ),
        )


class UsageItemGroupPage(Wire):
    """``notes`` says, metric by metric, where the members' figures do not add up to the pool's."""

    items: list[UsageItemGroupOut]
    pagination: Pagination
    notes: list[str]
