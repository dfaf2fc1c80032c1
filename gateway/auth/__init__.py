"""Who asks: credentials to a viewer, the same way for HTTP, websockets and event streams."""
