"""fleet's HTTP API, version 1."""
