"""The machine that runs the nightly job: what it must be, looked at before hours are spent on it."""
