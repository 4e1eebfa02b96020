"""The whole page of a study that ran, as a reader meets it."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import pytest
from tests.command import fresh
from tests.toys import STUDY, write_toy

from isogloss.desk.evidence import evidence_of
from isogloss.desk.opened import open_study
from isogloss.report.faces import faces
from isogloss.report.files import write_files
from isogloss.report.html.blocks import Section, table_of
from isogloss.report.html.page import Page, render

SECTIONS = (
    "verdict", "comparison", "map", "learning", "transfer", "regimes", "why", "provenance",
)  # fmt: skip
OTHER = """encoders:
  - name: other
    scratch:
      architecture: distilbert
      hidden_size: 8
      num_hidden_layers: 1
      num_attention_heads: 1
      intermediate_size: 8
      tokenizer: {algorithm: unigram, vocab_size: 90}"""
SETTINGS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The report of two encoders, three languages, joint and single, in all formats."""
    home = tmp_path_factory.mktemp("page")
    text = STUDY.replace("encoders:", OTHER).replace("seeds: [1]", "seeds: [1, 2]")
    study = write_toy(home, text)
    fresh(home, "run", str(study), check=True)
    opened = open_study(study, home / ".isogloss", None)
    commands = [opened.again("run"), opened.again("report")]
    write_files(home / "out", faces(evidence_of(opened, commands)))
    return home / "out"


@pytest.fixture
def page(opened, folder):
    page = opened(folder / "report.html", accept_downloads=True)
    _see_all(page)
    return page


def _see_all(page):
    """Open what is folded and scroll through, so that every chart is drawn."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for place in page.query_selector_all("[data-chart]"):
        if place.is_visible():
            place.scroll_into_view_if_needed()
            page.wait_for_selector(
                f'[data-chart="{place.get_attribute("data-chart")}"][data-drawn]'
            )


def _download(page, selector):
    with page.expect_download() as waited:
        page.click(selector)
    return waited.value.path().read_bytes()


def test_every_section_is_there_and_linked_and_holds_something(page):
    assert [s.get_attribute("id") for s in page.query_selector_all("main > section")] == list(
        SECTIONS
    )
    links = [a.get_attribute("href") for a in page.query_selector_all("nav a")]
    assert links == [f"#{name}" for name in SECTIONS]
    for name in SECTIONS:
        assert page.inner_text(f"#{name}").strip()
    assert page.query_selector_all(".view svg")
    for drawn in page.query_selector_all(".view svg"):
        assert drawn.query_selector("path, circle, rect, text")


def test_ids_are_unique(page):
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_scores_in_tables_are_those_of_the_records(page, folder):
    known = set(_floats(json.loads((folder / "report.json").read_text(encoding="utf-8"))))
    cells = page.evaluate(
        """[...document.querySelectorAll(
             '#learning td, #transfer td, #regimes td, #comparison td, #verdict td')]
           .filter((cell) => cell.dataset.value !== undefined)
           .map((cell) => [cell.dataset.value, cell.textContent.trim()])"""
    )
    checked = 0
    for value, text in cells:
        if not re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", value):
            continue
        assert float(value) in known, (value, text)
        shown = re.match(r"[+-]?\d[\d,]*(\.\d+)?", text.replace("−", "-"))
        if shown and "%" not in text:
            assert abs(float(shown[0].replace(",", "")) - float(value)) <= 0.51 * _last(shown[0])
        checked += 1
    assert checked > 100


def _last(text):
    """The worth of the last digit that a number shows; 600 shows hundreds.

    Zeros at the end of a whole number may be rounded.
    """
    whole, _, part = text.lstrip("+-").replace(",", "").partition(".")
    return 10.0 ** -len(part) if part else 10.0 ** (len(whole) - len(whole.rstrip("0")))


def _floats(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _floats(one)
    elif isinstance(value, float):
        yield value


def test_a_column_sorts_both_ways_by_the_numbers_with_empty_cells_last(page):
    heads = page.query_selector_all("#learning th.number button[data-sort]")
    for head in heads[:3]:
        for sign in (-1, 1):
            head.focus()
            page.keyboard.press("Enter")
            values = head.evaluate(
                """(button) => {
                  const column = Number(button.dataset.sort);
                  const rows = [...button.closest('table').tBodies[0].rows];
                  return rows.map((row) => row.cells[column].dataset.value ?? null);
                }"""
            )
            numbers = [float(value) for value in values if value is not None]
            assert numbers == sorted(numbers, reverse=sign < 0)
            assert None not in values[: len(numbers)]
            told = head.evaluate("(button) => button.closest('th').getAttribute('aria-sort')")
            assert told == ("descending" if sign < 0 else "ascending")


def _with_german(page):
    """Each filter of a table with some rows of German: box, table, rows, and those of German."""
    for box in page.query_selector_all("input[data-filter]"):
        table = f"#{box.get_attribute('data-filter')}"
        rows = page.query_selector_all(f"{table} tbody tr")
        wanted = [row for row in rows if "german" in row.inner_text().lower()]
        if box.is_visible() and 0 < len(wanted) < len(rows):
            yield box, table, rows, wanted


def test_a_table_filters_by_words_and_counts_what_is_left(page):
    box, table, rows, wanted = next(_with_german(page))
    box.fill("GERMAN")
    assert sum(row.is_visible() for row in rows) == len(wanted)
    assert page.inner_text(f"{table} [data-count]") == f"{len(wanted)} of {len(rows)} rows"
    box.fill("")
    assert all(row.is_visible() for row in rows)
    count = page.locator(f"{table} [data-count]")
    assert count.get_attribute("aria-live") == "polite"
    box.fill("no language of this name")
    assert count.inner_text() == f"no row matches, of {len(rows)}"
    assert not any(row.is_visible() for row in rows)


def test_tables_and_charts_have_names_and_only_boxes_that_overflow_take_the_focus(page):
    page.set_viewport_size({"width": 900, "height": 900})
    page.wait_for_timeout(300)
    found = page.evaluate(
        """[...document.querySelectorAll('.scroll')].filter((box) => box.offsetParent)
           .map((box) => [box.scrollWidth > box.clientWidth + 1, box.tabIndex === 0])"""
    )
    assert {over for over, _ in found} == {True, False}
    assert all(over == focus for over, focus in found)
    names = page.evaluate(
        """[...document.querySelectorAll('.scroll, figure.table table')].map((one) =>
           one.getAttribute('aria-label') || document.getElementById(
             one.getAttribute('aria-labelledby'))?.textContent.trim())"""
    )
    assert all(names)
    drawings = page.evaluate(
        """[...document.querySelectorAll("figure.chart [role='graphics-document']")]
           .map((one) => one.getAttribute('aria-label'))"""
    )
    assert drawings
    assert all(drawings)


def test_the_curves_that_are_downloaded_are_the_table_of_the_report(page, folder):
    written = (folder / "tables" / "curves.csv").read_text(encoding="utf-8")
    buttons = page.query_selector_all("#learning [data-csv]")
    rows = set(map(_key, csv.DictReader(io.StringIO(written))))
    found = set()
    for name in [button.get_attribute("data-csv") for button in buttons]:
        text = _download(page, f'[data-csv="{name}"]').decode()
        found |= set(map(_key, csv.DictReader(io.StringIO(text))))
    assert {row for row in rows if ("regime", "joint") in row} <= found


def _key(row):
    return tuple(sorted(row.items()))


def test_charts_download_as_drawings_that_hold_their_title(page):
    for kind in ("svg", "png"):
        for button in page.query_selector_all(f'[data-image="{kind}"]')[:4]:
            if not button.is_visible():
                continue
            content = _download(
                page, f'[data-image="{kind}"][data-of="{button.get_attribute("data-of")}"]'
            )
            if kind == "png":
                assert content.startswith(b"\x89PNG\r\n")
            else:
                assert ElementTree.fromstring(content).tag.endswith("svg")


@pytest.mark.parametrize("name", SETTINGS)
def test_no_barrier_that_axe_knows(opened, folder, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(folder / "report.html", **SETTINGS[name])
    _see_all(page)
    found = axe.Axe().run(page).response["violations"]
    serious = {
        one["id"]: [node["html"][:200] for node in one["nodes"][:3]]
        for one in found
        if one["impact"] in {"serious", "critical"}
    }
    assert serious == {}


@pytest.mark.parametrize("width", [390, 768, 1280, 2200])
def test_nothing_is_wider_than_the_window(opened, folder, width):
    page = opened(folder / "report.html", viewport={"width": width, "height": 800})
    _see_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_is_kept_and_redraws_the_charts(page):
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    names = [page.get_attribute("html", "data-theme")]
    for _ in range(3):
        page.click("#theme")
        names.append(page.get_attribute("html", "data-theme"))
    assert names == ["auto", "light", "dark", "auto"]
    page.click("#theme")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"


def test_it_prints_with_every_chart(opened, folder):
    page = opened(folder / "report.html")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "[...document.querySelectorAll('[data-chart]')].every((one) => one.dataset.drawn)"
    )
    assert page.pdf().startswith(b"%PDF")


def test_a_chart_that_a_wide_window_drew_fits_the_paper(opened, folder):
    page = opened(folder / "report.html", viewport={"width": 1800, "height": 900})
    _see_all(page)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 900})
    wide = page.eval_on_selector_all(
        ".chart .view > svg",
        "all => all.filter((one) => one.getBoundingClientRect().right > 700).length",
    )
    assert wide == 0


def test_a_table_with_more_to_the_right_says_so_and_names_break_behind_underscores(opened, folder):
    page = opened(folder / "report.html", viewport={"width": 390, "height": 800})
    _see_all(page)
    shadows = "getComputedStyle(document.querySelector('#overview .scroll')).backgroundImage"
    assert page.evaluate(shadows).count("gradient") == 4
    name = page.query_selector("#overview tbody tr th:has(wbr)")
    assert name.inner_html().replace("<wbr>", "") == name.text_content()


def test_a_long_table_shows_its_first_rows_and_all_on_request(opened, tmp_path):
    records = [{"name": f"n{at % 7}", "at": at} for at in range(880)]
    path = tmp_path / "long.html"
    path.write_text(
        render(Page("t", [Section("s", "S", [table_of("long", "Long", records)])])), "utf-8"
    )
    page = opened(path)
    rows = "#long tbody tr"

    def visible():
        return page.eval_on_selector_all(
            rows, "all => all.filter(r => !r.hidden).map(r => Number(r.cells[1].dataset.value))"
        )

    assert visible() == list(range(200))
    page.click("#long [data-sort='1']")
    assert visible() == list(range(879, 679, -1)), "the first of all, not of those that were shown"
    page.fill("#long [data-filter]", "n3")
    wanted = [at for at in range(879, -1, -1) if at % 7 == 3]
    assert visible() == wanted
    assert page.inner_text("#long [data-count]") == f"{len(wanted)} of 880 rows"
    assert page.is_hidden("#long [data-more]")
    page.fill("#long [data-filter]", "")
    more = page.locator("#long [data-more]")
    assert more.inner_text() == "Show all 880 rows; the first 200 are here"
    more.press("Enter")
    assert visible() == list(range(879, -1, -1))
    assert page.evaluate("document.activeElement.textContent") == "n0", "row 201"
    assert more.is_hidden()


def test_tables_are_there_without_scripts(browser, folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "report.html").as_uri())
    assert page.is_visible("#verdict")
    assert page.query_selector_all("#comparison tbody tr")
    context.close()
