"""What users want to be told, what happened, and what was sent."""
