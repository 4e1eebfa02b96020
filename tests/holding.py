"""A step of a store that another holds."""

import threading
from contextlib import contextmanager


@contextmanager
def held(store, key):
    """Have another thread hold a step inside the context; it lets go when the event is set."""
    begun, go_on = threading.Event(), threading.Event()

    def hold():
        with store.claim(key):
            begun.set()
            go_on.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    begun.wait(10)
    try:
        yield go_on
    finally:
        go_on.set()
        other.join()
