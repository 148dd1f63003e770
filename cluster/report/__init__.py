"""What a run was like, for the person who has to say why it is red: one offline HTML file, drawn from its history.

`draw` makes the page of one history, `draw_run` of all in a run's folder, `summary` the Markdown for CI.
`page_of` says where a history's page is, or will be.
"""

from cluster.report.drawing import draw, draw_run, page_of
from cluster.report.summary import summary, unready

__all__ = ["draw", "draw_run", "page_of", "summary", "unready"]
