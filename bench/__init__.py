"""What we measure. `make bench` prints the figures of this machine; nothing here is a test."""
