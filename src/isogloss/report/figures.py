"""The figures of a study, and how a chart becomes a PNG and an SVG.

Drawing is done in this process by vl-convert, which brings its own Vega-Lite; a chart that points
to the network is refused, so a report is the same on a machine without one. A chart takes about a
tenth of a second, the first one a second more.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import vl_convert

from isogloss.report.charts.curves import curves_chart
from isogloss.report.charts.regimes import regimes_chart
from isogloss.report.charts.transfer import transfer_chart
from isogloss.report.frame import Frame
from isogloss.report.pivots import parts
from isogloss.report.records import Records

PIXELS_PER_UNIT = 2.0


@final
@dataclass(frozen=True)
class Figure:
    """A chart with the name of its file and the section of the report it belongs to."""

    name: str
    table: str
    """Name of the table it draws."""
    caption: str
    spec: dict[str, Any]
    """Vega-Lite, data included."""


def figures(tables: Mapping[str, Records], frame: Frame) -> Iterator[Figure]:
    """Draw every table that has enough to show, one figure per encoder, split and size."""
    yield from _curves(tables["curves"], frame)
    yield from _transfer(tables["transfer"], tables["donors"], frame)
    yield from _regimes(tables["regimes"], frame)


def png(spec: Mapping[str, Any]) -> bytes:
    """Draw a chart as PNG, at twice its size in points."""
    return bytes(
        vl_convert.vegalite_to_png(dict(spec), scale=PIXELS_PER_UNIT, allowed_base_urls=[])
    )


def svg(spec: Mapping[str, Any]) -> str:
    """Draw a chart as SVG; its text stays text.

    The renderer numbers its gradients and clips over all charts of a process; here they are
    numbered within the chart, so that the same chart gives the same file.
    """
    drawing = str(vl_convert.vegalite_to_svg(dict(spec), allowed_base_urls=[]))
    names = dict.fromkeys(re.findall(r'id="((?:gradient|clip)[_\d]*)"', drawing))
    for place, name in enumerate(names):
        drawing = re.sub(rf'(id="|url\(#){name}(?=["\)])', rf"\g<1>part-{place}", drawing)
    return drawing


def slug(*words: object) -> str:
    """Make a name of a file.

    >>> slug("curves", "org/Model-base v2", "joint")
    'curves-org-model-base-v2-joint'
    """
    return re.sub(r"[^\w.]+", "-", "-".join(map(str, words))).strip("-.").lower()


def _curves(points: Records, frame: Frame) -> Iterator[Figure]:
    for key, group in parts(points, ("encoder", "split", "regime", "setting")):
        sizes = {point["n_per_language"] for point in group} - {None}
        if len(sizes) > 1:
            seen = "" if key["setting"] == "seen" else "zero-shot"
            name = slug("curves", key["encoder"], key["split"], key["regime"], seen)
            caption = f"Learning curves of {key['encoder']}, {key['regime']} training."
            yield Figure(name, "curves", caption, curves_chart(group, frame))


def _transfer(cells: Records, donors: Records, frame: Frame) -> Iterator[Figure]:
    fields = ("encoder", "split", "n_per_language")
    margins = {tuple(key.values()): group for key, group in parts(donors, fields)}
    for key, group in parts(cells, fields):
        own = margins.get(tuple(key.values()), [])
        if any(cell["source"] != cell["target"] for cell in group):
            spec = transfer_chart(group, own, frame)
            caption = f"Transfer between languages, {key['encoder']}."
            yield Figure(_sized("transfer", key), "transfer", caption, spec)


def _regimes(records: Records, frame: Frame) -> Iterator[Figure]:
    for key, group in parts(records, ("encoder", "split", "n_per_language")):
        caption = f"Joint, single and zero-shot training of {key['encoder']}."
        yield Figure(_sized("regimes", key), "regimes", caption, regimes_chart(group, frame))


def _sized(table: str, key: Mapping[str, Any]) -> str:
    size = "all" if key["n_per_language"] is None else key["n_per_language"]
    return slug(table, key["encoder"], key["split"], size)
