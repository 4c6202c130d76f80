"""Families of a million: who is below whom, one invoice, a preview of a move, an import."""
