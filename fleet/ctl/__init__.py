"""fleetctl: one module a command family; talks to the API socket of fleetd. Standard library only."""
