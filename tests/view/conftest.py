"""Sites for the tests: asked in this process, or served by the command as a reader meets it."""

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from command import fresh
from isogloss.desk.opened import open_study
from isogloss.view.guard import Guard
from isogloss.view.serve import LOOPBACK
from isogloss.view.site import make_site
from toys import STUDY, write_toy
from view_toys import Asked, Served

OTHER = STUDY.replace("name: toy", "name: other").replace("seeds: [1]", "seeds: [1, 2]")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A store with two finished studies: `toy`, and `other` with a second seed and other rates."""
    folder = tmp_path_factory.mktemp("finished")
    write_toy(folder)
    (folder / "other.yaml").write_text(OTHER, encoding="utf-8")
    fresh(folder, "run", "toy.yaml", check=True)
    fresh(folder, "run", "other.yaml", "--set", "training.learning_rate=0.05", check=True)
    return folder


@pytest.fixture
def site():
    """Asks a site over a store, `site(root)(address)`, as the command would make it."""
    return lambda root: Asked(Guard(make_site(root), LOOPBACK))


@pytest.fixture
def toy(tmp_path):
    """A toy study that the store has noted and of which nothing is done."""
    opened = open_study(write_toy(tmp_path), tmp_path / "store", None)
    opened.store.check_writable()
    opened.remember()
    return opened


@pytest.fixture
def served():
    """Starts the command over a store, `served(root, *flags)`, and stops it in the end."""
    with ExitStack() as started:
        yield lambda root, *flags: started.enter_context(serving(root, *flags))


@pytest.fixture(scope="session")
def finished_site(finished):
    """The command over the finished store, beside which a secret lies."""
    (finished / "secret.txt").write_text("SECRET")
    with serving(finished / ".isogloss") as site:
        yield site


@contextmanager
def serving(root, *flags):
    """The command, until the end."""
    command = [sys.executable, "-m", "isogloss", "view", "--store", str(root), "--port", "0"]
    process = subprocess.Popen(
        [*command, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        yield Served(process)
    finally:
        process.kill()
        process.communicate()
