"""Reads cloud-config/user-data the way coreos-cloudinit does, and applies it to this machine."""
