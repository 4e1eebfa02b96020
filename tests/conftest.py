"""What the tests of all rooms may ask for."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hub_server import hub_server  # noqa: F401
