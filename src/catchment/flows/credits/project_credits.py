"""What credits pay of drafts.

A draft holds what it draws: others draw from what is left beside it. So a projection is never more
than there is, whichever draft becomes final first, and finalising one changes no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.drawing import Available, Draw, drawn
from catchment.core.invoices.settling import StepKind
from catchment.core.terms.credits import Grant, rest
from catchment.core.values.ids import NewId
from catchment.core.values.money import EXACT, total
from catchment.flows.credits.credit_lines import credited, payables, without_credits
from catchment.store.chunks import chunks
from catchment.store.credits import credit_grants, ledger
from catchment.store.invoices import invoice_contents, invoice_customers, invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import invoice_writing
from catchment.store.invoices.rows.evidence import bodies, read
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
from catchment.store.schedules import schedule_billing

_AT_ONCE = 1_000
_NOTHING: Mapping[str, Decimal] = {}


@dataclass(slots=True)
class Purse:
    """What some customers have left of their credits, while drafts draw from it in turn.

    ``customers`` are those of the schedules that charge. What is ``left`` is by customer, then by
    the grant's id.
    """

    customers: Mapping[str, CustomerId]
    left: Mapping[CustomerId, dict[str, Available]]

    def pay(self, lines: Sequence[LineItem], payer: CustomerId) -> tuple[Draw, ...]:
        """What is drawn for the lines of an invoice to ``payer``."""
        found = self.draws(lines, payer)
        for draw in found:
            own = self.left[draw.grant.customer]
            left = EXACT.subtract(own[draw.grant.id].rest, draw.amount)
            own[draw.grant.id] = Available(draw.grant, left)
        return found

    def draws(
        self,
        lines: Sequence[LineItem],
        payer: CustomerId,
        holding: Mapping[str, Decimal] = _NOTHING,
    ) -> tuple[Draw, ...]:
        """What would be drawn for the same from what is left, and from what its draft is
        ``holding`` of grants, by their ids.
        """
        charges = payables(lines, self.customers)
        available = (
            Available(grant, EXACT.add(left, holding.get(grant.id, Decimal(0))))
            for who in {payer, *(one.customer for one in charges)}
            for grant, left in self.left.get(who, {}).values()
        )
        return drawn(charges, (one for one in available if one.rest > 0), payer)


def purse(
    tx: Connection,
    workspace_id: str,
    drafts: Iterable[tuple[Invoice, Sequence[LineItem]]],
    coming: Collection[Grant] = (),
    *,
    anew: bool = True,
) -> Purse | None:
    """What ``drafts`` can draw from, all of them ``anew``, or else beside what they hold already.

    None where nobody has any credit. What is ``coming`` is granted by nobody yet, and taken for
    granted.
    """
    if not coming and not credit_grants.exist(tx, workspace_id):
        return None
    drafts = list(drafts)
    charging = {line.schedule_id for _, lines in drafts for line in lines if line.schedule_id}
    customers = schedule_billing.customers_of(tx, workspace_id, charging)
    whose = {*customers.values(), *(invoice.customer_id for invoice, _ in drafts)}
    known = [one.grant for one in credit_grants.of_customers(tx, workspace_id, whose)]
    entries = ledger.of_grants(tx, workspace_id, [one.id for one in known])
    but = {invoice.id for invoice, _ in drafts} if anew else set()
    held = ledger.held(tx, workspace_id, entries, but)
    left: defaultdict[CustomerId, dict[str, Available]] = defaultdict(dict)
    for one in known:
        granted = rest(recorded.entry for recorded in entries.get(one.id, ()))
        there = EXACT.subtract(granted, held.get(one.id, Decimal(0)))
        left[one.customer][one.id] = Available(one, there)
    for one in coming:
        left[one.customer][one.id] = Available(one, one.amount)
    return Purse(customers, left)


def projected(
    tx: Connection,
    workspace_id: str,
    drafts: Sequence[tuple[Invoice, Contents]],
    new_id: NewId,
    before: Mapping[str, Contents] | None = None,
    coming: Collection[Grant] = (),
) -> list[tuple[Invoice, Contents]]:
    """The drafts with what credits pay of them, those that fall due first before others.

    Lines that were there ``before``, by invoice, keep their ids. What is ``coming`` is taken for
    granted. Who stores the drafts holds the workspace's billing.
    """
    lines = ((one, contents.lines) for one, contents in drafts)
    available = purse(tx, workspace_id, lines, coming)
    if available is None:
        return list(drafts)
    found: dict[str, tuple[Invoice, Contents]] = {}
    for invoice, contents in sorted(drafts, key=lambda one: _turn(one[0])):
        unpaid = without_credits(contents)
        draws = available.pay(unpaid.lines, invoice.customer_id)
        known = (before or {}).get(invoice.id, contents).lines
        paid = credited(unpaid, draws, new_id, known)
        found[invoice.id] = with_totals(invoice, paid), paid
    return [found[invoice.id] for invoice, _ in drafts]


def with_totals(invoice: Invoice, contents: Contents) -> Invoice:
    """The head with what its groups come to."""
    currency = invoice.currency
    return structs.replace(
        invoice,
        net=total((group.net for group in contents.groups), currency),
        tax=total((group.tax for group in contents.groups), currency),
    )


def project_again(
    tx: Connection, workspace_id: str, customer: CustomerId, new_id: NewId
) -> list[Invoice]:
    """Let credits pay anew of all drafts that those of ``customer`` may pay, which are returned.

    The caller holds the workspace's billing.
    """
    ids = invoice_customers.drafts_concerning(tx, workspace_id, customer)
    drafts = invoices.held_drafts(tx, workspace_id, ids)
    kept = {id: read(body) for id, body in bodies(tx, workspace_id, sorted(ids)).items()}
    known = []
    for one in drafts:
        contents = invoice_contents.of(tx, workspace_id, one.id)
        evidence = {line.id: kept[line.id] for line in contents.lines}
        known.append((one, replace(contents, evidence=evidence)))
    made = projected(tx, workspace_id, known, new_id)
    changed = [new for old, new in zip(known, made, strict=True) if old != new]
    for invoice, _ in changed:
        invoice_contents.clear(tx, invoice.id)
    invoice_writing.add_contents(tx, workspace_id, [contents for _, contents in changed])
    invoice_writing.save(tx, *(invoice for invoice, _ in changed))
    return [invoice for invoice, _ in made]


def outdated(tx: Connection, workspace_id: str, drafts: Collection[Invoice]) -> set[str]:
    """Those of some drafts, by id, of which credits would pay something else by now."""
    found: set[str] = set()
    for part in chunks(_granted(tx, workspace_id, drafts), _AT_ONCE):
        lines = invoice_contents.lines_of_each(tx, workspace_id, [one.id for one in part])
        own = ((one, lines[one.id]) for one in part)
        available = purse(tx, workspace_id, own, anew=False)
        assert available is not None, part
        holding = ledger.drawn_by(tx, workspace_id, lines)
        for one in part:
            would = available.draws(lines[one.id], one.customer_id, holding.get(one.id, _NOTHING))
            if [(draw.grant.id, -draw.net.minor, -draw.tax.minor) for draw in would] != [
                (line.credit_grant_id, line.net.minor, line.tax.minor)
                for line in lines[one.id]
                if line.settles is StepKind.CREDIT
            ]:
                found.add(one.id)
    return found


def _granted(tx: Connection, workspace_id: str, drafts: Collection[Invoice]) -> list[Invoice]:
    """The drafts that somebody's credits may pay."""
    if not drafts or not credit_grants.exist(tx, workspace_id):
        return []
    concerned = invoice_customers.customers_on(tx, workspace_id, [one.id for one in drafts])
    everyone = set().union(*concerned.values())
    whose = {
        record.grant.customer for record in credit_grants.of_customers(tx, workspace_id, everyone)
    }
    return [one for one in drafts if whose & concerned[one.id]]


def _turn(invoice: Invoice) -> tuple[object, ...]:
    return invoice.due_on or invoice.accounting_date, invoice.created_at, invoice.id
