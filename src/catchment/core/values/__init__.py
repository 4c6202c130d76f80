"""What all of it is made of: money, days, places, ids and refusals."""
