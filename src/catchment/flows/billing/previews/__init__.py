"""Invoices that nobody keeps."""
