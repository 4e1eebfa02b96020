"""What the tests of all rooms may ask for."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: tests share the cores

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import settings

from browsing import browser  # noqa: F401
from command import isogloss  # noqa: F401
from hub_server import hub_server  # noqa: F401
from tag_study import measured  # noqa: F401

settings.register_profile("isogloss", deadline=None)  # a busy machine is no failure
settings.load_profile("isogloss")
