"""Public reference facts: chains, protocols, assets, wallets, pools, bridges, labels, incidents."""
