"""Clean under any kill: runs of the suite that are killed, and what is left of them."""
