"""Verdicts on a history: pure functions, so that a bad history can be put before each of them."""

from cluster.checkers.books import Book, books_in, copies_told
from cluster.checkers.discovery import given_the_live_hosts
from cluster.checkers.documents import (
    acknowledged_documents_lost,
    copies_disagree,
    dirty_documents,
    some_copies_lost,
)
from cluster.checkers.judgement import conclude, judge, judge_now
from cluster.checkers.known import KnownIssue, KnownIssues, KnownIssuesError
from cluster.checkers.lease import (
    HEARD,
    SKEW,
    Start,
    each_after_its_predecessor,
    each_starts_holding,
    never_two_holders,
)
from cluster.checkers.logs import logs_as_allowed
from cluster.checkers.master import View, one_master, one_master_accepted
from cluster.checkers.placement import Absence, Run, never_on_two_machines
from cluster.checkers.replicas import replicas_as_meant
from cluster.checkers.verdict import BAD, Complaint, Verdict

__all__ = [
    "BAD",
    "HEARD",
    "SKEW",
    "Absence",
    "Book",
    "Complaint",
    "KnownIssue",
    "KnownIssues",
    "KnownIssuesError",
    "Run",
    "Start",
    "Verdict",
    "View",
    "acknowledged_documents_lost",
    "books_in",
    "conclude",
    "copies_disagree",
    "copies_told",
    "dirty_documents",
    "each_after_its_predecessor",
    "each_starts_holding",
    "given_the_live_hosts",
    "judge",
    "judge_now",
    "logs_as_allowed",
    "never_on_two_machines",
    "never_two_holders",
    "one_master",
    "one_master_accepted",
    "replicas_as_meant",
    "some_copies_lost",
]
