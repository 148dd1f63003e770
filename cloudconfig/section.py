"""Mappings with known keys: anything else is a mistake, named with its line and with the key that was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cloudconfig import nodes
from cloudconfig.kinds import Kind, name_of
from cloudconfig.problems import Problem

Relation = Callable[[dict[str, Any]], Iterator[tuple[str, str]]]

# Where a key belongs that is often written one level too high or too low.
_HOMES = {
    **dict.fromkeys(
        ("ssh_authorized_keys", "write_files", "hostname", "users", "manage_etc_hosts"), "at the top level"
    ),
    **dict.fromkeys(("etcd2", "fleet", "units", "update"), "under coreos"),
    "drop_ins": "in a unit, under coreos.units",
}
_UNSUPPORTED = ("etcd", "flannel", "locksmith", "oem", "coreos_ssh_import_github", "coreos_ssh_import_url")


@dataclass(frozen=True)
class Section:
    """A mapping.

    `needs` names the keys that must be there; `relation` yields (key, complaint) for values that do not fit together.
    """

    fields: dict[str, Kind]
    needs: tuple[str, ...] = ()
    relation: Relation | None = None

    def read(self, value: nodes.Value, where: str, problems: list[Problem]) -> dict[str, Any]:
        """Return the values of the keys that were given, noting problems."""
        if isinstance(value, nodes.Scalar) and value.is_null:
            value = nodes.Mapping(value.line, ())
        if not isinstance(value, nodes.Mapping):
            problems.append(
                Problem(value.line, f"{where or 'the file'}: expected keys and values, got {name_of(value)}")
            )
            return {}
        before = len(problems)
        result = self._values(value, where, problems)
        for key in self.needs:
            if result.get(key, "") == "":
                problems.append(Problem(value.line, f'{where}: "{key}" is missing'))
        if self.relation and len(problems) == before:
            lines = {entry.key: entry.line for entry in value.entries}
            for key, complaint in self.relation(result):
                problems.append(Problem(lines.get(key, value.line), f"{where}.{key}: {complaint}"))
        return result

    def _values(self, value: nodes.Mapping, where: str, problems: list[Problem]) -> dict[str, Any]:
        result = {}
        for entry in value.entries:
            kind = self.fields.get(entry.key)
            if kind is None:
                place = f" in {where}" if where else ""
                problems.append(Problem(entry.line, f'unknown key "{entry.key}"{place}{self._hint(entry.key)}'))
            else:
                result[entry.key] = kind.read(entry.value, f"{where}.{entry.key}" if where else entry.key, problems)
        return result

    def _hint(self, key: str) -> str:
        """Guess what was meant; hyphens are refused because the heirs of CoreOS drop such keys in silence."""
        underscored = key.replace("-", "_")
        if underscored in self.fields:
            return f': keys are spelled with underscores, "{underscored}"'
        if underscored in _HOMES:
            return f": {underscored} belongs {_HOMES[underscored]}"
        if underscored in _UNSUPPORTED:
            return ": coreos-cloudinit knew it, these machines have no use for it"
        import difflib  # only a mistake needs it, and every boot would pay for it

        close = difflib.get_close_matches(underscored.lower(), self.fields, n=1)
        return f': did you mean "{close[0]}"?' if close else ""
