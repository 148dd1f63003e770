"""The version that fleetctl and fleetd say they are: whose behaviour they follow, and what they are."""

FOLLOWS = "1.0.0"  # the release of CoreOS' fleet
VERSION = f"{FOLLOWS}+elasticsearch-fleet.0.1.0"
