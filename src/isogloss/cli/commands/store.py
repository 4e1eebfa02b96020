"""`isogloss store`: what a store holds, whether it is whole, how large it is, what may go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.table import Table

from isogloss.base.errors import InputError
from isogloss.cli import show
from isogloss.cli.options import STUDY_ENDINGS, JsonOption, SetOption, StoreOption
from isogloss.report.numbers import duration
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from isogloss.store.inventory import Kept
    from isogloss.store.quarantine import SetAside
    from isogloss.store.store import Store

DAMAGED = 1
"""Exit code where something was not as it was written, moved aside or not."""

PlaceArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="STORE|STUDY",
        help="A store's folder; or a study file, for its steps in the store that --store names.",
        show_default="the store that --store names",
    ),
]
WholeStoreArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="STORE",
        help="A store's folder; by default the store that --store names. No study file: what may"
        " go is a matter of all studies.",
        show_default=False,
    ),
]

store = typer.Typer(
    name="store",
    help="List what a store holds, verify it, see what takes room, remove what no study needs.",
    no_args_is_help=True,
)


@store.command("ls")
def list_steps(
    place: PlaceArgument = None,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
) -> None:
    """List finished steps: key, kind, size, age, the studies that need them, title."""
    from isogloss.store.inventory import kept_steps

    asked = _asked(place, store, changes)
    kept = _titled(asked, kept_steps(asked.store, asked.keys))
    if json:
        show.dump([asdict(step) for step in kept])
        return
    now = datetime.now(UTC)
    rows = [
        (
            *(step.key, step.kind, size(step.bytes), _age(step.made, now)),
            *(", ".join(step.studies) or "-", step.title or step.damaged),
        )
        for step in kept
    ]
    _print(("step", "kind", "size", "age", "studies", "title"), rows)
    show.note(f"{len(kept)} finished steps, {size(sum(step.bytes for step in kept))}.")


@store.command("verify")
def verify(
    place: PlaceArgument = None,
    quarantine: Annotated[
        bool,
        typer.Option("--quarantine", help="Move what is damaged aside; a run makes it anew."),
    ] = False,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Read every file of every finished step and compare it with its digest.

    Exit codes: 0 all is as it was written, 1 something is not (moved aside or not), 2 no store.
    """
    from isogloss.store.quarantine import SetAside, damage, quarantined, set_aside

    asked = _asked(place, store, changes)
    keys = asked.store.keys() if asked.keys is None else asked.keys
    checked = [key for key in keys if key in asked.store]
    bad: list[SetAside] = []
    for key in checked:
        if why := damage(asked.store, key, bytes_too=True):
            moved = set_aside(asked.store, key) if quarantine else None
            bad.append(moved or SetAside(key, why, asked.store.root / "steps" / key))
    if json:
        show.dump(
            {
                "store": str(asked.store.root),
                "format": asked.store.format,
                "checked": len(checked),
                "damaged": [{**asdict(one), "folder": str(one.folder)} for one in bad],
                "quarantined": quarantined(asked.store.root),
            }
        )
    else:
        _tell_damage(asked, len(checked), bad, moved=quarantine)
    if bad:
        raise typer.Exit(DAMAGED)


def _tell_damage(asked: "_Asked", n: int, bad: Sequence["SetAside"], *, moved: bool) -> None:
    names = asked.all_titles() if bad else {}
    for one in bad:
        title = f" {names[one.key]}" if one.key in names else ""
        where = f" Moved to {one.folder}." if moved else ""
        show.say(f"damaged {one.key}{title}: {one.why}.{where}")
    if asked.store.format == 1:
        show.note("The store has format 1, whose manifests have no digest; the next run adds them.")
    if not bad:
        show.say(f"{n} finished steps checked: all are as they were written.")
    elif moved:
        show.say(
            f"{n} finished steps checked, {len(bad)} damaged and moved aside."
            " Run their study again: they are made anew."
        )
    else:
        show.say(
            f"{n} finished steps checked, {len(bad)} damaged."
            " Move them aside with --quarantine, and run their study again: they are made anew."
        )


@store.command("du")
def usage(
    place: PlaceArgument = None,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Say how much room each kind of step and each study takes.

    `alone` is what no other study needs: what would go with a study.
    """
    from isogloss.store.inventory import bytes_by_kind, kept_steps, rooms_beside, shares
    from isogloss.store.needs import needs_of

    asked = _asked(place, store, changes)
    kept = list(kept_steps(asked.store, asked.keys))
    kinds = bytes_by_kind(kept)
    studies = shares(kept, needs_of(asked.store)) if asked.keys is None else []
    beside = rooms_beside(asked.store.root) if asked.keys is None else {}
    unneeded = [step for step in kept if not step.studies]
    if json:
        show.dump(
            {
                "store": str(asked.store.root),
                "bytes": sum(step.bytes for step in kept) + sum(beside.values()),
                "kinds": {kind: {"steps": n, "bytes": b} for kind, (n, b) in kinds.items()},
                "studies": [asdict(share) for share in studies],
                "no_study": {
                    "steps": len(unneeded),
                    "bytes": sum(step.bytes for step in unneeded),
                },
                "beside": beside,
            }
        )
        return
    _print(("kind", "steps", "size"), [(kind, n, size(b)) for kind, (n, b) in kinds.items()])
    if studies:
        show.say()
        rows: list[tuple[Any, ...]] = [
            (one.study, one.steps, size(one.bytes), size(one.own_bytes)) for one in studies
        ]
        rows += [("no study", len(unneeded), *[size(sum(s.bytes for s in unneeded))] * 2)]
        _print(("study", "steps", "size", "alone"), rows)
    if beside:
        show.say()
        _print(("beside the steps", "size"), [(name, size(b)) for name, b in beside.items()])


@store.command("gc")
def collect(
    place: WholeStoreArgument = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove it. Without this, it is only listed.")
    ] = False,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop",
            metavar="STUDY",
            help="Name of a study in the store that is not kept. Repeatable.",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """List what no study in the store needs, and remove it with --yes.

    A study needs the steps of its last run here. What a command is making or about to use stays.
    """
    from isogloss.store.garbage import find_garbage, remove_garbage

    asked = _asked(place, store, None, whole=True)
    found = (remove_garbage if yes else find_garbage)(asked.store, tuple(drop or ()))
    if json:
        garbage = [{**asdict(one), "path": str(one.path)} for one in found.garbage]
        show.dump(
            {"removed": yes, "bytes": found.bytes, "garbage": garbage, "in_use": found.in_use}
        )
        return
    names = asked.all_titles() if found.garbage else {}
    rows = [
        (one.key, size(one.bytes), one.kind, one.title or names.get(one.key, ""))
        for one in found.garbage
        if one.what == "step"
    ]
    if rows:
        _print(("step", "size", "kind", "title"), rows)
    if found.in_use:
        show.note(
            f"{len(found.in_use)} more steps that no study needs are left: somebody is at work in"
            " this store. Ask again when that has ended."
        )
    _conclude(Counter(one.what for one in found.garbage), found.bytes, removed=yes)


def _conclude(counts: Counter[str], n_bytes: int, *, removed: bool) -> None:
    if not counts:
        show.say("Nothing to remove: all that is here is needed.")
        return
    words = ", ".join(f"{n} {_WORDS[what][n > 1]}" for what, n in sorted(counts.items()))
    if removed:
        show.say(f"Removed {size(n_bytes)}: {words}.")
        return
    show.say(f"No study needs {size(n_bytes)}: {words}.")
    show.note("Nothing was removed; --yes removes it. A study that is run again is noted again.")


_WORDS = {
    "step": ("step", "steps"),
    "draft": ("draft of a killed run", "drafts of killed runs"),
    "scratch": ("scratch folder", "scratch folders"),
    "failure": ("note of a failure", "notes of failures"),
    "progress": ("note of progress", "notes of progress"),
    "lock": ("free lock", "free locks"),
    "run": ("note of a dead run", "notes of dead runs"),
    "sign": ("sign of a dead run", "signs of dead runs"),
    "quarantine": ("quarantined step", "quarantined steps"),
}


class _Asked(NamedTuple):
    """Which steps are meant."""

    store: "Store"
    keys: list[str] | None
    """Of a study, in the order of its plan; None for all."""
    titles: dict[str, str]
    """Of the study's steps, by key."""

    def all_titles(self) -> dict[str, str]:
        from isogloss.desk.titles import titles

        return self.titles or titles(self.store.root)


def _asked(
    place: Path | None, folder: Path, changes: list[str] | None, *, whole: bool = False
) -> _Asked:
    """The store of a folder, or that of a study with the study's steps.

    Raises:
        InputError: if there is no store, or the study is wrong, or only a `whole` store is meant.
    """
    from isogloss.desk.opened import open_study
    from isogloss.store.store import Store

    if place is None or place.suffix not in STUDY_ENDINGS or place.is_dir():
        if changes:
            raise InputError("--set changes a study; give the study file, not a store.")
        found = Store(place or folder)
        found.check_is_store()
        return _Asked(found, None, {})
    if whole:
        raise InputError(
            f"{place} is a study, and what a store does not need is a matter of all its studies."
            " Give the store's folder; --drop NAME lets go of one study."
        )
    opened = open_study(place, folder, changes)
    opened.store.check_is_store()
    titles = {step.key: step.title for step in opened.plan}
    return _Asked(opened.store, list(titles), titles)


def _titled(asked: _Asked, steps: Iterable["Kept"]) -> list["Kept"]:
    """Put titles to steps that were stored without one."""
    kept = list(steps)
    if all(step.title for step in kept):
        return kept
    names = asked.all_titles()
    return [replace(step, title=step.title or names.get(step.key, "")) for step in kept]


def size(n_bytes: int) -> str:
    """Bytes in words of a person.

    >>> size(12), size(1500), size(2_340_000_000)
    ('12 B', '1.5 kB', '2.34 GB')
    """
    value, units = float(n_bytes), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "B" else f"{value:.3g} {units[0]}"


def _age(made: str, now: datetime) -> str:
    """How long ago; a clock that was set back since says nothing."""
    try:
        seconds = (now - datetime.fromisoformat(made)).total_seconds()
    except (ValueError, TypeError):
        return "?"
    if seconds < 0:
        return "?"
    return f"{int(seconds // 86400)} d" if seconds >= 2 * 86400 else duration(seconds)


def _print(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table = Table(*heads, box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(str, row))
    show.wide().print(table, markup=False)
