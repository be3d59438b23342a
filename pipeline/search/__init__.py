"""Many trainings instead of one: what is tried, what came out, and how that is written down."""
