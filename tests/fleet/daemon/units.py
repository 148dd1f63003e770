"""Units and machines for tests of pure functions."""

from collections.abc import Iterable, Mapping

from fleet.daemon.entities import Machine, Unit
from fleet.model.states import LAUNCHED, DesiredState
from fleet.model.unitfile import UnitFile
from fleet.model.xfleet import Requirements


def unit(
    name: str,
    *options: str,
    desired: DesiredState = LAUNCHED,
    machine: str | None = None,
    placed: int = 0,
    request: int = 1,
) -> Unit:
    """A unit with X-Fleet options such as `Conflicts=a*`."""
    triples = [("Service", "ExecStart", "/bin/true")]
    triples += [("X-Fleet", *option.split("=", 1)) for option in options]  # type: ignore[list-item]
    unit_file = UnitFile.from_options(triples)
    return Unit(
        name=name,
        file=unit_file,
        hash=unit_file.hash,
        requirements=Requirements.of(name, unit_file),
        desired=desired,
        machine=machine,
        placed=placed,
        request=request,
    )


def machines(*names: str, **metadata: Mapping[str, str]) -> dict[str, Machine]:
    """Machines of these ids; `m1={"region": "a"}` adds one with metadata."""
    bare = {name: Machine(name, hostname=name) for name in names}
    return bare | {name: Machine(name, hostname=name, metadata=values) for name, values in metadata.items()}


def by_name(units: Iterable[Unit]) -> dict[str, Unit]:
    return {one.name: one for one in units}
