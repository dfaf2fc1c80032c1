"""Who acts automatically: the platform's satellites and the agents of the market place."""
