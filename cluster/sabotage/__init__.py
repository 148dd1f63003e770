"""Sabotages: what each promise's test must turn red at, put before it on a real cluster, to see that it does."""
