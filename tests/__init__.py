"""The fast tests: no cluster."""
