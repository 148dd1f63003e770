"""A cluster's life, whatever happens in whatever order: the real registry, the engine's decisions, the agents' shares.

The model is naive on purpose: it knows the rules of X-Fleet one unit and one machine at a time.
"""

from collections.abc import Mapping

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fleet.daemon.batch import Batch
from fleet.daemon.engine import _portions
from fleet.daemon.entities import Machine, Unit
from fleet.daemon.etcd import Delete, Put, Unchanged
from fleet.daemon.plan import assigned
from fleet.daemon.registry import Conflict
from fleet.daemon.scheduler import Decisions, schedule
from fleet.daemon.snapshot import Assembly, Snapshot
from fleet.model.globbing import matches
from fleet.model.states import INACTIVE, LAUNCHED, LOADED
from fleet.model.unitfile import UnitFile
from tests.fleet.daemon.memory import PREFIX, Memory, done, registry_of

NAMES = [f"{prefix}@{number}.service" for prefix in "abc" for number in (1, 2)] + ["g.service", "h.service"]
IDS = [f"m{number}" for number in range(1, 5)]
OPTIONS = [
    [],
    [],
    ["Conflicts=%p@*.service"],
    ["Conflicts=a@*.service g.service"],
    ["Conflicts=h.service"],
    ["Conflicts=*@1.service"],
    ["Conflicts=?.service"],
    ["MachineOf=a@%i.service"],
    ["MachineOf=b@1.service"],
    ["MachineOf=g.service"],
    ["MachineMetadata=region=a"],
    ["MachineMetadata=region=b", "Conflicts=b@1.service"],
    ["MachineID=m2"],
    ["Global=true"],
    ["Global=true", "MachineMetadata=region=a"],
    ["Global=true", "Conflicts=a@1.service"],
]
names = st.sampled_from(NAMES)
ids = st.sampled_from(IDS)
regions = st.sampled_from(["a", "b"])
states = st.sampled_from([INACTIVE, LOADED, LAUNCHED, LAUNCHED])
files = st.builds(
    lambda options, version: UnitFile.from_options(
        [("Service", "ExecStart", f"/bin/sleep {version}"), *(("X-Fleet", *line.split("=", 1)) for line in options)]
    ),
    st.sampled_from(OPTIONS),
    st.integers(1, 2),
)


class Life(RuleBasedStateMachine):
    """A cluster that runs, and then what users, machines and engines do to it."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.registry = registry_of(self.memory)
        self.leader = self.registry.key("leader")

    @initialize(there=st.dictionaries(ids, regions, min_size=1), units=st.dictionaries(names, files, min_size=4))
    def begin(self, there: dict[str, str], units: dict[str, UnitFile]) -> None:
        for machine, region in there.items():
            self.come(machine, region)
        for name, file in units.items():
            done(self.registry.create(name, file, LAUNCHED))
        self.settle()

    @property
    def now(self) -> Snapshot:
        return self.memory.mirror.snapshot

    # What users do

    @rule(name=names, file=files, state=states)
    def put(self, name: str, file: UnitFile, state: str) -> None:
        unit = self.now.units.get(name)
        wanted = INACTIVE if state == INACTIVE else LOADED if state == LOADED else LAUNCHED
        if unit is None:
            done(self.registry.create(name, file, wanted))
        elif unit.hash != file.hash:
            done(self.registry.replace(unit, file, wanted))
        else:
            done(self.registry.desire(unit, wanted))

    @rule(some=st.lists(names, min_size=1, unique=True), file=files)
    def start_together(self, some: list[str], file: UnitFile) -> None:
        batch = Batch(self.registry)
        for name in some:
            unit = self.now.units.get(name)
            done(batch.desire(unit, LAUNCHED) if unit else batch.create(name, file, LAUNCHED))
        done(batch.commit())

    @precondition(lambda self: self.now.units)
    @rule(data=st.data(), name=names)
    def destroy(self, data: st.DataObject, name: str) -> None:
        unit = self.now.units[data.draw(st.sampled_from(sorted(self.now.units)))]
        done(self.registry.destroy(unit))

    @precondition(lambda self: self.now.units)
    @rule(data=st.data())
    def two_users_at_once(self, data: st.DataObject) -> None:
        """Who comes second decided on what is so no more: etcd refuses it."""
        unit = self.now.units[data.draw(st.sampled_from(sorted(self.now.units)))]
        done(self.registry.desire(unit, LAUNCHED))
        try:
            done(self.registry.destroy(unit))
        except Conflict:
            return
        raise AssertionError("both were carried out")

    @rule(machine=ids, region=st.sampled_from(["a", "b", ""]))
    def annotate(self, machine: str, region: str) -> None:
        done(self.registry.annotate({(machine, "region"): region}))

    # What machines do

    @rule(machine=ids, region=regions)
    def come(self, machine: str, region: str) -> None:
        done(self.registry.announce(Machine(machine, hostname=machine, metadata={"region": region}), 7))

    @rule(machine=ids)
    def vanish(self, machine: str) -> None:
        done(self.memory.commit([Delete(self.registry.key("machines", machine))]))

    # What engines do

    @rule(machine=ids)
    def elect(self, machine: str) -> None:
        done(self.memory.commit([Put(self.leader, machine, 9)]))

    @rule(machine=ids, some=st.lists(names, min_size=1, unique=True), file=files)
    def decide_late(self, machine: str, some: list[str], file: UnitFile) -> None:
        """What an engine decided on an older registry harms nothing, and in an office that it has lost does nothing."""
        self.start_together(some, file)
        snapshot, office = self.now, self.office
        decisions = schedule(snapshot.machines, snapshot.units)
        self.elect(machine)
        before = self.memory.revision
        assert self.write(snapshot, decisions, office) == (not decisions.places)
        assert self.memory.revision == before

    @rule(name=names, file=files, state=states)
    def decide_on_what_changes(self, name: str, file: UnitFile, state: str) -> None:
        snapshot, decisions = self.now, schedule(self.now.machines, self.now.units)
        self.put(name, file, state)
        if self.write(snapshot, decisions, self.office):
            assert name not in decisions.places

    @rule()
    def settle(self) -> None:
        """The engine does all it can: then every law holds, and there is nothing left to do."""
        before = self.now
        for _ in range(2):
            decisions = schedule(self.now.machines, self.now.units)
            assert self.write(self.now, decisions, self.office)
        assert not schedule(self.now.machines, self.now.units).places
        for machine in self.now.machines:
            self.judge_machine(machine)
        for unit in self.now.units.values():
            self.judge_progress(unit)
            self.judge_move(unit, before)

    @property
    def office(self) -> Unchanged:
        return Unchanged(self.leader, self.memory.revision_of(self.leader))

    def write(self, snapshot: Snapshot, decisions: Decisions, office: Unchanged) -> bool:
        for portion in _portions(decisions):
            places = {name: decisions.places[name] for name in portion}
            if not done(self.registry.place(office, places, snapshot.units)):
                return False
        return True

    # The laws

    @invariant()
    def no_unit_is_on_two_machines(self) -> None:
        shares = [self.share(machine).values() for machine in IDS]
        placed = [unit.name for share in shares for unit in share if not unit.is_global]
        assert len(placed) == len(set(placed))

    @invariant()
    def the_copy_is_what_a_new_reader_reads(self) -> None:
        fresh = Assembly()
        fresh.apply(item._replace(key=key.removeprefix(PREFIX)) for key, item in self.memory.items.items())
        whole = fresh.snapshot(self.memory.revision)
        assert (whole.machines, whole.units) == (self.now.machines, self.now.units)
        assert list(self.now.machines) == sorted(whole.machines)
        assert list(self.now.units) == sorted(whole.units)

    def share(self, machine: str) -> Mapping[str, Unit]:
        """What the agent of a machine makes of the registry."""
        return assigned(self.now, machine, ())

    def judge_machine(self, machine: str) -> None:
        there = self.share(machine)
        for unit in there.values():
            assert unit.wanted
            assert admits(self.now.machines[machine], unit)
            assert set(unit.requirements.machine_of) <= there.keys()
            assert not [other for other in there.values() if at_odds(unit, other)]

    def judge_progress(self, unit: Unit) -> None:
        """What waits fits on no machine as it is; a group of which each would bring another one along aside."""
        if unit.wanted and not unit.is_global and unit.machine is None:
            for machine in self.now.machines.values():
                there = self.share(machine.id)
                lonely = not set(unit.requirements.machine_of) <= there.keys()
                assert lonely or not admits(machine, unit) or any(at_odds(unit, other) for other in there.values())

    def judge_move(self, unit: Unit, before: Snapshot) -> None:
        """What was placed, and could stay, stayed."""
        old = before.units[unit.name]
        if old.machine is None or old.machine == unit.machine:
            return
        rest = [one for one in before.units.values() if one.machine == old.machine and not one.is_global]
        gone = {one.name for one in rest if self.now.units[one.name].machine != old.machine}
        peers = set(old.requirements.machine_of)
        assert (
            not old.wanted
            or old.is_global
            or old.machine not in before.machines
            or not admits(before.machines[old.machine], old)
            or not peers <= {one.name for one in rest} - gone
            or any(at_odds(old, one) for one in rest)
        ), f"{unit.name} left {old.machine} for {unit.machine} without need"


def admits(machine: Machine, unit: Unit) -> bool:
    needs = unit.requirements
    if needs.machine_id is not None and needs.machine_id != machine.id:
        return False
    return all(machine.metadata.get(key) in values for key, values in needs.metadata.items())


def at_odds(one: Unit, other: Unit) -> bool:
    def refuses(who: Unit, whom: Unit) -> bool:
        return any(matches(pattern, whom.name) for pattern in who.requirements.conflicts)

    return one.name != other.name and (refuses(one, other) or refuses(other, one))


TestLife = Life.TestCase
TestLife.settings = settings(deadline=None, max_examples=30, stateful_step_count=20)
