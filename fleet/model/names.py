"""Unit names: what the command line makes of them, which ones the API accepts, and what their parts mean."""

# The types that an agent can run; the command line appends `.service` to anything else.
RUNNABLE_TYPES = ("service", "socket", "timer", "path", "device", "mount", "automount")
# The types that the API accepts.
KNOWN_TYPES = frozenset(RUNNABLE_TYPES) | {"busname", "scope", "slice", "snapshot", "swap", "target"}
# The types of which there may be a template.
TEMPLATE_TYPES = frozenset({"path", "service", "socket", "target", "timer"})

MAX_BYTES = 256
_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.@-\\")


class InvalidNameError(ValueError):
    """A unit name that fleet refuses; its text says why, in fleet's words where scripts may know them."""


class UnitName(str):
    """A unit's full name, such as `web@3.service`, with its parts.

    It is a string, so that it can be a key, a path element or a JSON value as it stands.
    """

    __slots__ = ()

    @property
    def type(self) -> str:
        """The text after the last dot: `service`."""
        return self.rpartition(".")[2]

    @property
    def stem(self) -> str:
        """The name without its type: `web@3` (systemd's `%N`)."""
        return self.rpartition(".")[0]

    @property
    def prefix(self) -> str:
        """The text before the first `@`, or the stem: `web` (systemd's `%p`)."""
        return self.stem.partition("@")[0]

    @property
    def instance(self) -> str:
        """The text between the first `@` and the type: `3`; empty for templates and for plain units."""
        return self.stem.partition("@")[2]

    @property
    def is_template(self) -> bool:
        """Whether this is `web@.service`, which can be submitted but never loaded."""
        return "@" in self.stem and not self.instance

    @property
    def is_instance(self) -> bool:
        """Whether this is a `web@3.service`."""
        return bool(self.instance)

    @property
    def template(self) -> "UnitName | None":
        """The name of the template that this instance is made from, such as `web@.service`; else None."""
        return UnitName(f"{self.prefix}@.{self.type}") if self.is_instance else None


def mangle(argument: str) -> UnitName:
    """The unit that an argument of the command line means: `dir/web` is `web.service`."""
    name = argument.rstrip("/").rpartition("/")[2]
    if name.endswith(tuple(f".{kind}" for kind in RUNNABLE_TYPES)):
        return UnitName(name)
    return UnitName(f"{name}.service")


def validate(name: str) -> UnitName:
    """The name, if a unit may be called so; raises InvalidNameError with the first thing that is wrong with it."""
    if problem := _problem_of(name):
        raise InvalidNameError(problem)
    return UnitName(name)


def _problem_of(name: str) -> str:
    stem, dot, kind = name.rpartition(".")
    strange = next((character for character in stem if character not in _CHARACTERS), None)
    checks = (
        (not name, "unit name cannot be empty"),
        (len(name.encode("utf-8", "surrogatepass")) > MAX_BYTES, f"unit name is longer than {MAX_BYTES} bytes"),
        (not dot, 'unit name must contain "."'),
        (not kind, 'unit name cannot end in "."'),
        (kind not in KNOWN_TYPES, f'invalid unit type: "{kind}"'),
        (strange is not None, f"invalid character '{strange}' in unit name"),
        (name.startswith("@"), 'unit name cannot start with "@"'),
        ("@" in stem and kind not in TEMPLATE_TYPES, f'invalid unit type for template: "{kind}"'),
    )
    return next((message for wrong, message in checks if wrong), "")
