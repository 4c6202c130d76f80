"""Billing runs: planned, drafted in chunks, checked, issued."""
