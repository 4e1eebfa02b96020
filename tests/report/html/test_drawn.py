"""A figure on a page offers what it shows, and nothing else."""

from isogloss.report.figures import Figure
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Control
from isogloss.report.html.drawn import drawn, highlight

FRAME = Frame("toy", "mrr")


def figure(*arms):
    values = [{"arm": arm, "value": 0.5} for arm in arms]
    layer = {"data": {"values": values}, "encoding": {"color": {"field": "arm"}}}
    return Figure("one", "scores", "One.", {"layer": [layer, {"mark": "rule"}]})


def test_a_line_that_a_figure_does_not_have_is_not_offered():
    offered = highlight(["mine", "teacher of the language", "other"], "arm")
    (control,) = drawn(figure("mine", "other"), FRAME, controls=[offered]).controls
    assert [value for value, _ in control.options] == ["", "mine", "other"]


def test_of_a_lone_line_nothing_is_to_be_chosen():
    offered = highlight(["mine", "other"], "arm")
    assert drawn(figure("mine"), FRAME, controls=[offered]).controls == []


def test_choices_that_are_no_lines_stay():
    order = Control("order", "Languages", "given", options=[("given", "as named")])
    assert drawn(figure("mine"), FRAME, controls=[order]).controls == [order]
