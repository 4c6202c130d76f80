"""/sequence-accounts: the workspace, what is said of its company, and where its days begin."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field
from sqlalchemy import Connection

from catchment.api.edge.deps import Caller, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, CountryCode, Email, Flag, Name, Pagination, Text, Wire
from catchment.core.values.errors import NotFound, NotSupportedYet
from catchment.flows.billing.change_time_zone import change_time_zone, time_zones
from catchment.store import accounts
from catchment.store.accounts import Account

routes = router("/sequence-accounts", "Session")
_COMPANY = {"company_name": "companyName", "company_number": "companyNumber", "country": "country"}


def _time_zone(value: str) -> str:
    if value not in time_zones():
        raise ValueError("A time zone is expected by its IANA name, such as Europe/Berlin.")
    return value


class AccountIn(Wire):
    """What is left out stays as it is. ``timeZone`` is an extension: the IANA name of the time zone
    in which days begin. It changes only while nothing is billed.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"companyName": "Seller Ltd", "timeZone": "Europe/London"}}
    )

    company_name: Name | None = None
    company_number: Text | None = None
    country: CountryCode | None = None
    send_customer_notifications: Flag | None = None
    alert_email_addresses: Annotated[list[Email], Field(max_length=100)] | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None

    def told(self) -> dict[str, str]:
        """What it says of the company. Raises NotSupportedYet."""
        if self.send_customer_notifications:
            message = "Catchment sends no notifications yet."
            raise NotSupportedYet.field("/sendCustomerNotifications", message)
        if self.alert_email_addresses:
            raise NotSupportedYet.field("/alertEmailAddresses", "Catchment sends no e-mail yet.")
        given = {name: getattr(self, field) for field, name in _COMPANY.items()}
        return {name: value for name, value in given.items() if value is not None}


class AccountOut(Wire):
    """A workspace. ``timeZone`` and ``sandbox`` are extensions."""

    id: str
    created_at: At
    sequence_organisation_id: str
    company_name: str
    company_number: str
    country: str | None = None
    send_customer_notifications: bool = False
    alert_email_addresses: list[str]
    time_zone: str
    sandbox: bool

    @classmethod
    def of(cls, one: Account) -> "AccountOut":
        """The wire form."""
        workspace, told = one.workspace, one.told
        return cls(
            id=workspace.id,
            created_at=one.created_at,
            sequence_organisation_id=workspace.id,
            company_name=told.get("companyName", workspace.name),
            company_number=told.get("companyNumber", ""),
            country=told.get("country"),
            alert_email_addresses=[],
            time_zone=workspace.timezone,
            sandbox=workspace.sandbox,
        )


class AccountsOut(Wire):
    items: list[AccountOut]
    pagination: Pagination


@routes.get("")
def list_accounts(tx: Tx, who: WhoIs) -> AccountsOut:
    """The workspace that the caller may enter."""
    found = [AccountOut.of(accounts.one(tx, who.workspace.id))]
    return AccountsOut(items=found, pagination=Pagination(total_result_size=len(found)))


@routes.get("/{id}")
def show_account(id: PathId, tx: Tx, who: WhoIs) -> AccountOut:
    """The workspace."""
    return AccountOut.of(_own(tx, who, id))


@routes.put("/{id}")
def update_account(id: PathId, body: AccountIn, tx: Tx, who: WhoIs) -> AccountOut:
    """Change what is said of the company, or where days begin."""
    before = _own(tx, who, id)
    told = {**before.told, **body.told()}
    if body.time_zone is not None:
        change_time_zone(tx, who.workspace, body.time_zone)
    accounts.tell(tx, id, told)
    return AccountOut.of(accounts.one(tx, id))


def _own(tx: Connection, who: Caller, id: str) -> Account:
    if id != who.workspace.id:
        raise NotFound(f"There is no account {id}.")
    return accounts.one(tx, id)
