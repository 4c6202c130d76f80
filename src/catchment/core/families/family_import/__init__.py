"""Families in a file: what its rows ask of the tree there is, or why they cannot have it.

``read`` tells rows from refusals. ``plan`` says what the rows mean together, upon what is known:
who is made, with which facts, and who stands where from when on. ``tree_refusals`` then finds the
rows after which the links would be no tree at some instant. A plan in which nothing is refused can
be written down as it is.
"""

from catchment.core.families.family_import.facts import Lender, Person
from catchment.core.families.family_import.plans import (
    Known,
    NewCustomer,
    Plan,
    Unfit,
    borrowed,
    plan,
    tree_refusals,
)
from catchment.core.families.family_import.rows import ADDRESS, COLUMNS, Refused, Row, read

__all__ = [
    "ADDRESS",
    "COLUMNS",
    "Known",
    "Lender",
    "NewCustomer",
    "Person",
    "Plan",
    "Refused",
    "Row",
    "Unfit",
    "borrowed",
    "plan",
    "read",
    "tree_refusals",
]
