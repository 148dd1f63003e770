"""The tables of docs/fleet.md name a test for each case of the reference, and for each of fleet's own tests."""

from tests.functional import conformance


def test_each_case_has_a_test() -> None:
    assert len(conformance.CASES) == 85
    assert [case for case in conformance.CASES if not conformance.of_case(case)] == []


def test_each_of_fleets_own_functional_tests_has_one_here_but_the_one_that_looks_into_the_program() -> None:
    assert len(conformance.ROWS) == 43
    assert [row for row in conformance.ROWS if not conformance.of_row(row)] == ["SystemdUnitFlow"]


def test_the_tables_are_those_of_the_tests_that_there_are() -> None:
    text = conformance.DOCS.read_text()
    assert conformance.written(text) == text, "run: python -m tests.functional.conformance"
