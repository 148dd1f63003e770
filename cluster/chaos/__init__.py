"""Random campaigns: faults drawn from a seed, one after another, on a cluster that is written to and judged."""
