"""fleetd: the agent, the engine and the API of one machine."""
