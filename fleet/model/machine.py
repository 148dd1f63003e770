"""Machine ids, as people use them."""

SHORT_ID = 8  # characters of an id that tables show, and that MachineID accepts
