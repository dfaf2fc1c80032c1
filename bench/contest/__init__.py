"""GraphQL servers compared: the same tables, the same questions, one core a server."""
