"""Builds, drives, breaks and watches a cluster from the host."""
