"""Invoices as rows, and rows as invoices: the columns of each table, written and read."""
