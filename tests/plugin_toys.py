"""Distributions with plug-ins, made on the spot: metadata and modules on the path."""

import sys
from importlib import invalidate_caches

import pytest

from isogloss.plugins import found


def forget() -> None:
    """Forget what was found, as a new process would."""
    found._entries.cache_clear()
    found._loaded.cache_clear()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution: its name, entry points by group, version, and texts of modules."""
    modules = []

    def make(name, groups, version="1.0", **sources):
        site = tmp_path / f"site-{name}"
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [
            line
            for group, entries in groups.items()
            for line in [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]
        ]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        for module, text in sources.items():
            (site / f"{module}.py").write_text(text)
            modules.append(module)
        monkeypatch.syspath_prepend(str(site))
        invalidate_caches()
        forget()

    yield make
    for module in modules:
        sys.modules.pop(module, None)
    monkeypatch.undo()
    forget()
