"""Makes units known before `submit`, `load` and `start` do more with them; replaces them if asked to."""

from fleet.ctl import sources
from fleet.ctl.entities import Unit
from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.reaching import await_absence
from fleet.ctl.sources import Local
from fleet.ctl.waiting import Deadline
from fleet.model.names import UnitName, mangle, validate
from fleet.model.unitfile import UnitFile
from fleet.model.xfleet import unknown_keys
from fleet.model.xfleet import validate as validate_options

# The desired states from which a command may replace a unit: it never stops what it does not also start again.
REPLACEABLE = {
    "submit": ("inactive",),
    "load": ("inactive", "loaded"),
    "start": ("inactive", "loaded", "launched"),
}


class Creation:
    """The units of one command, made known in the order of its arguments."""

    def __init__(self, call: Invocation, command: str) -> None:
        self._call = call
        self._command = command
        self._replace = command in REPLACEABLE and call.flags.truth("replace")
        self._replaced: list[str] = []
        self.units: dict[str, Unit] = {}  # those of the arguments, as they now are
        self._registry: dict[str, Unit] = {}
        self._new: dict[str, UnitFile] = {}

    def run(self) -> dict[str, Unit]:
        """The units of the arguments; raises CommandError at the first that cannot be had: the earlier ones stay."""
        with failing_with("Error creating units: error retrieving list of units from Registry"):
            self._registry = self._call.api.units()
        with failing_with("Error creating units"):
            try:
                for argument in self._call.arguments:
                    self._ensure(argument)
            finally:
                self._create_new()
        self._await_replaced()
        return self.units

    def _ensure(self, argument: str) -> None:
        name = mangle(argument)
        known = self._registry.get(name)
        if known is None:
            self._prepare(name, self._text_for(argument, name))
            self._new[name] = self._registry[name].file
        elif self._replace:
            self._replace_if_changed(argument, known)
        elif (local := sources.own_file(argument) or sources.template_file(argument)) and _differs(local, known):
            self._call.warn(local.warning(name))
        self.units[name] = self._registry[name]

    def _text_for(self, argument: str, name: UnitName) -> UnitFile:
        if own := sources.own_file(argument):
            return own.file
        if name.template is None:
            raise ValueError(f"unable to find Unit({name}) in Registry or on filesystem")
        local = sources.template_file(argument)
        if template := self._registry.get(name.template):
            if local and _differs(local, template):
                self._call.warn(local.warning(template.name))
            return template.file
        if local is None:
            raise ValueError(
                f"failed getting Unit({name}) from template: "
                f"unable to find template Unit({name.template}) in Registry or on filesystem"
            )
        return local.file

    def _create_new(self) -> None:
        for name in self._call.api.create(self._new):
            self._call.say(f"Unit {name} " if self._registry[name].is_global else f"Unit {name} inactive")

    def _prepare(self, name: UnitName, file: UnitFile) -> None:
        validate(name)
        try:
            validate_options(file)
        except ValueError as problem:
            raise ValueError(f"{name}: {problem}") from problem
        for key in unknown_keys(file):
            self._call.warn(f'WARNING: {name}: unrecognized requirement in [X-Fleet] section: "{key}"')
        self._registry[name] = Unit(name, file, "inactive", "inactive", "")

    def _replace_if_changed(self, argument: str, known: Unit) -> None:
        local = sources.own_file(argument) or sources.template_file(argument)
        template = self._registry.get(known.name.template) if known.name.template else None
        file = local.file if local else template.file if template else None
        if file is None:
            raise ValueError(f"unable to find Unit({known.name}) on filesystem: nothing to replace it with")
        if file.hash == known.file.hash:
            self._call.say(f"Found same Unit({known.name}) in Registry, nothing to do")
        elif known.desired not in REPLACEABLE[self._command]:
            self._call.warn(
                f"Warning: can not replace Unit({known.name}) in state '{known.desired}', use the appropriate command"
            )
        else:
            self._prepare(known.name, file)
            list(self._call.api.create({known.name: file}))
            if known.is_global or self._registry[known.name].is_global:
                self._call.say(f"Unit {known.name} ")
            else:
                self._replaced.append(known.name)

    def _await_replaced(self) -> None:
        """Waits until the old text of each replaced unit has left its machine, and its process is gone."""
        deadline = Deadline.of(self._call) if self._command != "submit" else Deadline(None)
        with failing_with("Error creating units"):
            for name in await_absence(self._call, self._replaced, "Unit {} inactive", deadline):
                raise CommandError(f"Error creating units: timed out waiting for unit {name} to report state inactive")


def _differs(local: Local, known: Unit) -> bool:
    return local.file.hash != known.file.hash
