"""The cache and the token are looked for where the Hub's own client has them."""

import runpy
from pathlib import Path

import pytest
from huggingface_hub import constants

from isogloss.base.hub_home import hub_cache, hub_home, token_file

NAMES = (
    *("XDG_CACHE_HOME", "HF_HOME", "HF_TOKEN_PATH"),
    *("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HUGGINGFACE_CO_STAGING"),
)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"XDG_CACHE_HOME": "/caches"},
        {"XDG_CACHE_HOME": "~/caches", "HF_HOME": "/home-of-hub"},
        {"XDG_CACHE_HOME": "$HOME/caches/"},
        {"HF_HOME": "~/hub"},
        {"HF_HOME": "${HOME}/hub", "HF_TOKEN_PATH": "~/secrets/$NO_SUCH_VARIABLE"},
        {"HF_HOME": "~nobody-of-this-name/hub"},
        {"HF_HOME": "$TILDE/hub", "TILDE": "~"},
        {"XDG_CACHE_HOME": ""},
        {"HF_HOME": ""},
        {"HF_HOME": "relative/hub"},
        {"HF_HOME": "/hub", "HUGGINGFACE_HUB_CACHE": "~/models"},
        {"HF_HUB_CACHE": "$HOME/models", "HUGGINGFACE_HUB_CACHE": "/old"},
    ],
    ids=str,
)
def test_they_are_where_the_client_says(given, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    client = runpy.run_path(constants.__file__)  # as if it were loaded now
    assert hub_home() == Path(client["HF_HOME"])
    assert hub_cache() == Path(client["HF_HUB_CACHE"])
    assert token_file() == Path(client["HF_TOKEN_PATH"])
