"""The figures of a study, and how a chart becomes a PNG and an SVG.

Drawing is done in this process by vl-convert, which brings its own Vega-Lite; a chart that points
to the network is refused, so a report is the same on a machine without one. A chart takes about a
tenth of a second, the first one a second more.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, final

import vl_convert

from isogloss.report.baseline_tables import chance_by_language
from isogloss.report.charts.curves import curves_chart
from isogloss.report.charts.regimes import joint_minus_single_chart, regimes_chart
from isogloss.report.charts.transfer import transfer_chart
from isogloss.report.distinct import distinct
from isogloss.report.files import Artifact
from isogloss.report.frame import Frame
from isogloss.report.pivots import by_fields, parts
from isogloss.report.records import Records

PIXELS_PER_UNIT = 2.0

MOST_BYTES = 150
"""Of a file's name; file systems take 255, and a draft beside it has more."""


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

    task: str = ""
    """What it is about, where a study has several tasks."""


def pictures(table: str, drawn: Iterable[Figure]) -> Iterator[str]:
    """The figures of a table, as Markdown."""
    for figure in drawn:
        if figure.table == table:
            yield f"![{figure.caption}](figures/{figure.name}.png)"


def figures(tables: Mapping[str, Records], frame: Frame) -> Iterator[Figure]:
    """Draw every table that has enough to show, one figure per encoder, split and size."""
    yield from named_apart(
        [
            *curve_figures(tables["curves"], frame, tables.get("baselines", ())),
            *transfer_figures(tables["transfer"], tables["donors"], frame),
            *regime_figures(tables["regimes"], frame, tables.get("baselines", ())),
        ]
    )


def named_apart(drawn: Sequence[Figure]) -> Iterator[Figure]:
    """Give no two figures one name: encoders `Tiny` and `tiny` share their letters in a file's."""
    for figure, name in zip(drawn, distinct(one.name for one in drawn), strict=True):
        yield replace(figure, name=name)


def figure_files(drawn: Iterable[Figure]) -> Iterator[Artifact]:
    """Give each figure as `figures/<name>.png` and `.svg`."""
    for figure in drawn:
        place = f"figures/{figure.name}"
        yield Artifact(f"{place}.png", partial(png, figure.spec))
        yield Artifact(f"{place}.svg", partial(svg, figure.spec))


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
    """Make a name of a file; a long one is cut, with a digest for what is cut off.

    >>> slug("curves", "org/Model-base v2", "joint")
    'curves-org-model-base-v2-joint'
    >>> slug("curves", "x" * 300, "joint")[-20:]
    'xxxxxxxxxxx-01d790dd'
    """
    text = re.sub(r"[^\w.]+", "-", "-".join(map(str, words))).strip("-.").lower()
    if len(text.encode()) <= MOST_BYTES:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text.encode()[:MOST_BYTES].decode(errors='ignore')}-{digest}"


def curve_figures(points: Records, frame: Frame, known: Records = ()) -> Iterator[Figure]:
    """Draw the records of `curves` that have two sizes or more, with those of `baselines`."""
    for key, group in parts(points, ("encoder", "split", "regime", "setting")):
        sizes = {point["n_per_language"] for point in group} - {None}
        if len(sizes) > 1:
            seen = "" if key["setting"] == "seen" else "zero-shot"
            name = slug("curves", key["encoder"], key["split"], key["regime"], seen)
            where = ", on languages not trained on" if seen else ""
            caption = f"Learning curves of {key['encoder']}, {key['regime']} training{where}."
            chance = chance_by_language(known, key["split"])
            yield Figure(name, "curves", caption, curves_chart(group, frame, chance))


def transfer_figures(cells: Records, donors: Records, frame: Frame) -> Iterator[Figure]:
    """Draw the records of `transfer`, with those of `donors`, where one language meets another."""
    fields = ("encoder", "split", "n_per_language")
    margins = by_fields(donors, fields)
    for key, group in parts(cells, fields):
        own = margins.get(tuple(key.values()), [])
        if any(cell["source"] != cell["target"] for cell in group):
            spec = transfer_chart(group, own, frame)
            caption = f"Transfer between languages, {key['encoder']}."
            yield Figure(_sized("transfer", key), "transfer", caption, spec)


def regime_figures(records: Records, frame: Frame, known: Records = ()) -> Iterator[Figure]:
    """Draw the records of `regimes`: the scores, and joint minus single where both are there.

    Those of `baselines` say what chance scores.
    """
    for key, group in parts(records, ("encoder", "split", "n_per_language")):
        caption = f"Joint, single and zero-shot training of {key['encoder']}."
        chance = chance_by_language(known, key["split"])
        spec = regimes_chart(group, frame, chance)
        yield Figure(_sized("regimes", key), "regimes", caption, spec)
        if any(record["joint_minus_single"] is not None for record in group):
            caption = f"Joint minus single of {key['encoder']}: what other languages' rows bring."
            spec = joint_minus_single_chart(group, frame)
            yield Figure(_sized("joint-minus-single", key), "regimes", caption, spec)


def _sized(table: str, key: Mapping[str, Any]) -> str:
    size = "all" if key["n_per_language"] is None else key["n_per_language"]
    return slug(table, key["encoder"], key["split"], size)
