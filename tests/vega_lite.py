"""Whether a chart is what Vega-Lite reads: charts are not checked as they are drawn."""

import altair as alt

from isogloss.report.html.blocks import Chart, Fold


def check(spec):
    """Fail with the place of the first mistake."""
    alt.Chart.from_dict(spec).to_dict(validate=True)


def charts_of(blocks):
    """The charts among some blocks, those behind folds too."""
    for block in blocks:
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, Fold):
            yield from charts_of(block.blocks)
