"""Tests of cloudconfig."""
