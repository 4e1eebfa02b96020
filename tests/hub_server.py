"""A Hugging Face Hub on the loopback interface, so that the real client library is what is tested.

`hub_server(tmp_path)` serves dataset and model repositories from memory with the endpoints the
client calls: repository information, tree (in pages), file metadata and content with ranges, and
the error codes of the real Hub. For code in this process, `server.patch(monkeypatch, cache_dir)`
points the client at it; for a new process, `server.env(cache_dir)` does.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import huggingface_hub.constants
import pytest
from huggingface_hub.utils import close_session

try:
    from huggingface_hub.utils import _detect_agent
except ImportError:  # the lowest version that is supported asks no server about agents
    _detect_agent = None

PAGE = 3  # entries of a tree per page: small, so that tests cross pages
API = re.compile(
    r"/api/(datasets|models)/(?P<repo>[^/]+(?:/[^/]+)?)(?:/(?P<what>revision|tree)/(?P<rest>.+))?"
)
RESOLVE = re.compile(
    r"/(?P<kind>datasets/)?(?P<repo>[^/]+(?:/[^/]+)?)/resolve/(?P<rev>[^/]+)/(?P<path>.+)"
)


@dataclass
class Repo:
    """One repository: branch or tag -> commit, and the files of each commit."""

    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: bool = False

    def commit(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.refs.get(revision)


@dataclass
class HubServer:
    """What a test holds in its hand."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    token: str = ""
    """If set, a request that brings another token is refused."""
    down: bool = False
    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)

    def add_dataset(
        self, repo: str, revision: str, files: Mapping[str, bytes], *, gated: bool = False
    ) -> str:
        """Commit the files to a branch of a dataset repository; return the commit."""
        return self._add("datasets", repo, revision, files, gated)

    def add_model(
        self, repo: str, files: Mapping[str, bytes], revision: str = "main", *, gated: bool = False
    ) -> str:
        """Commit the files to a branch of a model repository; return the commit."""
        return self._add("models", repo, revision, files, gated)

    def env(self, cache_dir: Path) -> dict[str, str]:
        """The environment of a new process whose client talks to this server only."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        return {
            **ours,
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(cache_dir),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def patch(self, monkeypatch: pytest.MonkeyPatch, cache_dir: Path) -> None:
        """Point the client of this process at this server and at an own cache."""
        close_session()  # a client made before does not know these settings
        constants = huggingface_hub.constants
        monkeypatch.setattr(constants, "ENDPOINT", self.url)
        template = self.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HOME", str(cache_dir))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache_dir / "hub"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache_dir / "token"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        if _detect_agent is not None:
            nobody = {"standardEnvVars": [], "harnesses": {}}
            monkeypatch.setattr(_detect_agent, "_registry", nobody)
        monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("HF_TOKEN", raising=False)

    def _add(
        self, kind: str, name: str, revision: str, files: Mapping[str, bytes], gated: bool
    ) -> str:
        repo = self.repos.setdefault((kind, name), Repo())
        repo.gated = gated
        digest = hashlib.sha1(f"{kind}/{name}/{revision}".encode())
        for path in sorted(files):
            digest.update(path.encode() + hashlib.sha1(files[path]).digest())
        commit = digest.hexdigest()
        repo.refs[revision] = commit
        repo.commits[commit] = dict(files)
        return commit


class Handler(BaseHTTPRequestHandler):
    """Answers as the Hub does."""

    protocol_version = "HTTP/1.1"
    hub: HubServer

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        self.hub.requests.append(f"{self.command} {unquote(self.path)}")
        authorization = self.headers.get("Authorization", "")
        self.hub.authorizations.append(authorization)
        if self.hub.down:
            return self._send(503, b"down")
        if self.hub.token and authorization not in {"", f"Bearer {self.hub.token}"}:
            message = "Invalid credentials in Authorization header"
            return self._fail("", message, status=401)
        if url.path == "/api/agent-harnesses":
            return self._json({"standardEnvVars": [], "harnesses": {}})
        if match := API.fullmatch(url.path):
            kind = url.path.split("/")[2]
            return self._api(kind, match, parse_qs(url.query))
        if match := RESOLVE.fullmatch(url.path):
            kind = "datasets" if match["kind"] else "models"
            return self._resolve(kind, match)
        return self._send(404, b"no such page")

    def _api(self, kind: str, match: re.Match[str], query: dict[str, list[str]]) -> None:
        revision, _, folder = (match["rest"] or "main").partition("/")
        found = self._find(kind, match["repo"], unquote(revision))
        if found is None:
            return None
        commit, files = found
        if match["what"] == "tree":
            recursive = query.get("recursive", ["false"])[0].lower() == "true"
            return self._tree(files, unquote(folder), recursive, int(query.get("cursor", ["0"])[0]))
        return self._json(
            {
                "id": match["repo"],
                "sha": commit,
                "private": False,
                "gated": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "siblings": [{"rfilename": path} for path in sorted(files)],
            }
        )

    def _tree(self, files: dict[str, bytes], folder: str, recursive: bool, start: int) -> None:
        prefix = f"{folder}/" if folder else ""
        inside = sorted(path for path in files if path.startswith(prefix))
        if folder and not inside:
            return self._fail("EntryNotFound", "no such folder")
        folders = {
            "/".join(path.split("/")[:depth])
            for path in inside
            for depth in range(prefix.count("/") + 1, path.count("/") + 1)
        }
        entries = [
            {"type": "directory", "path": path, "oid": _oid(b""), "size": 0} for path in folders
        ]
        entries += [
            {"type": "file", "path": path, "oid": _oid(files[path]), "size": len(files[path])}
            for path in inside
        ]
        entries.sort(key=lambda entry: str(entry["path"]))
        if not recursive:
            depth = prefix.count("/")
            entries = [entry for entry in entries if str(entry["path"]).count("/") == depth]
        link = {}
        if start + PAGE < len(entries):
            url = urlsplit(self.path)
            flag = "true" if recursive else "false"
            after = f"{self.hub.url}{url.path}?recursive={flag}&cursor={start + PAGE}"
            link = {"Link": f'<{after}>; rel="next"'}
        return self._json(entries[start : start + PAGE], link)

    def _resolve(self, kind: str, match: re.Match[str]) -> None:
        found = self._find(kind, match["repo"], unquote(match["rev"]), content=True)
        if found is None:
            return None
        commit, files = found
        head = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        path = unquote(match["path"])
        if path not in files:
            return self._fail("EntryNotFound", "Entry not found", head)
        body = files[path]
        head |= {"ETag": f'"{_oid(body)}"', "X-Linked-Size": str(len(body))}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            return self._send(200, body, head)
        first, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
        if first >= len(body):
            return self._send(416, b"", head)
        head["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        return self._send(206, body[first : last + 1], head)

    def _find(
        self, kind: str, name: str, revision: str, *, content: bool = False
    ) -> tuple[str, dict[str, bytes]] | None:
        """The commit and its files; `None` after an error was sent. Gates close files only."""
        repo = self.hub.repos.get((kind, name))
        if repo is None:
            self._fail("RepoNotFound", "Repository not found", status=401)
        elif repo.gated and content:
            self._fail("GatedRepo", "Access to this resource is restricted", status=403)
        elif (commit := repo.commit(revision)) is None:
            self._fail("RevisionNotFound", "Invalid rev id")
        else:
            return commit, repo.commits[commit]
        return None

    def _fail(
        self, code: str, message: str, head: dict[str, str] | None = None, status: int = 404
    ) -> None:
        self._send(
            status,
            json.dumps({"error": message}).encode(),
            {
                **(head or {}),
                "X-Error-Message": message,
                **({"X-Error-Code": code} if code else {}),
            },
        )

    def _json(self, value: Any, head: dict[str, str] | None = None) -> None:
        self._send(
            200, json.dumps(value).encode(), {"Content-Type": "application/json", **(head or {})}
        )

    def _send(self, status: int, body: bytes, head: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(head or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _oid(body: bytes) -> str:
    """The id that git gives a blob, which the Hub uses as the ETag of a small file."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


@contextmanager
def running_hub() -> Iterator[HubServer]:
    """Serve until the block ends."""
    hub = HubServer()
    handler = type("HubHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        close_session()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hub_server(tmp_path: Path) -> Iterator[HubServer]:
    """An empty Hub; fill it with `add_dataset` and `add_model`."""
    with running_hub() as hub:
        yield hub
