"""Which test tells which case of the reference, and which row of fleet's own functional tests: the tables of the docs.

`python -m tests.functional.conformance` writes them into docs/fleet.md; a fast test sees to it that they are true.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
DOCS = FOLDER.parent.parent / "docs" / "fleet.md"
BEGIN, END = "<!-- written by tests/functional/conformance.py -->", "<!-- end -->"

CASES = [*(f"V{number:02}" for number in range(1, 71)), *(f"B{number:02}" for number in range(1, 16))]

ROWS: Mapping[str, str] = {
    "KnownHostsVerification": "v65",
    "FleetctlWithEnv": "v23",
    "DynamicClusterNewMemberUnitMigration": (
        "test_the_unit_of_a_machine_that_leaves_goes_to_the_free_one_and_no_other_moves"
    ),
    "DynamicClusterMemberReboot": "test_a_machine_that_is_made_anew_gets_the_unit_that_fits_nowhere_else",
    "SingleNodeConnectivityLoss": "test_without_etcd_units_stay_as_they_are_and_nothing_is_stopped",
    "ClientVersionFlag": "v22",
    "ClientVersionHelpOutput": "v22",
    "ClientHelpFlag": "v22",
    "InstallUnit": "test_install_and_binds_to_have_a_loaded_sidekick_follow_its_main_unit",
    "MachinesList": "v56",
    "MachinesListBadNextPageToken": "test_page_tokens_that_are_wrong_are_refused",
    "MachinesPatchAddModify": "test_metadata_is_added_replaced_and_removed",
    "MachinesPatchDelete": "test_metadata_is_added_replaced_and_removed",
    "MachinesPatchBad": "v58",
    "TemplatesWithSpecifiersInMetadata": "test_specifiers_are_expanded_in_metadata",
    "NodeShutdown": "v42",
    "DetectMachineId": "v47",
    "ScheduleMachineOf": "test_pairs_stay_together_when_their_machine_leaves",
    "ScheduleConflicts": "test_of_five_that_conflict_three_run_on_three_machines",
    "ScheduleOneWayConflict": "test_a_conflict_named_by_one_side_holds_for_both",
    "ScheduleMultipleConflicts": "test_several_conflicts_all_hold",
    "ScheduleReplace": "test_the_replacer_is_where_the_fewest_are_and_the_replaced_unit_moves",
    "ScheduleCircularReplace": "test_two_that_replace_each_other_both_run",
    "ScheduleConditionMachineID": "test_machine_id_pins_three_units_also_by_its_first_eight_characters",
    "ScheduleGlobalUnits": "test_global_and_other_units_run_beside_one_another",
    "ScheduleGlobalConflicts": "v41",
    "ReconfigureServer": "test_sighup_is_told_and_nothing_ends",
    "Shutdown": "test_fleetd_stops_also_while_etcd_is_silent",
    "ShutdownVsMonitor": "test_fleetd_stops_also_while_etcd_is_silent",
    "SystemdUnitFlow": "",
    "TunnelScheduleBatchUnits": "test_a_batch_is_started_through_a_tunnel",
    "UnitRunnable": "v03",
    "UnitSubmit": "test_many_units_are_made_undone_and_made_again",
    "UnitLoad": "test_many_units_are_made_undone_and_made_again",
    "UnitStart": "test_many_units_are_made_undone_and_made_again",
    "UnitSubmitReplace": "test_several_units_are_replaced_at_once",
    "UnitLoadReplace": "test_several_units_are_replaced_at_once",
    "UnitStartReplace": "test_several_units_are_replaced_at_once",
    "UnitRestart": "test_restart_of_several_units_and_of_a_stopped_one",
    "UnitSSHActions": "v60",
    "UnitCat": "test_cat_prints_the_file_and_status_tells_a_loaded_unit",
    "UnitStatus": "test_cat_prints_the_file_and_status_tells_a_loaded_unit",
    "ListUnitFilesOrder": "v21",
}
"""The rows of section 9, each with a case or a test; none for what looks into the program."""


@cache
def stories() -> dict[str, str]:
    """Return the file of each test."""
    return {
        node.name: path.name
        for path in sorted(FOLDER.glob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def of_case(case: str) -> list[str]:
    """Return the tests of a case: those that are called by its number."""
    return [name for name in stories() if name.startswith(f"test_{case.lower()}_")]


def of_row(row: str) -> list[str]:
    """Return the tests of a row."""
    named = ROWS[row]
    return of_case(named) if re.fullmatch(r"[vb]\d\d", named) else [name for name in stories() if name == named]


def tables() -> str:
    """Return both tables."""
    files = stories()
    shown = {name: f"{files[name].removesuffix('.py')}: {name.removeprefix('test_')}" for name in files}
    lines = ["| case | tests/functional/ |", "| --- | --- |"]
    lines += [f"| {case} | {'; '.join(shown[name] for name in of_case(case))} |" for case in CASES]
    lines += ["", "| fleet's own functional test | tests/functional/ |", "| --- | --- |"]
    none = "none: it looks into the program"
    lines += [f"| {row} | {'; '.join(shown[name] for name in of_row(row)) or none} |" for row in ROWS]
    return "\n".join(lines)


def written(text: str) -> str:
    """Return the page with the tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text()))
