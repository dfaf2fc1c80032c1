"""How the gateway and its stores are, and how fresh what they hold is."""
