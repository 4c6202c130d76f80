"""Billing you run yourself, for sellers whose customers come in families."""

__version__ = "0.1.0"
