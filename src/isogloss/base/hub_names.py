"""How the Hub writes a commit, and what the files of its checkpoints are called.

Said here and not in a room, since plan, data and model each meet the Hub and not each other.
"""

import re

COMMIT = re.compile(r"[0-9a-f]{40}")
"""A revision of this form never moves."""

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
"""Weights in one file; or what says which shard holds which."""

PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt")
"""Weights in a form that can run code when it is read. Never read, only named."""
