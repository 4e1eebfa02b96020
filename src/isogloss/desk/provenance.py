"""Where everything of an opened study comes from: steps, pins, versions, machines, what it took.

Names of hosts stay in the store: a page is for people who cannot reach them.
"""

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

from isogloss.base.hub_names import COMMIT
from isogloss.base.languages import language_name
from isogloss.plan.kinds import TEST
from isogloss.report.html.evidence import Provenance
from isogloss.study.plugged import plugins_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from isogloss.desk.opened import Opened
    from isogloss.plan.plan import Step
    from isogloss.report.records import Record

ELSEWHERE = "again"
"""The store that a reader is told to make everything anew in."""

COMPUTED = ("device", "precision", "attention", "threads")
"""What a record says of how it was computed, where it says so."""

OF_A_MODEL = TEST | {"serve", "targets", "score"}
"""Kinds of steps whose first need is a model, or was made by one."""

FLOPS = ("flops", "teacher_flops")

Manifests = dict[str, dict[str, Any]]
"""By key; of the finished steps."""


def provenance_of(opened: "Opened", commands: "Sequence[str]") -> Provenance:
    """Gather what a doubter asks for.

    Args:
        opened: the study.
        commands: what a reader types to get the page again.
    """
    declared = opened.study.model_dump(mode="json", by_alias=True, exclude_none=True)
    text = yaml.safe_dump(declared, sort_keys=False, allow_unicode=True, width=100)
    manifests = {s.key: opened.store.manifest(s.key) for s in opened.plan if s.key in opened.store}
    versions = _versions(manifests)
    return Provenance(
        commands=commands,
        study=text,
        unfinished=opened.unfinished(),
        checks=_checks(opened, manifests),
        failed=list(_failed(opened)),
        kinds=_kinds(opened, manifests),
        steps=[
            _told(step, manifests[step.key], versions, _seed(opened, step))
            for step in opened.plan
            if step.key in manifests
        ],
        pins=list(_pins(opened)),
        versions=_numbered(versions, manifests),
        machines=list(_machines(opened, manifests)),
    )


def _checks(opened: "Opened", manifests: Manifests) -> list[str]:
    """Commands that make all of it again, with as many threads, where each step had as many."""
    counts = {one["record"].get("threads") for one in manifests.values()} - {None}
    threads = f"OMP_NUM_THREADS={counts.pop()} " if len(counts) == 1 else ""
    sets = [word for change in opened.changes for word in ("--set", change)]
    elsewhere = [str(opened.path), *sets, "--store", ELSEWHERE]
    return [
        opened.again("plan"),
        opened.again("results", "--format", "csv"),
        threads + shlex.join(["isogloss", "run", *elsewhere]),
        shlex.join(["isogloss", "results", *elsewhere, "--format", "csv"]),
    ]


def _failed(opened: "Opened") -> "Iterator[Record]":
    for step in opened.missing:
        failure = opened.store.failure(step.key)
        if failure:
            yield {
                "step": step.title,
                "kind": step.kind,
                "key": step.key,
                "why": failure["message"],
            }


def _kinds(opened: "Opened", manifests: Manifests) -> "list[Record]":
    """One record a kind of step: how many there are, how many are finished, what they took."""
    planned = Counter(step.kind for step in opened.plan)
    found = []
    for kind, n in planned.items():
        made = [one for one in manifests.values() if one["kind"] == kind]
        known = [one["made"]["seconds"] for one in made if one["made"]["seconds"] is not None]
        found.append(
            {
                "kind": kind,
                "steps": n,
                "finished": len(made),
                "wall time (s)": float(sum(known)),
                "GFLOP": _sum([_gflop(one["record"]) for one in made]),
            }
        )
    return found


def _told(
    step: "Step",
    manifest: "Mapping[str, Any]",
    versions: "Sequence[str]",
    seed: int | None,
) -> "Record":
    made, record = manifest["made"], manifest["record"]
    number = versions.index(_written(made["versions"])) + 1
    return {
        "step": step.title,
        "kind": step.kind,
        "key": step.key,
        "seed": seed,
        "wall time (s)": made["seconds"],
        "finished (UTC)": made["time"].replace("T", " ").replace("+00:00", ""),
        "versions": number if len(versions) > 1 else None,
        "computed": _computed(record),
        "GFLOP": _gflop(record),
    }


def _seed(opened: "Opened", step: "Step") -> int | None:
    """The seed of a step, or of the model that it is about."""
    if "seed" in step.payload or step.kind not in OF_A_MODEL:
        return step.payload.get("seed")
    return _seed(opened, opened.plan.by_key[step.needs[0]])


def _computed(record: "Mapping[str, Any]") -> str | None:
    """Where and how a step was computed, where its record says so."""
    told = {name: record[name] for name in COMPUTED if record.get(name)}
    words = {**told, "attention": f"attention {told.get('attention')}"}
    if "threads" in told:
        words["threads"] = "1 thread" if told["threads"] == 1 else f"{told['threads']} threads"
    return ", ".join(words[name] for name in told) or None


def _gflop(record: "Mapping[str, Any]") -> float | None:
    """Floating-point operations in billions, where the step has counted them."""
    scores = {score["metric"]: score["value"] for score in record.get("scores", ())}
    counted = _sum([{**scores, **record}.get(name) for name in FLOPS])
    return None if counted is None else counted / 1e9


def _sum(values: "Sequence[float | None]") -> float | None:
    known = [value for value in values if value is not None]
    return float(sum(known)) if known else None


def _versions(manifests: Manifests) -> list[str]:
    """Each set of versions that steps were made with, in order of their first step."""
    return list(dict.fromkeys(_written(one["made"]["versions"]) for one in manifests.values()))


def _written(versions: "Mapping[str, str]") -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _numbered(versions: "Sequence[str]", manifests: Manifests) -> "list[Record]":
    steps = Counter(_written(one["made"]["versions"]) for one in manifests.values())
    return [
        {"versions": number, "made with": written, "steps": steps[written]}
        for number, written in enumerate(versions, start=1)
    ]


def _machines(opened: "Opened", manifests: Manifests) -> "Iterator[Record]":
    """The machines that costs were measured on; steps of other kinds say their device only."""
    for step in opened.plan.of_kind("measure"):
        if step.key in manifests:
            machine = manifests[step.key]["record"]["machine"]
            yield {
                "measured on": machine["cpu"],
                "cores": machine["physical_cores"],
                "threads used": machine["threads"],
                "memory (GB)": machine["ram_gb"],
                "GPU": machine["gpu"] or "none",
                "system": machine["system"],
                "instructions": " ".join(machine["instructions"]),
            }


def _pins(opened: "Opened") -> "Iterator[Record]":
    """What the study names outside itself, and which bytes that was."""
    pins = opened.pins
    for what, by_language in [
        ("data", pins.data),
        ("text", pins.text),
        *((f"{task} of a probe", languages) for task, languages in pins.probes.items()),
        ("teacher", pins.teachers),
    ]:
        for code, pin in by_language.items():
            yield from _pinned(what, language_name(code), pin)
    for name, pin in pins.encoders.items():
        yield from _pinned("encoder", name, pin)
    yield from _pinned("tokenizer", "pre-training", {"files": pins.tokenizer})
    for plugin in plugins_of(opened.study):
        made = f"version {plugin.version}"
        what = f"plug-in: {plugin.kind}"
        yield {"what": what, "name": plugin.name, "from": plugin.distribution, "identity": made}


def _pinned(what: str, name: str, pin: "Mapping[str, Any] | None") -> "Iterator[Record]":
    if not pin:
        return
    base = {"what": what, "name": name}
    given = pin.get("kind") is not None and "plugins" in pin
    for file, told in (pin.get("files") or {}).items():
        digest = told if isinstance(told, str) else told[1]
        source = file if isinstance(told, str) else f"{file}: {pin['kind'] if given else told[0]}"
        yield {**base, "from": source, "identity": digest if given else f"SHA-256 {digest}"}
    if "commit" in pin:
        source = pin.get("repo") or pin.get("model")
        known = COMMIT.fullmatch(pin["commit"])
        identity = f"commit {pin['commit']}" if known else f"revision {pin['commit']}, not pinned"
        yield {**base, "from": source, "identity": identity}
    if pin.get("kind") == "sample":
        identity = f"version {pin['version']}, seed {pin['seed']}"
        yield {**base, "from": "built-in sample", "identity": identity}
    if "scratch" in pin:
        yield {**base, "from": "from scratch", "identity": _listed(pin["scratch"])}
    if "from" in pin:
        yield {**base, "from": "pre-trained here", "identity": f"arm {pin['from']}"}


def _listed(declared: "Mapping[str, Any]") -> str:
    """Values with their names.

    >>> _listed({"hidden_size": 64, "tokenizer": {"vocab_size": 100}})
    'hidden_size 64, tokenizer (vocab_size 100)'
    """
    return ", ".join(
        f"{name} ({_listed(value)})" if isinstance(value, dict) else f"{name} {value}"
        for name, value in declared.items()
    )
