"""Refusals: what a user can cause, each with a stable code.

The docstring of a class is its title on the wire. ``detail`` says what happened this time, naming
the things concerned; ``errors`` points at the fields of a body that broke a rule. The edge maps
each class to an HTTP status through ``status``; nothing in ``core`` knows more about HTTP than
that number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule. ``pointer`` is a JSON pointer into the body, or ``?name`` for a query
    parameter.
    """

    pointer: str
    code: str
    message: str


class BillingError(Exception):
    """The request was refused."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, detail: str = "", *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.title())
        self.detail = detail or self.title()
        self.errors = errors

    def more(self) -> Mapping[str, Any]:
        """What the answer tells besides, by its name on the wire."""
        return {}

    @classmethod
    def field(cls, pointer: str, message: str, code: str = "") -> Self:
        """A refusal of one field; its message is also the detail.

        ``code`` is the field's, where it is another than that of the refusal.
        """
        return cls(message, errors=(FieldError(pointer, code or cls.code, message),))

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class Invalid(BillingError):
    """The request breaks a rule."""

    code = "invalid"


class NotSupportedYet(BillingError):
    """Catchment cannot do this yet."""

    code = "not_supported_yet"


class Unauthenticated(BillingError):
    """Credentials are missing or wrong."""

    code = "unauthenticated"
    status = 401


class Forbidden(BillingError):
    """This is not allowed."""

    code = "forbidden"
    status = 403


class NotFound(BillingError):
    """There is no such thing in this workspace."""

    code = "not_found"
    status = 404


class Conflict(BillingError):
    """The request conflicts with the present state."""

    code = "conflict"
    status = 409


class TooLarge(BillingError):
    """The request body is too large."""

    code = "too_large"
    status = 413


class TooManyRequests(BillingError):
    """Too many attempts; wait before trying again."""

    code = "too_many_requests"
    status = 429


class Unavailable(BillingError):
    """The database cannot be reached or is full; nothing was changed."""

    code = "unavailable"
    status = 503


class OwnParent(BillingError):
    """A customer cannot be its own parent."""

    code = "own_parent"


class HierarchyCycle(BillingError):
    """A customer cannot be below itself."""

    code = "hierarchy_cycle"


class HierarchyTooDeep(BillingError):
    """The family has too many levels."""

    code = "hierarchy_too_deep"


class LinkOverlap(BillingError):
    """A customer can have only one parent at a time."""

    code = "link_overlap"


class PriceInvalid(Invalid):
    """The pricing structure is not valid."""

    code = "price_invalid"


class TiersInvalid(PriceInvalid):
    """Tiers must rise from zero, and only the last one must have no upper bound."""

    code = "tiers_invalid"


class InvoiceNotDraft(Conflict):
    """Only a draft invoice can be changed, finalised or deleted."""

    code = "invoice_not_draft"


class InvoiceVoided(Conflict):
    """The invoice is void already."""

    code = "invoice_voided"


class FigureDiffers(Conflict):
    """A stored figure differs from what it is made of, so there is no explanation of it."""

    code = "figure_differs"
