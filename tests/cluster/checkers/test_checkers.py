"""The verdicts: each one turns red on a history that is known to be bad."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.checkers import (
    Absence,
    Run,
    Start,
    Verdict,
    View,
    each_after_its_predecessor,
    each_starts_holding,
    given_the_live_hosts,
    never_on_two_machines,
    never_two_holders,
    one_master,
)
from cluster.etcd import Change
from cluster.leases import Claim, Hold, Holder, holder, holds
from cluster.listings import given as hosts_given
from cluster.listings import listings
from cluster.recorder import Event

KEY = "/locks/es"


def history(*values: str | None) -> list[Event]:
    """A lock's key put and deleted (None), one change a second, one revision a change."""
    return [Event(float(n), Change(KEY, value, n)) for n, value in enumerate(values, start=1)]


def value(node: str, address: str, start: str = "") -> str:
    """What a unit writes into the lock."""
    return json.dumps({"holder": node, "ip": address, "start": start})


def test_holds_are_read_from_puts_and_deletes() -> None:
    assert holds(history("a", None, "b")) == [Hold("a", 1.0, 1, 2.0, 2), Hold("b", 3.0, 3)]


def test_a_refresh_is_no_new_hold() -> None:
    assert len(holds(history("a", "a", "a", None))) == 1


def test_the_holder_is_the_node_that_the_value_names() -> None:
    assert holder('{"instance": "3", "holder": "es-3", "ip": "m1", "start": "s"}') == Holder("es-3", "m1", "s")
    assert holder("the operator\n") == Holder("the operator")
    assert holder("3") == Holder("3")


def test_a_hold_that_is_claimed_for_a_start_is_still_one_hold() -> None:
    claimed = [value("a", "m1"), value("a", "m1", "x"), value("a", "m1", "x"), None]
    assert holds(history(*claimed)) == [Hold("a", 1.0, 1, 4.0, 4, address="m1", claims=(Claim("x", 2.0, 2),))]


def test_a_lease_unit_that_comes_back_takes_its_hold_over() -> None:
    again = [value("a", "m1"), value("a", "m1", "x"), value("a", "m1"), None]
    assert holds(history(*again)) == [Hold("a", 1.0, 1, 4.0, 4, None, "m1", (Claim("x", 2.0, 2),), takeovers=1)]


def test_an_instance_that_overwrites_its_own_hold_on_another_machine_fails() -> None:
    verdict = never_two_holders(holds(history(value("a", "m1"), value("a", "m2"), None)))
    assert verdict.complaints == ("a overwrote a on m1, at revision 2",)


def test_holders_in_turn_pass() -> None:
    assert never_two_holders(holds(history("a", None, "b", None, "a", None)))


def test_a_holder_that_overwrites_another_fails() -> None:
    verdict = never_two_holders(holds(history("a", "b", None)))
    assert verdict.status == "failed"
    assert verdict.complaints == ("b overwrote a, at revision 2",)


def test_two_keys_held_at_once_fail() -> None:
    events = [Event(1, Change(KEY + "/1", "a", 1)), Event(2, Change(KEY + "/2", "b", 2))]
    assert never_two_holders(holds(events)).status == "failed"


def test_an_empty_history_is_no_proof() -> None:
    assert never_two_holders([]).status == "unknown"
    assert each_starts_holding([], []).status == "unknown"
    assert each_after_its_predecessor([]).status == "unknown"
    assert each_after_its_predecessor([held("a", "m1", 1, 2, 3)]).status == "unknown"
    assert never_on_two_machines([]).status == "unknown"
    assert not Verdict("nothing", 0)


def held(node: str, address: str, since: int, claimed: int, until: int | None) -> Hold:
    """A hold that was claimed once; times and revisions are the same figures."""
    return Hold(node, since, since, until, until, address=address, claims=(Claim("x", claimed, claimed),))


IN_TURN = [held("a", "m1", 10, 11, 20), held("b", "m2", 21, 22, 30)]


def test_nodes_that_start_inside_their_own_holds_pass() -> None:
    assert each_starts_holding([Start("a", "m1", 12), Start("b", "m2", 23)], IN_TURN)
    assert each_after_its_predecessor(IN_TURN)


def test_a_node_that_starts_before_its_turn_fails() -> None:
    starts = [Start("a", "m1", 12), Start("b", "m2", 15)]
    assert "b on m2 began at 15.00; it held 21.00 to 30, claimed 22.00" in repr(each_starts_holding(starts, IN_TURN))


def test_a_node_that_starts_before_it_claims_its_hold_fails() -> None:
    assert not each_starts_holding([Start("a", "m1", 9.9), Start("b", "m2", 23)], IN_TURN)


def test_a_claim_may_be_heard_a_little_late() -> None:
    assert each_starts_holding([Start("a", "m1", 10.2), Start("b", "m2", 23)], IN_TURN)


def test_a_node_that_starts_on_another_machines_hold_fails() -> None:
    assert not each_starts_holding([Start("a", "m1", 12), Start("b", "m3", 23)], IN_TURN)


def test_a_node_that_starts_without_any_hold_fails() -> None:
    starts = [Start("a", "m1", 12), Start("c", "m3", 40)]
    assert "it held never" in repr(each_starts_holding(starts, IN_TURN))


def test_a_start_that_was_claimed_and_that_nobody_knows_of_fails() -> None:
    assert "2 starts were claimed, 1 are known" in repr(each_starts_holding([Start("a", "m1", 12)], IN_TURN))


def test_two_processes_of_one_claim_fail() -> None:
    starts = [Start("a", "m1", 12), Start("a", "m1", 14), Start("b", "m2", 23)]
    verdict = each_starts_holding(starts, IN_TURN)
    assert verdict.complaints == ("a on m1 began at 14.00; it held 10.00 to 20, claimed 11.00",)


def test_a_claim_that_fits_two_starts_is_left_to_the_one_that_has_no_other() -> None:
    again = Hold("a", 21, 21, 30, 30, address="m1", claims=(Claim("y", 22, 22),))
    late = Hold("a", 10, 10, 40, 40, address="m1", claims=(Claim("x", 11, 11),))
    assert each_starts_holding([Start("a", "m1", 35), Start("a", "m1", 23)], [late, again])


def test_a_start_that_is_claimed_before_the_predecessor_released_fails() -> None:
    never, late = held("a", "m1", 10, 11, None), held("a", "m1", 10, 11, 25)
    assert each_after_its_predecessor([never, IN_TURN[1]]).complaints == (
        "b started at revision 22, a has not released",
    )
    assert each_after_its_predecessor([late, IN_TURN[1]]).status == "failed"


def test_two_starts_on_one_hold_fail() -> None:
    twice = Hold("a", 10, 1, 20, 5, address="m1", claims=(Claim("x", 11, 2), Claim("y", 12, 3)))
    assert not each_after_its_predecessor([twice])


AWAY = [Absence("m1", 5, 30)]


def test_a_unit_that_moved_after_it_stopped_passes() -> None:
    assert never_on_two_machines([Run("u", "m1", 0, 10), Run("u", "m2", 10.5)])


def test_a_unit_on_two_machines_fails_and_says_for_how_long() -> None:
    verdict = never_on_two_machines([Run("u", "m1", 0, 14.5), Run("u", "m2", 10)])
    assert verdict.complaints == ("u ran on m1 and m2 together for 4.5 s",)


def test_a_unit_that_was_never_stopped_overlaps_for_ever() -> None:
    assert not never_on_two_machines([Run("u", "m1", 0), Run("u", "m2", 10)], AWAY, settled=2)


def test_a_machine_that_was_away_may_go_on_until_shortly_after_its_return() -> None:
    assert never_on_two_machines([Run("u", "m1", 0, 31), Run("u", "m2", 10)], AWAY, settled=2)
    assert never_on_two_machines([Run("u", "m2", 10), Run("u", "m1", 0)], [Absence("m1", 5)], settled=2)


def test_a_machine_that_was_away_and_goes_on_for_longer_fails() -> None:
    assert not never_on_two_machines([Run("u", "m1", 0, 32.5), Run("u", "m2", 10)], AWAY, settled=2)


def test_a_unit_that_ran_elsewhere_before_its_machine_was_away_fails() -> None:
    assert not never_on_two_machines([Run("u", "m1", 0, 31), Run("u", "m2", 4)], AWAY, settled=2)


def test_a_machine_that_begins_what_others_run_while_it_is_away_fails() -> None:
    assert not never_on_two_machines([Run("u", "m1", 10, 31), Run("u", "m2", 0)], AWAY, settled=2)
    assert not never_on_two_machines([Run("u", "m1", 12, 31), Run("u", "m2", 10)], AWAY, settled=2)


def test_a_machine_that_begins_what_others_run_just_after_its_return_fails() -> None:
    assert not never_on_two_machines([Run("u", "m1", 30.5, 31), Run("u", "m2", 10)], AWAY, settled=2)


def test_a_move_that_nobody_saw_proves_nothing() -> None:
    runs = [Run("u", "m1", 0, 10), Run("v", "m1", 0, 10), Run("v", "m2", 12)]
    assert never_on_two_machines(runs, moved=["v"])
    assert never_on_two_machines(runs, moved=["u", "v"]).status == "unknown"
    assert never_on_two_machines(runs, moved=["w"]).status == "unknown"


def test_a_machine_that_was_away_excuses_nobody_else() -> None:
    runs = [Run("u", "m1", 0, 31), Run("u", "m2", 10, 20), Run("u", "m3", 19)]
    verdict = never_on_two_machines(runs, AWAY, settled=2)
    assert verdict.complaints == ("u ran on m2 and m3 together for 1.0 s",)


def test_a_machine_that_takes_a_unit_over_after_its_return_while_it_runs_elsewhere_fails() -> None:
    assert not never_on_two_machines([Run("u", "m2", 0, 40), Run("u", "m1", 35)], AWAY, settled=2)


def test_restarts_on_one_machine_and_other_units_do_not_overlap() -> None:
    assert never_on_two_machines([Run("u", "m1", 0, 5), Run("u", "m1", 4), Run("v", "m2", 0)])


def test_masters_agree_or_not() -> None:
    assert one_master({"a": View("x", 7), "b": View("x", 7)}, nodes=2)
    assert not one_master({"a": View("x", 7), "b": View("y", 7)}, nodes=2)
    assert not one_master({"a": View("x", 7), "b": View("x", 8)}, nodes=2)
    assert not one_master({"a": View("x", 7), "b": View(None, 0)}, nodes=2)
    assert not one_master({"a": View(None, 0), "b": View(None, 0)}, nodes=2)
    assert "1 of 2 answer" in repr(one_master({"a": View("x", 7)}, nodes=2))
    assert not one_master({}, nodes=0)


@settings(deadline=None)  # a busy host is slow at times
@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30))
def test_the_lock_fails_exactly_when_some_value_overwrites_another(values: list[str | None]) -> None:
    overwritten = any(one is not None and two is not None and one != two for one, two in pairwise(values))
    verdict = never_two_holders(holds(history(*values)))
    assert (verdict.status == "failed") == overwritten


def published(ip: str | None, revision: int, key: str) -> Event:
    """A host's key put, or deleted (None)."""
    content = None if ip is None else json.dumps({"ip": ip, "transport_port": 9300})
    return Event(float(revision), Change(f"/hosts/{key}", content, revision))


LISTED = listings(
    {"/hosts/m1": json.dumps({"ip": "m1", "transport_port": 9300})},
    revision=10,
    events=[published("m2", 12, "m2"), published(None, 14, "m1"), published("m3", 20, "m3")],
)
STARTING = [Hold("c", 13, 13, 21, 21, address="m3", claims=(Claim("x", 13, 13),))]
MACHINES = frozenset({"m1:9300", "m2:9300", "m3:9300"})


def test_listings_are_what_was_published_from_each_revision_on() -> None:
    assert [(listing.revision, sorted(listing.hosts.values())) for listing in LISTED] == [
        (10, ["m1:9300"]),
        (12, ["m1:9300", "m2:9300"]),
        (14, ["m2:9300"]),
        (20, ["m2:9300", "m3:9300"]),
    ]


def test_a_node_that_was_given_what_was_published_passes() -> None:
    for hosts in (["m1:9300", "m2:9300"], ["m2:9300"]):
        assert given_the_live_hosts(hosts_given({("c", "m3"): hosts}, STARTING), LISTED, MACHINES)


def test_a_node_that_was_given_a_dead_host_fails() -> None:
    hold = [Hold("c", 15, 15, 21, 21, address="m3", claims=(Claim("x", 15.0, 15),))]
    verdict = given_the_live_hosts(hosts_given({("c", "m3"): ["m1:9300", "m2:9300"]}, hold), LISTED, MACHINES)
    assert verdict.complaints == ("c was given m1:9300, m2:9300; live was m2:9300",)


def test_a_node_that_was_given_too_few_hosts_fails() -> None:
    assert not given_the_live_hosts(hosts_given({("c", "m3"): ["m1:9300"]}, STARTING), LISTED, MACHINES)
    assert not given_the_live_hosts(hosts_given({("c", "m3"): []}, STARTING), LISTED, MACHINES)


def test_with_no_live_host_a_node_is_given_all_machines() -> None:
    empty = listings({}, 10, [published("m3", 20, "m3")])
    assert given_the_live_hosts(hosts_given({("c", "m3"): sorted(MACHINES)}, STARTING), empty, MACHINES)
    assert not given_the_live_hosts(hosts_given({("c", "m3"): []}, STARTING), empty, MACHINES)


def test_a_node_whose_start_nobody_saw_proves_nothing() -> None:
    assert given_the_live_hosts(hosts_given({("d", "m4"): ["m2:9300"]}, STARTING), LISTED, MACHINES).status == "unknown"
