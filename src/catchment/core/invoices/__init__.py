"""Whose invoice a charge is on, and which lines an invoice has."""
