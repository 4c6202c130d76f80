"""The same thing in another product: its service and its id there."""

from typing import Literal

from catchment.api.edge.wire import Name, Wire

IntegrationService = Literal[
    "Amazon_Redshift",
    "GoCardless",
    "Google_BigQuery",
    "Google_Sheets",
    "HubSpot",
    "NetSuite",
    "QuickBooks_Online",
    "Salesforce",
    "Slack",
    "Snowflake",
    "Stripe",
    "Xero",
    "Avalara",
    "Anrok",
    "Attio",
    "Numeral",
    "Rillet",
    "Sphere",
]


class IntegrationIdIn(Wire):
    """Kept and shown; nothing is synchronised."""

    service: IntegrationService
    id: Name


class IntegrationIdOut(Wire):
    service: str
    id: str
    is_pending: bool = False
