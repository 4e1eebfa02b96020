"""The map in a browser: the slider moves the line and the words, choices change what is shown."""

from itertools import combinations

import pytest

from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.map import isogloss_map
from isogloss.report.map.labels import width_of
from isogloss.report.numbers import number
from map_toys import SCORES, evidence, rows

LANGUAGES = "window.isogloss.read('isogloss-data').groups[0].layers[0].languages"
LINE = "#isogloss-map path[stroke='#D55E00']"
WORST_LAST = {**SCORES, "eng-Latn": 0.45, "epo-Latn": 0.9}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = [*rows(), *rows(WORST_LAST, encoder="other")]
    found = tmp_path_factory.mktemp("map") / "report.html"
    section = isogloss_map(evidence(made))
    found.write_text(render(Page("toy", [section])), encoding="utf-8")
    return found


@pytest.fixture
def page(opened, path):
    shown = opened(path, viewport={"width": 1280, "height": 1400})
    shown.wait_for_selector("#isogloss-map [data-drawn]", state="attached")
    shown.wait_for_selector("#isogloss-bars [data-drawn]", state="attached")
    return shown


def settle(page):
    page.evaluate(
        "Promise.all(['isogloss-map', 'isogloss-bars']"
        ".map((id) => isogloss.charts.views.get(id)?.view.runAsync())).then(() => null)"
    )


def move(page, threshold):
    page.locator("[data-map=threshold]").evaluate(
        "(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }",
        threshold,
    )
    settle(page)


def below(page):
    return page.locator("#isogloss-map [aria-label$=', below']").count()


def test_the_slider_counts_and_draws_the_line(page):
    for threshold in (0.35, 0.5, 0.6, 0.75, 0.86, 0.95):
        move(page, threshold)
        now = float(page.locator("[data-map=threshold]").input_value())
        fallen = [code for code, value in SCORES.items() if value + 0.005 < now]
        said = page.locator(".map-said").inner_text()
        assert f"{len(SCORES) - len(fallen)} of 9 languages at {now:.3f} or above" in said
        assert f"{len(fallen)} below" in said
        names = page.locator(".map-said .names").inner_text()
        assert ("Esperanto" in names) == ("epo-Latn" in fallen)
        drawn = [code for code in fallen if code != "epo-Latn"]
        assert below(page) == len(drawn)
        assert (page.locator(LINE).count() > 0) == (0 < len(drawn) < 8)


def test_a_threshold_can_be_typed_exactly_and_the_first_is_explained(page):
    field = page.locator("[data-map=exact]")
    first = field.input_value()
    assert page.locator("[data-map=why]").inner_text().startswith(f"{float(first):g} is midway")
    value = SCORES["deu-Latn"] + 0.00037
    field.fill(str(value))
    settle(page)
    said = page.locator(".map-said .counts").inner_text()
    above = [one for one in page.evaluate(LANGUAGES) if one["value"] >= value]
    assert f"{len(above)} of 9 languages at {value} or above" in said
    assert abs(float(page.locator("[data-map=threshold]").input_value()) - value) < 0.01
    field.fill("")
    assert page.locator(".map-said .counts").inner_text() == said
    page.locator("[data-map=threshold]").focus()
    assert float(field.input_value()) == value
    page.keyboard.press("Home")
    assert float(field.input_value()) == float(
        page.locator("[data-map=threshold]").get_attribute("min")
    )


def test_the_words_are_told_to_a_screen_reader(page):
    assert page.locator(".map-said").get_attribute("aria-live") == "polite"
    before = page.locator(".map-said .counts").inner_text()
    page.locator("[data-map=threshold]").focus()
    page.keyboard.press("Home")
    settle(page)
    assert page.locator(".map-said .counts").inner_text() != before
    assert "9 of 9 languages" in page.locator(".map-said .counts").inner_text()
    page.keyboard.press("End")
    assert "0 of 9 languages" in page.locator(".map-said .counts").inner_text()


def test_another_model_moves_the_line_and_keeps_the_threshold(page):
    move(page, 0.55)
    before = page.locator(LINE).evaluate_all("ones => ones.map((one) => one.getAttribute('d'))")
    kept = page.locator("[data-map=threshold]").input_value()
    page.locator("[data-map=layer]").select_option(label="other, joint training")
    settle(page)
    after = page.locator(LINE).evaluate_all("ones => ones.map((one) => one.getAttribute('d'))")
    assert before != after
    assert page.locator("[data-map=threshold]").input_value() == kept
    assert "English" in page.locator(".map-said .names").inner_text()
    english = next(
        point for point in evidence(rows(WORST_LAST)).scores.tables["curves"]
        if point["language"] == "eng-Latn"
    )  # fmt: skip
    text = number(*(english[f"value{end}"] for end in ("", "_low", "_high")))
    assert page.locator(f"#isogloss-map [aria-label^='English: {text}']").count() == 1


def test_the_whole_world_is_smaller(page):
    def width():
        box = page.locator("#isogloss-map [aria-label^='Spanish']").bounding_box()
        other = page.locator("#isogloss-map [aria-label^='Polish']").bounding_box()
        return abs(box["x"] - other["x"])

    near = width()
    page.locator("[data-map=view]").select_option("world")
    settle(page)
    assert width() < near / 3


def test_names_on_the_map_do_not_touch_at_any_width(opened, path):
    for width in (360, 700, 1280):
        page = opened(path, viewport={"width": width, "height": 1400})
        page.wait_for_selector("#isogloss-map [data-drawn]", state="attached")
        settle(page)
        boxes = page.locator("#isogloss-map text").evaluate_all(
            "ones => ones.filter((one) => one.textContent && !/^[\\d.]+$/.test(one.textContent)"
            " && !one.getAttribute('stroke'))"
            ".map((one) => { const b = one.getBoundingClientRect();"
            " return [one.textContent, b.left, b.top, b.right, b.bottom]; })"
        )
        assert len(boxes) >= 3
        assert all(right - left <= width_of(name) + 1.5 for name, left, _, right, _ in boxes)
        for (one, *a), (other, *b) in combinations(boxes, 2):
            beside = a[2] <= b[0] + 1 or b[2] <= a[0] + 1
            assert beside or a[3] <= b[1] + 2 or b[3] <= a[1] + 2, f"{one}, {other} at {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_colors_keep_what_was_set(page):
    move(page, 0.75)
    before = below(page)
    page.locator("#theme").click()
    page.locator("#theme").click()
    page.wait_for_timeout(300)
    settle(page)
    assert below(page) == before > 0


def test_the_picture_that_is_downloaded_shows_what_was_set(page):
    move(page, 0.86)
    with page.expect_download() as loading:
        page.locator("#isogloss-map [data-image=svg]").click()
    svg = loading.value.path().read_text(encoding="utf-8")
    assert "line at 0.86" in svg
    assert svg.count(", below") == below(page)
