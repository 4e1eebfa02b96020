"""The site on a port of this machine, until it is stopped."""

import ipaddress
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import final

import uvicorn

from isogloss.base.errors import InputError
from isogloss.view.guard import Guard
from isogloss.view.site import make_site

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
GRACE_SECONDS = 1

PUBLIC = (
    "Warning: whoever reaches {host} can read every study of this store, its example texts too."
    " There is no password and no encryption."
)


def refuse_other_machines(host: str, *, public: bool) -> None:
    """Refuse a host that other machines reach, unless that is wanted.

    Raises:
        InputError: naming the flag.
    """
    if not public and not is_loopback(host):
        raise InputError(
            f"--host {host}: other machines would reach the site, and it has no password."
            " Leave --host out, or add --public if that is what you want."
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "a.example")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening_on(host: str, port: int) -> socket.socket:
    """A socket that listens on a port, or on one that is free if it is 0; who comes now waits.

    Raises:
        InputError: if the port is in use, or the host is not of this machine.
    """
    host = "127.0.0.1" if host == "localhost" else host
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(f"--host {host} is no address of this machine ({error}).") from error
    try:
        if os.name == "posix":  # elsewhere this would take the port from who has it
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except OSError as error:
        made.close()
        raise InputError(
            f"Port {port} of {host} cannot be used ({error.strerror or error})."
            " Name another with --port; --port 0 takes one that is free."
        ) from error
    return made


def address_of(host: str, bound_to: socket.socket) -> str:
    """What to type into a browser."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{bound_to.getsockname()[1]}/"


def serve(root: Path, host: str, listening: socket.socket, began: Callable[[], None]) -> None:
    """Show a store until somebody stops it, with Ctrl-C or SIGTERM.

    Args:
        root: of the store; it need not be there yet.
        host: as it was asked for.
        listening: from `listening_on`.
        began: called when the site answers.
    """
    name = f"[{host}]" if ":" in host else host
    everywhere = not is_loopback(host) and host in {"0.0.0.0", "::"}  # noqa: S104 compared only
    hosts = {*LOOPBACK, name, *((socket.gethostname(),) if everywhere else ())}
    config = uvicorn.Config(
        Guard(make_site(root), hosts, addresses=everywhere),
        log_config=None,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with suppress(KeyboardInterrupt):
        _Server(config, began).run(sockets=[listening])


@final
class _Server(uvicorn.Server):
    """Says so when it answers, and not before it can be stopped in good order."""

    def __init__(self, config: uvicorn.Config, began: Callable[[], None]) -> None:
        super().__init__(config)
        self._began = began

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._began()
