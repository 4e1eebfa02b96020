"""Asking a site in this process, and one that the command serves."""

import asyncio
import http.client
import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit


class Answer:
    """What a site answered."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)


class Asked:
    """Asks an ASGI site without a network; `path` is as it is after decoding."""

    def __init__(self, app):
        self.app = app

    def __call__(self, address, *, method="GET", host="127.0.0.1:8321"):
        with ThreadPoolExecutor(1) as apart:  # a browser's loop may run in this thread
            return apart.submit(asyncio.run, self._ask(address, method, host)).result()

    async def _ask(self, address, method, host):
        path, _, query = address.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [] if host is None else [(b"host", host.encode())],
        }  # fmt: skip
        said = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            said.append(message)

        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(said[0]["status"], headers, b"".join(m.get("body", b"") for m in said[1:]))


class Served:
    """The command, serving."""

    def __init__(self, process):
        self.process = process
        self.line = process.stdout.readline()
        found = re.search(r"http://\S+", self.line)
        assert found, self.line + process.stderr.read()
        self.address = found[0]

    def __call__(self, path, *, method="GET", **headers):
        """Ask for a path exactly as it is written."""
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()
