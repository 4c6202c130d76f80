"""Billing runs as they are kept: what they did, who failed, and within which bounds."""
