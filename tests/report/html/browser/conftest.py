"""A real browser for pages: whatever one logs as an error, throws or asks the network for fails."""

from pathlib import Path

import pytest


@pytest.fixture
def opened(browser):
    """Opens files, `opened(path, **options of a new page)`, and watches them to the end."""
    pages, wrong = [], []

    def look(path, **options):
        page = browser.new_page(**options)
        pages.append(page)
        address = Path(path).resolve().as_uri()
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if _leaves(asked, address) else 0)
        page.goto(address)
        return page

    yield look
    for page in pages:
        page.close()
    assert wrong == [], "errors or requests of a page"


def _leaves(request, address):
    """Whether a request is for anything but the page itself and what it made."""
    url = request.url.partition("#")[0]
    return url != address and not url.startswith(("blob:", "data:"))
