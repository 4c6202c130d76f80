"""What is due on which day, and who is measured together for it."""
