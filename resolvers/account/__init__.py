"""Who a user is and how they prove it: credentials, sessions, keys, consent, billing."""
