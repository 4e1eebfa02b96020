"""Where each step of a study stands right now, looked up in the store alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, final

from isogloss.base.errors import IsoglossError
from isogloss.store.live import Live
from isogloss.store.store import Store

State = Literal["finished", "running", "failed", "begun", "blocked", "waiting"]
STATES: tuple[State, ...] = ("finished", "running", "failed", "begun", "blocked", "waiting")
"""Finished; somebody is at it; failed when it was last tried; left in the middle; needs one that
failed; not begun."""


@final
@dataclass(frozen=True)
class Standing:
    """The state of one step, with what belongs to it."""

    key: str
    state: State
    told: Mapping[str, Any] = field(default_factory=dict)
    """What its maker says, if it is running; why it failed, if it did."""

    changed: float | None = None
    """When it was last heard of, in seconds since 1970."""


def standings(
    keys: Sequence[str], store: Store, needs: Mapping[str, Sequence[str]] | None = None
) -> list[Standing]:
    """Look up where steps stand.

    Args:
        keys: of the steps, each after those it needs.
        store: where they are.
        needs: what each needs, by key, where it is known.
    """
    live = Live(store.root)
    stuck: set[str] = set()
    found = []
    for key in keys:
        one = _standing(key, store, live)
        needed = (needs or {}).get(key, ())
        if one.state in {"waiting", "begun"} and not stuck.isdisjoint(needed):
            one = Standing(key, "blocked", changed=one.changed)
        if one.state in {"failed", "blocked"}:
            stuck.add(key)
        found.append(one)
    return found


def _standing(key: str, store: Store, live: Live) -> Standing:
    changed = live.last_change(key)
    if key in store:
        return Standing(key, "finished", changed=changed)
    if live.is_claimed(key):
        return Standing(key, "running", _told(live, key), changed)
    try:
        failure = store.failure(key)
    except IsoglossError as error:
        failure = {"message": str(error)}
    if failure is not None:
        return Standing(key, "failed", failure, changed)
    if key in store:  # finished while we looked
        return Standing(key, "finished", changed=live.last_change(key))
    state: State = "begun" if store.has_begun(key) else "waiting"
    return Standing(key, state, changed=changed)


def _told(live: Live, key: str) -> Mapping[str, Any]:
    """What the maker says; nothing if that cannot be read."""
    try:
        return live.progress(key) or {}
    except IsoglossError:
        return {}
