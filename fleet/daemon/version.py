"""The version of fleet whose behaviour this is."""

VERSION = "1.0.0"
