from tests.fleet.daemon import own_protocol as own_protocol  # before anything of fleet.daemon
