"""What performance is claimed, measured side by side in one run. See README.md."""
