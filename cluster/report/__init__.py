"""What a run was like, for the person who has to say why it is red: one offline HTML file, drawn from its history.

`draw` makes the page of one history, `draw_run` of all in a run's folder, `summary` the Markdown for CI.
"""

from cluster.report.drawing import draw, draw_run
from cluster.report.summary import summary

__all__ = ["draw", "draw_run", "summary"]
