"""What is agreed: what a quantity costs, and on which terms."""
