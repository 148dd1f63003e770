"""Lets fleetd's etcd client live beside the host's in one test process.

Both bring generated code for files of the same names, and protobuf's default pool takes each name once. No other
process has both: here aetcd's get a pool of their own. Import this before anything of fleet.daemon.
"""

from unittest import mock

from google.protobuf import descriptor_pool

with mock.patch.object(descriptor_pool, "Default", return_value=descriptor_pool.DescriptorPool()):
    import aetcd  # noqa: F401
