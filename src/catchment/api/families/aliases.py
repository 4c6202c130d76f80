"""/customer-aliases: the names under which a customer's usage arrives."""

from typing import Annotated, ClassVar

from fastapi import Query
from pydantic import ConfigDict

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, IdIn, Name, Pagination, Text, Wire
from catchment.core.values.errors import NotFound
from catchment.flows.families.change_aliases import add_alias
from catchment.flows.families.save_customer import changeable
from catchment.store.families import aliases, customers
from catchment.store.families.aliases import Alias

routes = router("", "Customer aliases")


class AliasIn(Wire):
    """A name no other customer has, be it as an alias or as its id."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customerId": "0198b2c9-5f41-7c3d-8a6b-2f0c1f6f0a11",
                    "value": "nw-eu",
                    "label": "Europe",
                }
            ]
        }
    )

    customer_id: IdIn
    value: Name
    label: Text | None = None


class AliasLabelIn(Wire):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"label": "Europe"}]}
    )

    label: Text | None = None


class AliasOut(Wire):
    id: str
    sequence_account_id: str
    customer_id: str
    value: str
    created_at: At
    deleted_at: At | None = None
    label: str | None = None

    @classmethod
    def of(cls, one: Alias, workspace: str) -> "AliasOut":
        return cls(
            id=one.id,
            sequence_account_id=workspace,
            customer_id=one.customer,
            value=one.value,
            created_at=one.created_at,
            deleted_at=one.deleted_at,
            label=one.label,
        )


class AliasPage(Wire):
    items: list[AliasOut]
    pagination: Pagination


class Aliases(Wire):
    items: list[AliasOut]


@routes.get("/customer-aliases")
def list_aliases(
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    value: Annotated[str | None, Query(description="Exactly this alias.")] = None,
) -> AliasPage:
    """The aliases in use, newest first."""
    found = aliases.listing(tx, who.workspace.id, value, paging)
    items = [AliasOut.of(aliases.of(row), who.workspace.id) for row in found.rows]
    return AliasPage(items=items, pagination=Pagination.of(found))


@routes.post("/customer-aliases", status_code=201)
def create_alias(body: AliasIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId) -> AliasOut:
    """Give a customer one more name; usage that came under it before counts from now on."""
    workspace = who.workspace.id
    aliases.hold(tx, workspace)
    try:
        changeable(tx, workspace, body.customer_id)
    except NotFound as error:
        raise NotFound.field("/customerId", error.detail) from error
    alias = Alias(new_id(), body.customer_id, body.value, body.label or None, now)
    add_alias(tx, workspace, alias)
    return AliasOut.of(alias, workspace)


@routes.put("/customer-aliases/{id}")
def relabel_alias(id: PathId, body: AliasLabelIn, tx: Tx, who: WhoIs) -> AliasOut:
    """Change an alias's label; the alias itself stays."""
    aliases.one(tx, who.workspace.id, id)
    aliases.relabel(tx, who.workspace.id, id, body.label or None)
    return AliasOut.of(aliases.one(tx, who.workspace.id, id), who.workspace.id)


@routes.delete("/customer-aliases/{id}")
def delete_alias(id: PathId, tx: Tx, who: WhoIs, now: Now) -> AliasOut:
    """Take an alias from its customer; another may have it then."""
    workspace = who.workspace.id
    alias = aliases.one(tx, workspace, id)
    aliases.delete(tx, workspace, [id], now)
    return AliasOut.of(
        Alias(alias.id, alias.customer, alias.value, alias.label, alias.created_at, now), workspace
    )


@routes.get("/customers/{id}/aliases")
def list_customer_aliases(id: PathId, tx: Tx, who: WhoIs) -> Aliases:
    """A customer's aliases, oldest first. Its id is always one too, and not listed."""
    customers.row(tx, who.workspace.id, id)
    found = aliases.of_customers(tx, who.workspace.id, [id]).get(id, [])
    return Aliases(items=[AliasOut.of(one, who.workspace.id) for one in found])
