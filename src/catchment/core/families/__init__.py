"""Who was below whom at any instant, and families that come as a file."""
