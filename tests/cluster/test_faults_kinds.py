"""Faults by name: orders are data, what cannot be meant is refused in words, and draws are a matter of the seed."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.faults import BadOrder, Order, Shape, draw, kinds
from cluster.faults.kinds import complete
from cluster.settings import Settings

SHAPE = Shape.of(Settings())
EMPTY = Shape.of(Settings(), label=None)


@given(st.integers())
def test_an_order_survives_being_stored(seed: int) -> None:
    order = draw(Random(seed), SHAPE, kinds().keys() - {"hold-lock"})
    assert Order.from_json(json.loads(json.dumps(order.to_json()))) == order


@given(st.integers())
def test_the_same_seed_draws_the_same_faults(seed: int) -> None:
    one, two = Random(seed), Random(seed)
    assert [draw(one, SHAPE) for _ in range(10)] == [draw(two, SHAPE) for _ in range(10)]


@given(st.integers())
def test_what_is_drawn_has_every_option_and_needs_no_completing(seed: int) -> None:
    order = draw(Random(seed), SHAPE)
    assert complete(order) == order


@given(st.integers())
def test_without_units_no_unit_is_drawn(seed: int) -> None:
    assert "elasticsearch" not in draw(Random(seed), EMPTY).target


@given(st.integers())
def test_no_machine_is_drawn_that_is_not_there(seed: int) -> None:
    target = draw(Random(seed), Shape(("m-01", "m-02", "m-03"), ("m-01",), ()), {"partition", "kill-machine"}).target
    assert set(target.split(",")) <= {"m-01", "m-02", "m-03"}


def test_every_kind_that_is_drawn_by_default_is_drawn_sooner_or_later() -> None:
    random = Random(1)
    assert {draw(random, SHAPE).kind for _ in range(500)} == {kind.name for kind in kinds().values() if kind.is_drawn}


def test_of_kinds_without_a_target_nothing_can_be_drawn() -> None:
    with pytest.raises(BadOrder, match="none of the kinds has a target"):
        draw(Random(1), SHAPE, {"hold-lock"})


def test_an_unknown_kind_cannot_be_drawn() -> None:
    with pytest.raises(BadOrder, match="no kind of fault flood"):
        draw(Random(1), SHAPE, {"flood"})


def test_options_that_are_not_given_are_the_defaults() -> None:
    assert complete(Order("packet-loss", "core-01")).options == {"percent": 30, "direction": "both"}


def test_what_was_typed_is_taken_as_the_options_type() -> None:
    order = Order("kill-process", "core-01/etcd2.service", {"keep_down": "true"})
    assert complete(order).options == {"keep_down": True}
    assert complete(Order("packet-loss", "core-01", {"percent": "7"})).options["percent"] == 7


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order("flood", "core-01"), "no kind of fault flood; there are kill-process, "),
        (Order("kill-machine", "core-01", {"hard": True}), "kill-machine has no option hard; its options: none"),
        (
            Order("packet-loss", "core-01", {"percent": "many"}),
            "packet-loss: percent is many, wanted is a number",
        ),
        (Order("partition", "core-01", {"direction": "up"}), "direction is up, wanted is one of both, in, out"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(order: Order, said: str) -> None:
    with pytest.raises(BadOrder, match=said):
        complete(order)


@pytest.mark.parametrize("fields", [{}, {"kind": "kill-machine"}, {"kind": 3, "target": "x"}])
def test_what_is_no_order_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="an order has a kind and a target"):
        Order.from_json(fields)


def test_an_order_reads_as_it_is_typed() -> None:
    order = Order("kill-process", "core-02/etcd2.service", {"keep_down": True})
    assert str(order) == "kill-process core-02/etcd2.service keep_down=true"
