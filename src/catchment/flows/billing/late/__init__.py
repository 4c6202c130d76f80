"""What came late, or changed, for what is billed."""
