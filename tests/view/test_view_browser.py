"""The site in a real browser: it follows a run by itself, sorts, and asks nobody else."""

import json
import re
import signal
import time
from pathlib import Path

import pytest

from isogloss.store.live import Live
from view_toys import Served

SOON = 60_000


@pytest.fixture
def opened(browser):
    """Opens a page of a site, `opened(site, path)`; an error or a request elsewhere fails."""
    pages, wrong = [], []

    def look(site: Served, path: str, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: None if _is_ours(r.url, site) else wrong.append(r.url))
        page.goto(site.address.rstrip("/") + path)
        return page

    look.wrong = wrong
    yield look
    for page in pages:
        page.close()
    assert wrong == []


def _is_ours(url, site):
    return url.startswith((site.address, "data:", "blob:"))


def comes(page, place, words):
    """Wait until a part of the page says so."""
    page.locator(place, has_text=words).wait_for(state="attached", timeout=SOON)


def tell(opened_study, step, done, loss):
    now = time.time()
    word = {"kind": step.kind, "title": step.title, "done": done, "total": 100, "first": 0,
            "loss": loss, "began": now - 10, "time": now}  # fmt: skip
    Live(opened_study.store.root).tell(step.key, word)


def test_a_page_follows_its_study_without_being_loaded_again(served, opened, toy):
    trains = toy.plan.of_kind("train")
    site = served(toy.store.root)
    with toy.store.claim(trains[0].key):
        tell(toy, trains[0], 10, 0.75)
        page = opened(site, "/study/toy")
        page.evaluate("window.kept = 'the same page'")
        assert "0.750" in page.text_content("#running-now")
        assert "10 of 100" in page.text_content("#running-now")
        toy.store.fail(trains[1].key, {"message": "no memory", "traceback": "T1"})
        tell(toy, trains[0], 60, 0.25)
        comes(page, "#running-now", "60 of 100")
        assert "0.250" in page.text_content("#running-now")
        assert page.locator("#running-now progress").get_attribute("value") == "60"
        assert "1 failed" in page.text_content("#far")
        page.locator("#what-failed summary").click()
        assert page.locator("#what-failed pre").is_visible()
        tell(toy, trains[0], 70, 0.2)
        comes(page, "#running-now", "70 of 100")
        assert page.locator("#what-failed pre").is_visible()
        assert re.search(r"Follows the store every 2 s; last at", page.text_content("#live-note"))
    comes(page, "#far", "Nothing is running")
    assert page.evaluate("window.kept") == "the same page"
    assert page.title().startswith("0/33")


def test_what_changed_is_said_to_a_screen_reader(served, opened, toy):
    site = served(toy.store.root)
    with toy.store.claim(toy.plan.of_kind("train")[0].key):
        page = opened(site, "/study/toy")
        said = page.locator("#said")
        assert said.get_attribute("aria-live") == "polite"
        assert said.text_content() == ""
        page.wait_for_timeout(3000)
        step = toy.plan.of_kind("data")[0]
        toy.store.write(step.key, step.kind, step.identity, {}, lambda _: None, seconds=1.0)
        comes(page, "#said", "1 of 33 steps finished")


def test_a_page_can_be_paused(served, opened, toy):
    site, train = served(toy.store.root), toy.plan.of_kind("train")[0]
    with toy.store.claim(train.key):
        tell(toy, train, 10, 0.5)
        page = opened(site, "/study/toy")
        page.get_by_role("button", name="Pause").press("Enter")
        tell(toy, train, 20, 0.5)
        page.wait_for_timeout(3500)
        assert "10 of 100" in page.text_content("#running-now")
        assert "Paused" in page.text_content("#live-note")
        page.get_by_role("button", name="Go on").click()
        comes(page, "#running-now", "20 of 100")


def test_a_site_that_is_gone_is_said_and_the_page_stays(served, opened, toy):
    site, train = served(toy.store.root), toy.plan.of_kind("train")[0]
    with toy.store.claim(train.key):
        page = opened(site, "/study/toy")
        site.process.send_signal(signal.SIGINT)
        site.process.wait(timeout=60)
        page.locator("#live.lost").wait_for(timeout=SOON)
    assert "is isogloss view still running?" in page.text_content("#live-note")
    assert "1 running" in page.text_content("#far")
    assert all("ERR_CONNECTION_REFUSED" in text for text in opened.wrong)
    opened.wrong.clear()


def test_a_first_study_appears_by_itself(served, opened, tmp_path, toy):
    hidden = toy.store.root.rename(tmp_path / "hidden")
    site = served(toy.store.root)
    page = opened(site, "/")
    assert "There is no store" in page.text_content("main")
    hidden.rename(toy.store.root)
    page.get_by_role("link", name="toy").first.wait_for(timeout=SOON)


def test_the_report_becomes_a_page_with_charts(opened, finished_site):
    page = opened(finished_site, "/study/toy/report")
    page.wait_for_selector("main section#provenance", timeout=120_000)
    assert page.locator("main section").count() >= 2
    page.locator("[data-chart]").first.scroll_into_view_if_needed()
    page.wait_for_selector("[data-drawn]", timeout=SOON)


def test_compared_cells_sort_filter_and_download(opened, finished_site):
    page = opened(finished_site, "/compare?a=toy&b=other&metric=eval_loss")
    heads = [text.strip() for text in page.locator("#cells thead th").all_text_contents()]
    at = heads.index("difference")
    page.locator("#cells thead th").nth(at).get_by_role("button").click()
    cells = page.locator(f"#cells tbody tr td:nth-child({at + 1})")
    values = [float(one.get_attribute("data-value")) for one in cells.all()]
    assert len(values) == 15
    assert values == sorted(values, reverse=True)
    page.get_by_label("Filter").fill("hindi single")
    shown = page.locator("#cells tbody tr:visible")
    assert 0 < shown.count() < 15
    assert all("Hindi" in text for text in shown.all_text_contents())
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    assert len(Path(waiting.value.path()).read_text().splitlines()) == 16


def test_hostile_text_does_nothing(served, opened, toy):
    text = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\'"`\u202e\x00'
    note = dict(toy.store.study("toy"))
    path = toy.store.root / "studies" / "toy.json"
    path.write_text(json.dumps({**note, "name": text, "source": text}))
    toy.store.fail(toy.plan.of_kind("train")[0].key, {"message": text, "title": text})
    site = served(toy.store.root)
    for address in ("/", "/study/toy", "/compare"):
        page = opened(site, address)
        assert page.evaluate("window.hit === undefined")
        assert page.locator("main img, main script:not([type])").count() == 0
    assert "<script>window.hit=1</script>" in opened(site, "/study/toy").text_content(
        "#what-failed"
    )


ADDRESSES = ("/", "/study/toy", "/compare?a=toy&b=other", "/compare", "/study/nothing")
LOOKS = [(390, "light"), (1280, "light"), (1280, "dark")]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_fits_its_window_and_axe_finds_nothing(opened, finished_site, address, width, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe")
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": theme}
    page = opened(finished_site, address, **options)
    if address.endswith("nothing"):  # the browser logs a 404 as an error
        opened.wrong.clear()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    told = [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found]
    assert told == []
