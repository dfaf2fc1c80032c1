"""The Redis adapter: client, scripts, key registry and topics."""
