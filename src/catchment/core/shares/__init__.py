"""What each member has of a line."""
