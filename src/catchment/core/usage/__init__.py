"""What the usage of a stretch of time is."""
