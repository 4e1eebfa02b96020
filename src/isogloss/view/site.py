"""The site: which address shows what.

Each answer is made from the store as it is at that moment. What the store cannot give, because it
is damaged or gone, is a page that says so; the site goes on.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from isogloss.base.errors import IsoglossError
from isogloss.desk.progress.progress import Progress
from isogloss.store.store import Store
from isogloss.view import pages
from isogloss.view.comparing import Sides, compare
from isogloss.view.noted import Noted, NotThere, Unread, all_noted, read_noted
from isogloss.view.progress import progress_of_noted
from isogloss.view.reports import Reports
from isogloss.view.shelf import Shelf

ASSETS: Mapping[str, tuple[str, str]] = {
    "page.css": ("isogloss.report.html", "text/css"),
    "page.js": ("isogloss.report.html", "text/javascript"),
    "tables.js": ("isogloss.report.html", "text/javascript"),
    "site.css": ("isogloss.view", "text/css"),
    "live.js": ("isogloss.view", "text/javascript"),
}
"""All files that the site has, and the room that each lies in."""


def make_site(root: Path) -> Starlette:
    """The site over a store, which need not be there yet."""
    site = _Site(root)
    routes = [
        Route("/", site.index),
        Route("/study/{id}", site.study),
        Route("/study/{id}/progress.json", site.progress),
        Route("/study/{id}/report", site.report),
        Route("/compare", site.compare),
        Route("/assets/{name}", asset),
    ]
    handlers = {NotThere: not_there, IsoglossError: refused, HTTPException: not_there, 500: broken}
    return Starlette(routes=routes, exception_handlers=handlers)


@final
class _Site:
    """What the pages have in common: the store, and what was read of it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._shelf = Shelf(root)
        self._reports = Reports(self._shelf)
        self._sides = Sides(self._shelf)

    def index(self, _: Request) -> Response:
        """All studies."""
        store = Store(self._root)
        found = all_noted(store)
        if not found:
            there = self._root.is_dir()
            return HTMLResponse(pages.nothing_page(str(self._root), there=there))
        studies = [(one, self._progress(one, store)) for one in found]
        return HTMLResponse(pages.index_page(str(self._root), studies))

    def study(self, request: Request) -> Response:
        """One study, live."""
        store = Store(self._root)
        noted = _asked(request, store)
        progress = progress_of_noted(noted, store, self._shelf)
        others = [one for one in _readable(store) if one.id != noted.id]
        page = pages.study_page(noted.id, progress, others, self._again(noted))
        return HTMLResponse(page)

    def progress(self, request: Request) -> Response:
        """The same for scripts."""
        store = Store(self._root)
        told = json.dumps(asdict(progress_of_noted(_asked(request, store), store, self._shelf)))
        return Response(told, media_type="application/json")

    def report(self, request: Request) -> Response:
        """The report of what is finished; it brings a policy of its own."""
        store = Store(self._root)
        noted = _asked(request, store)
        report = self._reports.of(noted, store)
        if report is None:
            return HTMLResponse(pages.writing_page(noted.id, noted.name), 202, {"Retry-After": "2"})
        policy = f"{report.policy}; frame-ancestors 'none'"
        return HTMLResponse(report.html, headers={"Content-Security-Policy": policy})

    def compare(self, request: Request) -> Response:
        """Two studies, cell by cell."""
        store = Store(self._root)
        asked = request.query_params
        chosen = asked.get("a", ""), asked.get("b", "")
        if not all(chosen):
            return HTMLResponse(pages.compare_page(_readable(store), chosen, None))
        a, b = (self._sides.of(read_noted(store, id), store) for id in chosen)
        compared = compare(a, b, asked.get("metric"))
        return HTMLResponse(pages.compare_page(_readable(store), chosen, compared))

    def _progress(self, noted: Noted | Unread, store: Store) -> Progress | None:
        return None if isinstance(noted, Unread) else progress_of_noted(noted, store, self._shelf)

    def _again(self, noted: Noted) -> str:
        try:
            return self._shelf.opened(noted).again("run")
        except IsoglossError:
            return f"isogloss run {noted.source} --store {self._root}"


def asset(request: Request) -> Response:
    """A file of ours, by its name."""
    name = request.path_params["name"]
    if name not in ASSETS:
        raise HTTPException(404)
    room, kind = ASSETS[name]
    return Response((files(room) / "assets" / name).read_bytes(), media_type=kind)


def not_there(_: Request, error: Exception) -> Response:
    """What is not there, in words."""
    text = str(error) if isinstance(error, NotThere) else "There is no such page."
    status = error.status_code if isinstance(error, HTTPException) else 404
    return HTMLResponse(pages.message_page("Not here", text), status)


def refused(_: Request, error: Exception) -> Response:
    """What the store cannot give, and what to do."""
    return HTMLResponse(pages.message_page("This cannot be shown", str(error)), 503)


def broken(_: Request, error: Exception) -> Response:
    """A mistake of ours; its traceback goes to the terminal."""
    text = f"Something went wrong here ({type(error).__name__}); the terminal has the traceback."
    return HTMLResponse(pages.message_page("A mistake of Isogloss", text), 500)


def _asked(request: Request, store: Store) -> Noted:
    return read_noted(store, request.path_params["id"])


def _readable(store: Store) -> list[Noted]:
    return [one for one in all_noted(store) if isinstance(one, Noted)]
