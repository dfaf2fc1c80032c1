"""Markets and execution: gas forecasts, routes, bridges, MEV, arbitrage, traders and copies."""
