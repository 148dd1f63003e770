"""Generated tests have no deadline: the host may be busy, and how long a single example takes says nothing."""

from hypothesis import settings

settings.register_profile("any host", deadline=None)
settings.load_profile("any host")
