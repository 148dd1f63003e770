"""Sabotages of: what becomes of an operator's mistakes, and which unit goes where."""

from __future__ import annotations

from cluster.sabotage.catalogue.operator import AGAIN
from cluster.sabotage.catalogue.parts import fleet_patched
from cluster.sabotage.sabotage import Command, Red, Sabotage

FILE = "e2e/test_operator_mistakes.py"
FORGOTTEN = f"{FILE}::test_destroy_before_stop_and_start_without_load_start_nothing_and_both_have_a_way_out"
UNKNOWN = f"{FILE}::test_start_of_an_unknown_unit_fails_and_says_what_is_missing"
OLD_TEXT = f"{FILE}::test_what_was_not_destroyed_keeps_the_text_of_the_old_template"
FEWEST = f"{FILE}::test_of_the_eligible_machines_the_one_with_the_fewest_units_is_taken"
NEW_TEXT = f"{FILE}::test_a_unit_that_is_destroyed_and_at_once_started_with_another_text_runs_that_text"

KEEP_THE_ORDER = "stop before destroy, destroy template and instances, load before start"
PLACED = "of the eligible machines the one with the fewest units is taken"

SLEEP = "[Service]\\nExecStart=/bin/sleep 1d\\n"

SABOTAGES = (
    Sabotage(
        "a-unit-that-is-known-after-all",
        KEEP_THE_ORDER,
        (
            Command(
                f"printf '{SLEEP}' | tee nosuch.service >nosuch@.service",
                "rm -f nosuch.service nosuch@.service",
                machines=(1,),
            ),
        ),
        (Red(f"{UNKNOWN}[nosuch.service]", "== (1, '')"), Red(f"{UNKNOWN}[nosuch@1.service]", "== (1, '')")),
        green=(OLD_TEXT, FEWEST, NEW_TEXT),
    ),
    Sabotage(
        "a-fleetctl-that-says-nothing-of-old-text",
        KEEP_THE_ORDER,
        (
            fleet_patched(
                "fleetctl", "from fleet.ctl import creating", "creating._differs = lambda local, known: False"
            ),
        ),
        (Red(OLD_TEXT, "WARNING: Unit tiny@.service in registry differs"),),
        green=(f"{UNKNOWN}[nosuch.service]", FEWEST),
    ),
    Sabotage(
        "a-submit-that-takes-the-new-text",
        KEEP_THE_ORDER,
        (
            fleet_patched(
                "fleetctl",
                "from fleet.ctl.creating import Creation, mangle",
                "ensure = Creation._ensure",
                "known = lambda self, word: [u for u in [self._registry[mangle(word)]] if u.name not in self._new]",
                "renew = lambda self, word: [self._replace_if_changed(word, unit) for unit in known(self, word)]",
                "Creation._ensure = lambda self, word: (ensure(self, word), renew(self, word))",
            ),
        ),
        (Red(OLD_TEXT, "{'tiny@': 'new', 'tiny@1': 'old', 'tiny@2': 'old'}"),),
        green=(FEWEST,),
    ),
    Sabotage(
        "a-destroy-that-takes-sidekicks-along",
        KEEP_THE_ORDER,
        (
            fleet_patched(
                "fleetctl",
                "from fleet.ctl.client import Client",
                "destroy = Client.destroy",
                "Client.destroy = lambda self, names: [n for n in destroy(self, list(self.units())) if n in names]",
            ),
        ),
        (Red(FORGOTTEN, "for: the sidekicks have no machine"),),
        green=(f"{UNKNOWN}[nosuch.service]",),
    ),
    Sabotage(
        "a-destroy-that-destroys-nothing",
        KEEP_THE_ORDER,
        (fleet_patched("fleetctl", "from fleet.ctl import destroying", "destroying.destroy = lambda call: 0"),),
        (Red(AGAIN, "assert 0 == 18"), Red(NEW_TEXT, "('ROUND=1')")),
        green=(f"{UNKNOWN}[nosuch.service]", f"{UNKNOWN}[nosuch@1.service]"),
    ),
    Sabotage(
        "a-scheduler-that-likes-full-machines",
        PLACED,
        (
            fleet_patched(
                "fleetd",
                "from fleet.daemon import board",
                "load = board.Board.load",
                "board.Board.load = lambda self, machine: -load(self, machine)",
            ),
        ),
        (Red(FEWEST, "is not where the fewest units are"),),
        green=(OLD_TEXT, NEW_TEXT),
    ),
)
