"""What fired is told: deliveries over each channel, and what keeps them from doing harm."""
