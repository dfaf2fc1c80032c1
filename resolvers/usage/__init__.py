"""What users ask for, what they are billed, and how much each tier may ask for."""
