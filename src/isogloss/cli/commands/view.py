"""`isogloss view`: a small site over a whole store, for this machine alone."""

import webbrowser
from typing import Annotated

import typer

from isogloss.cli import show
from isogloss.cli.options import StoreOption
from isogloss.store.names import DEFAULT_STORE


def view(
    store: StoreOption = DEFAULT_STORE,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes one that is free.")
    ] = 8321,
    host: Annotated[str, typer.Option("--host", help="The address to answer at.")] = "127.0.0.1",
    public: Annotated[
        bool, typer.Option("--public", help="Let other machines in; there is no password.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = False,
) -> None:
    """Show the store in a browser: studies, live progress, reports, any two studies compared.

    Nothing can be changed there, and only this machine is answered, unless `--public`
    is given.
    """
    from isogloss.store.store import Store
    from isogloss.view.serve import PUBLIC, address_of, is_loopback, listening_on, serve
    from isogloss.view.serve import refuse_other_machines as refuse

    refuse(host, public=public)
    root = Store(store).root
    listening = listening_on(host, port)
    address = address_of(host, listening)
    if not is_loopback(host):
        show.note(PUBLIC.format(host=address))

    def began() -> None:
        show.say(f"The store {root} is shown at {address} (Ctrl-C ends it)")
        if browser:
            webbrowser.open(address)

    with listening:
        serve(root, host, listening, began)
    show.note("Stopped.")
