"""Figures of the report as charts of a page: the same picture, with what a reader can set in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from isogloss.report.figures import Figure
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Chart, Control


def drawn(
    figure: Figure, frame: Frame, *, controls: Sequence[Control] = (), scales: bool = False
) -> Chart:
    """Put a figure on a page; its download is the figure, as the reader has set it.

    Args:
        figure: of the report.
        frame: the study; its name is left out of the facts, as the page has it at the top.
        controls: of parameters that the figure has.
        scales: whether logarithmic axes may be made linear.
    """
    return Chart(
        id=figure.name,
        caption=figure.caption,
        spec=figure.spec,
        controls=[one for one in (_offered(c, figure.spec) for c in controls) if one is not None],
        facts=facts_of(figure, frame),
        scales=scales,
    )


def _offered(control: Control, spec: Mapping[str, Any]) -> Control | None:
    """A choice among lines of a figure, of those alone that it has; none where there is one."""
    there = set(_values(spec, control.hover)) if control.hover else set()
    if not there:
        return control
    options = [option for option in control.options if not option[0] or option[0] in there]
    return replace(control, options=options) if len(there) > 1 else None


def _values(spec: Any, field: str) -> Iterator[Any]:
    """The values of a field in all data of a chart."""
    if isinstance(spec, Mapping):
        if field in spec and not isinstance(spec[field], Mapping | list):
            yield spec[field]
        for key, inner in spec.items():
            if key not in {"config", "params"}:
                yield from _values(inner, field)
    elif isinstance(spec, list | tuple):
        for inner in spec:
            yield from _values(inner, field)


def facts_of(figure: Figure, frame: Frame) -> str:
    """What a figure says below its title, without the study's name."""
    title = figure.spec.get("title")
    lines = title.get("subtitle", ()) if isinstance(title, Mapping) else ()
    said = " · ".join([lines] if isinstance(lines, str) else lines)
    return said.removeprefix(frame.study).removeprefix(" · ")


def highlight(values: Iterable[str], field: str) -> Control:
    """A choice of one of several lines, by its name or by pointing at it.

    Args:
        values: names of the lines, as the marks have them.
        field: of the marks that holds the name.
    """
    options = [("", "none"), *((value, value) for value in dict.fromkeys(values))]
    return Control("highlight", "Highlight", "", options=options, hover=field)
