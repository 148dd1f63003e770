"""A fleet-compatible control plane: fleetd, which runs on every machine, and fleetctl, which talks to it."""
