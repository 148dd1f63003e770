"""Units that belong on one machine because `MachineOf=` connects them."""

from collections.abc import Callable, Iterable, Mapping

from fleet.daemon.entities import Unit


def groups(units: Mapping[str, Unit]) -> list[tuple[str, ...]]:
    """The units in connected groups; names sorted inside a group, groups by their first name."""
    neighbours: dict[str, set[str]] = {name: set() for name in units}
    for name, unit in units.items():
        for peer in unit.requirements.machine_of:
            if peer in neighbours:
                neighbours[name].add(peer)
                neighbours[peer].add(name)
    found: list[tuple[str, ...]] = []
    left = set(units)
    for name in sorted(units):
        if name in left:
            group = reachable((name,), neighbours.__getitem__)
            left -= group
            found.append(tuple(sorted(group)))
    return found


def closure(name: str, units: Mapping[str, Unit]) -> set[str]:
    """The unit with all that it needs on its machine, directly or not; names without a unit are included."""
    return reachable((name,), lambda one: units[one].requirements.machine_of if one in units else ())


def reachable(start: Iterable[str], after: Callable[[str], Iterable[str]]) -> set[str]:
    """Everything that one is led to, with the start."""
    seen: set[str] = set()
    queue = list(start)
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue.extend(after(name))
    return seen
