"""The seller of the demo: its name, address, colour, logo and (example) bank account."""

from __future__ import annotations

import base64
from typing import Any

WORKSPACE = "New York Airports"
EMAIL = "demo@airports.example"
COLOUR = "#1f4e79"


def logo() -> str:
    """An aircraft climbing over a horizon, drawn here, as a data URL."""
    outline = (  # from the nose along the right wing to the tail, and back along the left
        "M0-62 C6-62 9-52 9-40 V-20 L61 14 V27 L9 12 V42 L25 54 V64 L0 56"
        " L-25 64 V54 L-9 42 V12 L-61 27 V14 L-9-20 V-40 C-9-52 -6-62 0-62 Z"
    )
    svg = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 192 192"
 width="192" height="192">
<rect width="192" height="192" rx="40" fill="{COLOUR}"/>
<path d="{outline}" fill="#ffffff" transform="translate(98 76) rotate(50) scale(0.92)"/>
<path d="M24 160 Q96 134 168 160" fill="none" stroke="#8fb4d9" stroke-width="8"
 stroke-linecap="round"/>
</svg>"""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def details() -> dict[str, Any]:
    """What the demo sets of the merchant; the rest stays as it is."""
    return {
        "invoiceNumberPrefix": "NYA",
        "creditNoteNumberPrefix": "NYC",
        "legalCompanyName": "Port Authority of New York and New Jersey",
        "address": {
            "line1": "4 World Trade Center",
            "line2": "150 Greenwich Street",
            "town": "New York",
            "state": "NY",
            "postcode": "10007",
            "country": "US",
        },
        "phoneNumber": "+1 212 555 0100",
        "email": "billing@airports.example",
        "defaultDueDateDays": 30,
        "taxId": "EXAMPLE 12-3456789",
        "logoUrl": logo(),
        "primaryColour": COLOUR,
        "bankAccountDetails": [
            {
                "key": "USD",
                "value": {
                    "type": "US_ACH",
                    "usAchDestination": {
                        "accountNumber": "0001234567",
                        "accountName": "Port Authority (example account, do not pay)",
                        "bankName": "Example Bank of New York",
                        "bankRoutingNumber": "021999996",
                    },
                },
            }
        ],
    }
