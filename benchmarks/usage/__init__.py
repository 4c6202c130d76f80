"""Usage events: taking them in."""
