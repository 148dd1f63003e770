"""Sabotages of: the unit files reach the machines through Vagrant's shared folder."""

from __future__ import annotations

from cluster.sabotage.sabotage import Command, Red, Sabotage
from cluster.settings import SHARE

FILE = "e2e/test_shared_folder.py"
EDITED = f"{FILE}::test_a_unit_edited_on_the_host_is_what_fleetctl_submits"
SAME = f"{FILE}::test_the_units_that_are_deployed_are_the_projects_byte_for_byte"
SEEN = f"{FILE}::test_a_file_written_on_a_machine_is_seen_on_the_host_and_on_the_other_machines"

STALE = "/opt/stale"

SABOTAGES = (
    Sabotage(
        "a-share-that-is-an-old-copy",
        "a unit edited on the host is what fleetctl submits; a file written on a machine is seen on the host",
        (
            Command(
                f"sudo mkdir -p {STALE} && sudo cp -r {SHARE}/units {STALE} && sudo sed -i '1i # old' {STALE}/units/*"
                f" && sudo mount --bind {STALE} {SHARE}",
                f"(! test {SHARE} -ef {STALE} || sudo umount {SHARE}) && sudo rm -rf {STALE}",
                machines=(6,),
            ),
        ),
        (Red(EDITED, "No such file or directory"), Red(SAME, "# old"), Red(SEEN, "No such file or directory")),
        green=("e2e/test_operator_sequence.py::test_list_machines_shows_every_machine",),
    ),
)
