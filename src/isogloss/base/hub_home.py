"""Where the Hub's client keeps its cache and its token: found as it finds them, without its import.

The client takes long to load, and the token has to be known wherever a message is made.
"""

import os
from contextlib import suppress
from os.path import expandvars
from pathlib import Path


def hub_home() -> Path:
    """The folder of the cache and of the token of a login."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return _expanded(os.environ.get("HF_HOME", str(Path(caches) / "huggingface")))


def hub_cache() -> Path:
    """The folder of models and data sets that were downloaded."""
    folder = os.environ.get("HUGGINGFACE_HUB_CACHE", str(hub_home() / "hub"))
    return _expanded(os.environ.get("HF_HUB_CACHE", folder))


def token_file() -> Path:
    """The file in which `hf auth login` keeps its token."""
    return _expanded(os.environ.get("HF_TOKEN_PATH", str(hub_home() / "token")))


def _expanded(path: str) -> Path:
    """Put in the person's folder, and then variables; what is unknown stays as it is."""
    with suppress(RuntimeError):  # nobody of that name
        path = str(Path(path).expanduser())
    return Path(expandvars(path))
