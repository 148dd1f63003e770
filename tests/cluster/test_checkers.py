"""The verdicts: each one turns red on a history that is known to be bad."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cluster.checkers import (
    Run,
    Start,
    Verdict,
    each_after_its_predecessor,
    each_starts_holding,
    never_on_two_machines,
    never_two_holders,
    one_master,
)
from cluster.etcd import Change
from cluster.leases import Hold, holder, holds
from cluster.recorder import Event

KEY = "/locks/es"


def history(*values: str | None) -> list[Event]:
    """A lock's key put and deleted (None), one change a second, one revision a change."""
    return [Event(float(n), Change(KEY, value, n)) for n, value in enumerate(values, start=1)]


def test_holds_are_read_from_puts_and_deletes() -> None:
    assert holds(history("a", None, "b")) == [Hold("a", 1.0, 1, 2.0, 2), Hold("b", 3.0, 3)]


def test_a_refresh_is_no_new_hold() -> None:
    assert len(holds(history("a", "a", "a", None))) == 1


def test_the_holder_is_the_node_that_the_value_names() -> None:
    assert holder('{"instance": "3", "holder": "es-3", "hold": "ab", "start": ""}') == "es-3"
    assert holder("the operator\n") == "the operator"
    assert holder("3") == "3"


def test_a_hold_that_is_claimed_for_a_start_is_still_one_hold() -> None:
    claimed = ['{"holder": "a", "start": ""}', '{"holder": "a", "start": "x"}', None]
    assert holds(history(*claimed)) == [Hold("a", 1.0, 1, 3.0, 3)]


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
    assert each_after_its_predecessor([Start("a", "m", 1)], []).status == "unknown"
    assert never_on_two_machines([]).status == "unknown"
    assert not Verdict("nothing", 0)


IN_TURN = [Hold("a", 10, 1, 20, 2), Hold("b", 21, 3, 30, 4)]


def test_nodes_that_start_inside_their_own_holds_pass() -> None:
    starts = [Start("a", "m1", 12), Start("b", "m2", 23)]
    assert each_starts_holding(starts, IN_TURN)
    assert each_after_its_predecessor(starts, IN_TURN)


def test_a_node_that_starts_before_its_turn_fails() -> None:
    starts = [Start("a", "m1", 12), Start("b", "m2", 15)]
    assert "b began at 15.00; it held 21.00 to 30" in repr(each_starts_holding(starts, IN_TURN))
    assert each_after_its_predecessor(starts, IN_TURN).status == "failed"


def test_a_node_that_starts_without_any_hold_fails() -> None:
    starts = [Start("a", "m1", 12), Start("c", "m3", 40)]
    assert "it held never" in repr(each_starts_holding(starts, IN_TURN))


def test_a_successor_of_a_node_that_never_released_fails() -> None:
    starts = [Start("a", "m1", 12), Start("b", "m2", 23)]
    assert each_after_its_predecessor(starts, [Hold("a", 10, 1)]).status == "failed"


def test_a_unit_that_moved_after_it_stopped_passes() -> None:
    assert never_on_two_machines([Run("u", "m1", 0, 10), Run("u", "m2", 10.5)])


def test_a_unit_on_two_machines_fails_and_says_for_how_long() -> None:
    verdict = never_on_two_machines([Run("u", "m1", 0, 14.5), Run("u", "m2", 10)])
    assert verdict.complaints == ("u ran on m1 and m2 together for 4.5 s",)


def test_a_unit_that_was_never_stopped_overlaps_for_ever() -> None:
    assert not never_on_two_machines([Run("u", "m1", 0), Run("u", "m2", 10)], allowed=2)


def test_an_overlap_inside_what_is_allowed_passes() -> None:
    assert never_on_two_machines([Run("u", "m1", 0, 11), Run("u", "m2", 10)], allowed=2)


def test_restarts_on_one_machine_and_other_units_do_not_overlap() -> None:
    assert never_on_two_machines([Run("u", "m1", 0, 5), Run("u", "m1", 4), Run("v", "m2", 0)])


def test_masters_agree_or_not() -> None:
    assert one_master({"a": "x", "b": "x"})
    assert one_master({"a": "x", "b": "y"}).status == "failed"
    assert one_master({"a": "x", "b": None}).status == "failed"
    assert one_master({}).status == "failed"


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30))
def test_the_lock_fails_exactly_when_some_value_overwrites_another(values: list[str | None]) -> None:
    overwritten = any(one is not None and two is not None and one != two for one, two in pairwise(values))
    verdict = never_two_holders(holds(history(*values)))
    assert (verdict.status == "failed") == overwritten
