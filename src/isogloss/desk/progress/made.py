"""What is known of a finished step without its results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, final

from isogloss.store.store import Store


@final
@dataclass(frozen=True)
class Made:
    """How a finished step came to be."""

    kind: str
    seconds: float | None
    at: float | None
    """When it was finished, in seconds since 1970."""


def read_made(key: str, store: Store) -> Made:
    """Read it off the step's manifest.

    Raises:
        IsoglossError: if that is damaged, or no longer there.
    """
    manifest = store.manifest(key)
    made = manifest["made"] if isinstance(manifest["made"], dict) else {}
    seconds = made.get("seconds")
    return Made(
        str(manifest["kind"]),
        float(seconds) if isinstance(seconds, int | float) else None,
        _moment(made.get("time")),
    )


def _moment(told: Any) -> float | None:
    try:
        return datetime.fromisoformat(told).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
