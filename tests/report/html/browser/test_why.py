"""The section on why, in a browser: matrices and examples of the reader's choice."""

import csv
import io

import pytest
from sklearn.metrics import accuracy_score

from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.provenance import provenance
from isogloss.report.html.sections.why import why
from why_toys import CODES, evidence

HOSTILE = (
    "</script><script>window.ran = 1</script><img src=x onerror=window.ran=1>\"'`{{7*7}}"
    "]]>\x00\ud800\u202etxt.exe"
)


@pytest.fixture(scope="module")
def made():
    return evidence(("one", "other"), CODES[:3], sizes=(100, 500))


@pytest.fixture
def page(made, tmp_path, opened):
    path = tmp_path / "page.html"
    path.write_text(render(Page("toy", [why(made), provenance(made)])), encoding="utf-8")
    return opened(path)


def choose(page, part, words):
    page.locator(f"#why-confusion [data-part={part}]").select_option(label=words)


def drawn(page):
    """The matrix that is shown: counts as they are kept, and as they are read."""
    rows = page.locator("#why-confusion tbody tr")
    cells = [rows.nth(at).locator("td:not(.all)") for at in range(rows.count())]
    kept = [[int(cell.get_attribute("data-value")) for cell in row.all()] for row in cells]
    read = [[int(n.replace(",", "")) for n in row.locator(".count").all_inner_texts()]
            for row in cells]  # fmt: skip
    return kept, read


def test_every_matrix_that_can_be_chosen_is_that_of_the_evidence(page, made):
    settings = page.locator("[data-part=settings] option").all_inner_texts()
    names = {"eng-Latn": "English", "fra-Latn": "French · français", "ara-Arab": "Arabic · العربية"}
    assert "500 rows" in settings[0]  # the main setting comes first
    for one in made.errors.confusions:
        size = f"{one.place.setting.n_per_language} rows"
        choose(page, "encoders", one.place.encoder)
        choose(page, "settings", next(words for words in settings if size in words))
        choose(page, "targets", names[one.place.target])
        kept, read = drawn(page)
        assert kept == read == one.counts.tolist()


def test_what_is_said_of_a_matrix_is_its_accuracy_and_its_most_frequent_mistake(page, made):
    first = next(c for c in made.errors.confusions if c.place.setting == made.errors.main)
    pairs = [
        (gold, said)
        for gold, row in enumerate(first.counts)
        for said, count in enumerate(row)
        for _ in range(count)
    ]
    share = accuracy_score(*zip(*pairs, strict=True))
    about = page.locator("#why-confusion .about").inner_text()
    assert about.startswith(f"{round(share * len(pairs))} of {len(pairs)} right ({share:.0%}"[:-1])
    counts = {
        (gold, said): count
        for gold, row in enumerate(first.counts)
        for said, count in enumerate(row)
        if gold != said
    }
    (gold, said), count = max(counts.items(), key=lambda pair: pair[1])
    line = page.locator("#why-confusion .lines li").first.inner_text()
    assert line.startswith(f"{first.labels[gold]} taken for {first.labels[said]}: {count} (")


def test_the_download_holds_every_count_of_every_matrix(page, made):
    with page.expect_download() as saved:
        page.locator("#why-confusion [data-save]").click()
    text = saved.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    total = sum(int(one.counts.sum()) for one in made.errors.confusions)
    assert sum(int(row["count"]) for row in rows) == total
    assert len(rows) == 9 * len(made.errors.confusions)
    assert {row["language"] for row in rows} == set(CODES[:3])


def test_only_the_examples_of_the_chosen_encoder_and_language_are_shown(page):
    page.locator("[data-pick=encoder]").select_option(label="other")
    page.locator("[data-pick=language]").select_option(label="Arabic · العربية")
    shown = page.locator("#why-examples .group:visible")
    assert shown.count() == 1
    assert shown.locator("h4").inner_text().startswith("other, Arabic · العربية")
    text = shown.locator("blockquote").first
    assert text.get_attribute("lang") == "ar"


def test_arabic_runs_from_the_right_and_a_latin_entity_in_it_from_the_left(made, tmp_path, opened):
    from dataclasses import replace

    from why_toys import worst

    one = worst("tiny", made.errors.main, "ara-Arab", text="مرحبا Isogloss يا عالم.")
    arabic = replace(made, errors=replace(made.errors, worst=[one]))
    path = tmp_path / "page.html"
    path.write_text(render(Page("toy", [why(arabic)])), encoding="utf-8")
    page = opened(path)
    quote = page.locator("blockquote").first
    assert quote.evaluate("e => getComputedStyle(e).direction") == "rtl"
    place = (
        "t => { const r = document.createRange(); const n = t.firstChild;"
        "const at = (i) => { r.setStart(n, i); r.setEnd(n, i + 1);"
        "return r.getBoundingClientRect().left; };"
        "return [at(0), at(n.data.indexOf('I')), at(n.data.indexOf('g')), at(n.data.length - 1)]; }"
    )
    first, start, later, last = quote.evaluate(place)
    assert last < start < later < first  # the full stop ends the line at the left


def test_nothing_of_hostile_words_runs(tmp_path, opened):
    made = evidence(("a" + HOSTILE, "b"), CODES[:3], sizes=(1,), labels=(HOSTILE, "b", "c"),
                    word=HOSTILE)  # fmt: skip
    path = tmp_path / "page.html"
    path.write_text(render(Page(HOSTILE, [why(made), provenance(made)])), encoding="utf-8")
    page = opened(path)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.locator("#why-label-shares [data-drawn]").wait_for()
    for chart in page.locator("figure.chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator("[data-drawn]").wait_for()
    choose(page, "encoders", page.locator("[data-part=encoders] option").first.inner_text())
    page.locator("[data-pick=encoder]").select_option(index=0)
    page.locator("th button").first.click()
    assert page.evaluate("window.ran") is None
    assert page.locator("main img, main svg image, section script:not([type])").count() == 0
    shown = page.locator("#why-confusion tbody th").first.inner_text()
    assert shown == HOSTILE[:40] + "…"
    assert page.locator("blockquote:visible").first.inner_text().startswith("</script><script>")
