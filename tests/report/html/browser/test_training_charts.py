"""Curves, matrix and arms in a browser: what a reader chooses is what is drawn and downloaded."""

import re
from collections import Counter

import pytest

from balance_report_toys import balancing
from isogloss.report.figures import figures, svg
from isogloss.report.frame import Frame
from isogloss.report.html.evidence import Evidence, Provenance, Scores
from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.balance import balance
from isogloss.report.html.sections.curves import curves
from isogloss.report.html.sections.regimes import regimes
from isogloss.report.html.sections.transfer import transfer
from isogloss.report.understand import understand
from isogloss.stats.clustering import clustered_order

FRAME = Frame("toy", "macro_f1")
CURVES, MATRIX = "curves-tiny-test-joint", "transfer-tiny-test-2000"
ARMS = "balance-size-mlm-mrr-in_language"


def written(folder, sections):
    path = folder / "report.html"
    path.write_text(render(Page("toy", [one for one in sections if one])), encoding="utf-8")
    return path


def scores(rows):
    return Evidence(FRAME, Provenance([], ""), Scores(rows, understand(rows)))


@pytest.fixture(scope="module")
def few(toy, tmp_path_factory):
    found = scores(toy.study(4))
    sections = [section(found) for section in (curves, transfer, regimes)]
    return written(tmp_path_factory.mktemp("few"), sections)


@pytest.fixture(scope="module")
def many(toy, tmp_path_factory):
    return written(tmp_path_factory.mktemp("many"), [curves(scores(toy.study(10)))])


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    found = balancing(tmp_path_factory.mktemp("store"))
    made = balance(Evidence(Frame("toy", "mrr"), Provenance([], ""), balancing=found))
    return written(tmp_path_factory.mktemp("arms"), [made])


def drawn(page, id):
    """Bring a chart into sight and wait for it."""
    page.locator(f'[id="{id}"]').scroll_into_view_if_needed()
    page.wait_for_selector(f'[data-chart="{id}"][data-drawn]')
    return page.locator(f'[data-chart="{id}"]')


def signal(page, id, name):
    return page.evaluate(
        "([id, name]) => window.isogloss.charts.views.get(id).view.signal(name)", [id, name]
    )


def faded(chart, name):
    """Opacities of the points of one line and of all others."""
    found = chart.locator("path[aria-roledescription='point']").evaluate_all(
        "(all, name) => all.map(e => [e.getAttribute('aria-label').includes(name),"
        " +(e.getAttribute('opacity') ?? 1)])", name,
    )  # fmt: skip
    return {of: sorted({value for mine, value in found if mine == of}) for of in (True, False)}


def test_a_language_is_brought_out_by_its_name(opened, few):
    page = opened(few)
    chart = drawn(page, CURVES)
    assert faded(chart, "French") == {True: [1], False: [1]}
    page.get_by_label("Highlight").select_option("French")
    page.wait_for_function(
        f"window.isogloss.charts.views.get('{CURVES}').view.signal('highlight') === 'French'"
    )
    assert faded(chart, "French") == {True: [1], False: [0.22]}


def test_the_band_of_a_language_that_is_brought_out_is_the_only_one(opened, few):
    def bands():
        areas = chart.locator("g.mark-area path").evaluate_all(
            "all => all.map(e => +(e.getAttribute('opacity') ?? 1))"
        )
        return sorted(areas)

    page = opened(few)
    chart = drawn(page, CURVES)
    assert bands() == [0.06] * 4
    page.get_by_label("Highlight").select_option("French")
    page.wait_for_timeout(100)
    assert bands() == [0, 0, 0, 0.25]


def test_a_drawing_is_named_by_its_caption(opened, few):
    chart = drawn(opened(few), CURVES)
    name = chart.evaluate(
        "e => e.closest('figure').querySelector('[role=graphics-document]').ariaLabel"
    )
    assert name.startswith("Learning curves of tiny, joint training.")


@pytest.mark.parametrize(("fixture", "id"), [("few", CURVES), ("many", CURVES), ("arms", ARMS)])
def test_a_line_is_brought_out_while_it_is_pointed_at(opened, request, fixture, id):
    page = opened(request.getfixturevalue(fixture))
    chart = drawn(page, id)
    name = {"arms": "soft-balanced"}.get(fixture, "French")
    page.locator(f'[id="{id}"] [data-hover]').select_option(index=1)
    chosen = signal(page, id, "highlight")
    assert chosen not in ("", name)
    chart.locator(f"path[aria-roledescription='point'][aria-label*='{name}']").first.hover()
    assert signal(page, id, "highlight") == name
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert name in tip.inner_text()
    page.mouse.move(5, 5)
    assert signal(page, id, "highlight") == chosen  # back to what the control says


def labels(chart, axis):
    """What stands along an axis of a chart, in order."""
    group = chart.locator(f"g[aria-label^='{axis}-axis'] .role-axis-label text")
    return group.evaluate_all("all => all.map(e => e.textContent)")


def test_the_languages_of_the_matrix_stand_as_chosen(opened, few, toy):
    page = opened(few)
    chart = drawn(page, MATRIX)
    records = understand(toy.study(4))["transfer"]
    names = dict(zip(toy.codes, ("English", "French", "Arabic", "Japanese"), strict=False))
    cells = {(r["source"], r["target"]): r["value"] for r in records}
    alike = [names[code] for code in clustered_order(cells, toy.codes[:4])]
    assert alike != list(names.values())
    assert labels(chart, "X") == [*alike, "donor mean"]
    assert labels(chart, "Y") == [*alike, "recipient mean"]
    page.locator("[data-param='order']").select_option("given")
    page.wait_for_timeout(100)
    assert labels(chart, "X") == [*names.values(), "donor mean"]
    assert labels(chart, "Y") == [*names.values(), "recipient mean"]


def test_a_cell_tells_its_score_with_interval_and_counts(opened, few):
    page = opened(few)
    chart = drawn(page, MATRIX)
    chart.locator("path[aria-label^='French to Arabic: ']").hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    said = tip.inner_text()
    assert re.search(r"macro F1\s*0\.\d+ \[0\.\d+, 0\.\d+\]", said)
    assert re.search(r"seeds\s*3", said)
    assert re.search(r"predictions scored\s*300", said)


def ticks(chart):
    """Places of the sizes along the axis, from the first to the last as 0 to 1."""
    places = chart.locator("g[aria-label^='X-axis'] .role-axis-tick line").evaluate_all(
        "all => all.map(e => new DOMMatrix(getComputedStyle(e).transform).e"
        " || +/translate\\(([\\d.]+)/.exec(e.getAttribute('transform'))[1])"
    )
    return [(place - places[0]) / (places[-1] - places[0]) for place in places]


def test_the_sizes_stand_on_a_logarithmic_or_a_linear_scale(opened, few):
    page = opened(few)
    chart = drawn(page, CURVES)
    assert ticks(chart) == pytest.approx(
        [0, 0.537, 1], abs=0.01
    )  # log(500 / 100) / log(2000 / 100)
    page.get_by_label("Scale").first.select_option("linear")
    page.wait_for_selector(f"[data-chart='{CURVES}'] >> text=(linear scale)")
    assert ticks(chart) == pytest.approx([0, 400 / 1900, 1], abs=0.01)


def texts(drawing):
    """The words of a drawing, with their counts; spaces do not count."""
    found = re.findall(r"<text[^>]*>([^<]*)</text>", drawing)
    return Counter(word.strip() for word in found if word.strip())


@pytest.mark.parametrize("id", [CURVES, MATRIX, "joint-minus-single-tiny-test-2000"])
def test_the_download_is_the_figure_of_the_report(opened, few, toy, id):
    page = opened(few)
    drawn(page, id)
    with page.expect_download() as waited:
        page.locator(f'[data-image="svg"][data-of="{id}"]').click()
    got = waited.value.path().read_text()
    figure = {one.name: one for one in figures(understand(toy.study(4)), FRAME)}[id]
    wanted = svg(figure.spec)
    assert texts(got) == texts(wanted)
    for mark in ("rect mark", "point", "line mark", "area mark", "text mark"):
        count = f'aria-roledescription="{mark}"'
        assert got.count(count) == wanted.count(count)


def test_a_download_keeps_what_the_reader_has_chosen(opened, few):
    page = opened(few)
    drawn(page, MATRIX)
    page.locator("[data-param='order']").select_option("given")
    with page.expect_download() as waited:
        page.locator(f'[data-image="svg"][data-of="{MATRIX}"]').click()
    got = waited.value.path().read_text()
    order = re.findall(r">(English|French|Arabic|Japanese)</text>", got)
    assert order == ["English", "French", "Arabic", "Japanese"] * 2


NAMED = """id => [...document.querySelectorAll(`[data-chart="${id}"] text`)]
  .filter(e => ["English", "Portuguese", "French", "Arabic", "German"].includes(e.textContent))
  .map(e => Math.round(e.getBoundingClientRect().top))"""


@pytest.mark.parametrize(("width", "columns"), [(1280, 4), (390, 2)])
def test_small_charts_stand_in_as_many_columns_as_there_is_room_for(opened, many, width, columns):
    page = opened(many, viewport={"width": width, "height": 800})
    drawn(page, CURVES)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tops = page.evaluate(NAMED, CURVES)
    assert len(tops) == 5
    assert max(Counter(tops).values()) == columns
