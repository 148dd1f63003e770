"""How long things take: the phases of a cluster's life, measured several times and compared with the last time."""
