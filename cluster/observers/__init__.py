"""Those who look at a cluster beside whatever is done to it, and tell the history: nobody waits for them."""

from cluster.observers.observers import Observers, tell_journals

__all__ = ["Observers", "tell_journals"]
