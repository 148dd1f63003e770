"""What fleetctl and fleetd agree on: names, unit files, X-Fleet options. Standard library only."""
