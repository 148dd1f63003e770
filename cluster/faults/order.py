"""A fault as data: what is to be done to what; it can be stored, drawn, replayed, and healed by somebody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float | bool
"""What an option may be."""


@dataclass(frozen=True)
class Order:
    """One fault: `kill-machine` of `core-03`; its options have names that are neither `kind` nor `target`."""

    kind: str
    target: str
    options: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Value]:
        """Return it as one flat JSON object: kind, target, and the options beside them."""
        return {"kind": self.kind, "target": self.target, **self.options}

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Order:
        """Return what `to_json` has made; raises ValueError for what is no order."""
        kind, target = fields.get("kind"), fields.get("target")
        if not isinstance(kind, str) or not isinstance(target, str):
            raise ValueError(f"an order has a kind and a target: {json.dumps(dict(fields), default=str)}")
        options: dict[str, Value] = {}
        for name, value in fields.items():
            if name in ("kind", "target"):
                continue
            if not isinstance(value, str | int | float | bool):
                raise ValueError(f"{kind}: the option {name} is {value!r}")
            options[name] = value
        return cls(kind, target, options)

    def __str__(self) -> str:
        return " ".join([self.kind, self.target, *(f"{name}={word(value)}" for name, value in self.options.items())])


def word(value: Value) -> str:
    """Return an option's value as it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)
