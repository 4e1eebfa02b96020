"""What every request must pass, and what every answer carries.

The site is for the people of this machine. A page of any other site may send requests here, under a
name that it has pointed at this machine (DNS rebinding), so only names of ours are answered; and
nothing here can be changed, so only reading is.
"""

import ipaddress
from collections.abc import Iterable, MutableMapping
from typing import Any, final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""An answer that has one of them already keeps its own."""


def hostname(header: str) -> str:
    """The name that a Host header asks for, without the port.

    >>> hostname("LocalHost:8321"), hostname("[::1]:8321"), hostname("127.0.0.1")
    ('localhost', '[::1]', '127.0.0.1')
    """
    header = header.strip().lower()
    if not header.startswith("["):
        return header.partition(":")[0]
    address, bracket, _ = header.partition("]")
    return address + bracket


def is_address(name: str) -> bool:
    """Whether a host is told by its address, which nobody else can point elsewhere.

    >>> is_address("192.168.1.5"), is_address("[fe80::1]"), is_address("evil.example")
    (True, True, False)
    """
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


@final
class Guard:
    """Lets through what may be answered, and sees to the headers of the answer.

    Args:
        app: answers.
        hosts: names that this site has.
        addresses: whether any address may stand for it, as where it is bound to all of them.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], *, addresses: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(map(str.lower, hosts))
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        app = self._refusal(scope) or self._app
        await app(scope, receive, _with_headers(send))

    def _refusal(self, scope: MutableMapping[str, Any]) -> ASGIApp | None:
        asked = Headers(scope=scope).getlist("host")
        if len(asked) != 1 or not self._is_ours(hostname(asked[0])):
            names = ", ".join(sorted(self._hosts))
            return PlainTextResponse(f"This site answers to {names} only.\n", 421)
        if scope["method"] not in METHODS:
            allowed = {"Allow": ", ".join(METHODS)}
            return PlainTextResponse("This site can only be read.\n", 405, allowed)
        return None

    def _is_ours(self, name: str) -> bool:
        return name in self._hosts or (self._addresses and is_address(name))


def _with_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return answer
