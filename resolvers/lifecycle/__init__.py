"""What the stores hold of a person: how it is found, kept, copied and accounted for."""
