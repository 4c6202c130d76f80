"""Whether what is billed adds up, and is still what it was made from."""
