"""What schedules agree to, who uses what they agree on, and on which days."""
