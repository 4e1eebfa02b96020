"""What this machine and this installation are good for, and the fix for what is wrong.

Nothing heavy is imported: packages are looked up by their metadata, and PyTorch is asked in a
process of its own, last, so that the rest is told at once and also where PyTorch is broken. No
value of a secret is told, only whether there is one.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal, final

from isogloss.base.hub_home import hub_cache, token_file
from isogloss.base.safe_text import redacted, safe
from isogloss.base.threads import available_cores

GIB = 2**30
LITTLE_DISK_GIB = 5.0
"""Less is soon full of checkpoints."""
LITTLE_MEMORY_GIB = 2.0
"""Less does not hold a base encoder, its gradients and its optimizer."""
PATIENCE_SECONDS = 180
MEMORY = Path("/proc/meminfo")
GPU_DRIVER = Path("/proc/driver/nvidia/version")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
PROGRAMS = {
    "pdflatex": "LaTeX tables are written without it; it only sets them. Install TeX Live.",
    "chromium": "Pages are written without it; `make test` looks at them in it. Install Chromium.",
}
EXTRAS = {
    "report": "pages and figures of reports and audits, charts in notebooks",
    "view": "isogloss view",
    "onnx": "the serving forms onnx and onnx-int8",
    "energy": "estimates of energy",
    "notebook": "tables as pandas' frames",
    "tensorboard": "the tracker of this name",
    "mlflow": "the tracker of this name",
    "wandb": "the tracker of this name",
    "ray": "--executor ray",
    "lora": "training.method: lora",
}
"""What each extra is for; one that a version of the package has not is passed over."""

Status = Literal["ok", "note", "warning", "error"]
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)(?:;\s*extra\s*==\s*['\"]([\w-]+)['\"])?")


@final
@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    area: str
    """versions, machine, store, hub, programs or torch."""

    name: str
    value: str

    status: Status = "ok"
    """note: good to know; warning: may go wrong; error: Isogloss cannot work."""

    fix: str = ""
    """What to do; empty if nothing has to be done."""


def examine(store: Path, *, quick: bool = False) -> Iterator[Finding]:
    """Look at everything, the quick things first.

    Args:
        store: where finished steps would go.
        quick: whether to leave PyTorch alone, which takes seconds to start.
    """
    yield from _versions()
    yield from _machine()
    yield from _store(store)
    yield from _hub()
    yield from _programs()
    if not quick:
        yield from _torch()


# ---- versions


def _versions() -> Iterator[Finding]:
    yield Finding("versions", "python", f"{platform.python_version()} ({sys.executable})")
    if _installed("isogloss") is None:
        fix = "pip install --editable . in its folder, so that its needs are known."
        yield Finding("versions", "isogloss", "runs without being installed", "warning", fix)
        return
    extras: dict[str, list[str]] = {}
    for line in ["isogloss", *(requires("isogloss") or [])]:
        found = _REQUIREMENT.match(line)
        if found is None:
            continue
        name, bounds, extra = found.groups()
        if extra is None:
            yield _package(name, bounds.strip())
        elif extra in EXTRAS and _installed(name) is None:
            extras.setdefault(extra, []).append(name)
    for extra, missing in extras.items():
        yield Finding(
            "versions",
            f"extra {extra}",
            f"missing ({', '.join(missing)}): {EXTRAS[extra]}",
            "note",
            f"If you want it: pip install 'isogloss[{extra}]'",
        )


def _package(name: str, bounds: str) -> Finding:
    there = _installed(name)
    if there is None:
        fix = f"pip install '{name}{bounds}'"
        return Finding("versions", name, "missing", "error", fix)
    if not meets(there, bounds):
        fix = f"pip install '{name}{bounds}'"
        return Finding("versions", name, f"{there}, but {bounds} is needed", "error", fix)
    return Finding("versions", name, there)


def meets(there: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `>=5.17,<6`; others than these are let pass.

    >>> meets("5.20.1", ">=5.17,<6"), meets("6.0", ">=5.17,<6"), meets("2.10", ">=2.9")
    (True, False, True)
    """
    for bound in filter(None, map(str.strip, bounds.split(","))):
        if bound.startswith(">=") and _numbers(there) < _numbers(bound[2:]):
            return False
        if bound.startswith("<") and bound[1] != "=" and _numbers(there) >= _numbers(bound[1:]):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    """The release of a version, without zeros at its end.

    >>> _numbers("2.6.0+cpu")
    (2, 6)
    """
    found = re.match(r"\s*(\d+(?:\.\d+)*)", text)
    parts = [int(part) for part in found[1].split(".")] if found else []
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# ---- the machine


def _machine() -> Iterator[Finding]:
    yield Finding("machine", "system", platform.platform())
    cores = available_cores()
    yield Finding("machine", "cores", str(cores))
    for name in THREADS:
        if said := os.environ.get(name):
            yield _threads(name, said, cores)
    total, free = _memory()
    if total is None or free is None:
        yield Finding("machine", "memory", "unknown on this system", "note")
        return
    told = f"{free:.1f} of {total:.1f} GiB free"
    if free < LITTLE_MEMORY_GIB:
        fix = "End other programs, choose smaller encoders, or lower max_tokens and --jobs."
        yield Finding("machine", "memory", told, "warning", fix)
    else:
        yield Finding("machine", "memory", told)


def _threads(name: str, said: str, cores: int) -> Finding:
    if not said.isdigit() or not int(said):
        return Finding("machine", name, said, "warning", f"Give a whole number, or: unset {name}")
    if int(said) > cores:
        fix = f"export {name}={cores}: more threads than cores wait for each other."
        return Finding("machine", name, said, "warning", fix)
    return Finding("machine", name, said)


def _memory() -> tuple[float | None, float | None]:
    """All and free memory, in GiB."""
    try:
        lines = MEMORY.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None, None
    sizes = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    found = (sizes.get("MemTotal"), sizes.get("MemAvailable"))
    total, free = (int(size[0]) * 1024 / GIB if size else None for size in found)
    return total, free


def _store(store: Path) -> Iterator[Finding]:
    place = store.absolute()
    home = next((path for path in (place, *place.parents) if path.exists()), Path("/"))
    if not home.is_dir() or not _can_write(home):
        fix = "Name a folder that you may write, with --store or ISOGLOSS_STORE."
        yield Finding("store", "folder", f"{place} cannot be written", "error", fix)
    else:
        there = "" if store.exists() else " (not made yet)"
        yield Finding("store", "folder", f"{place}{there}")
    yield _room("store", "free disk", home, "isogloss store gc says what no study needs")
    yield _room("store", "free disk for drafts", Path(tempfile.gettempdir()), "set TMPDIR")


def _room(area: str, name: str, folder: Path, way: str) -> Finding:
    try:
        free = shutil.disk_usage(folder).free / GIB
    except OSError as error:
        return Finding(area, name, f"unknown ({error.strerror})", "warning")
    told = f"{free:.1f} GiB at {folder}"
    if free < LITTLE_DISK_GIB:
        return Finding(area, name, told, "warning", f"Free some space, or move: {way}.")
    return Finding(area, name, told)


def _can_write(folder: Path) -> bool:
    """Try it: modes say little on shared and read-only disks."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".isogloss-"):
            return True
    except OSError:
        return False


# ---- the Hub and other programs


def _hub() -> Iterator[Finding]:
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
    told = "the Hub is not asked (HF_HUB_OFFLINE); the cache has to hold what studies name"
    yield Finding("hub", "offline", told if offline else "no", "note" if offline else "ok")
    endpoint = os.environ.get("HF_ENDPOINT")
    if endpoint:
        yield Finding("hub", "endpoint", redacted(endpoint), "note")
    logged_in = token_file().is_file()
    by = "HF_TOKEN" if os.environ.get("HF_TOKEN") else "a login" if logged_in else ""
    yield Finding("hub", "token", f"given by {by}" if by else "none: public repositories only")
    cache = hub_cache()
    there = next((path for path in (cache, *cache.parents) if path.exists()), Path("/"))
    if _can_write(there):
        yield _room("hub", "cache", there, "set HF_HOME")
    else:
        fix = "Change its mode, or set HF_HOME to a folder that you may write."
        yield Finding("hub", "cache", f"{cache} cannot be written", "warning", fix)


def _programs() -> Iterator[Finding]:
    for name, fix in PROGRAMS.items():
        found = shutil.which(name)
        if found:
            yield Finding("programs", name, found)
        else:
            yield Finding("programs", name, "not there", "note", fix)


# ---- PyTorch


def _torch() -> Iterator[Finding]:
    fix = "pip install --force-reinstall torch; see https://pytorch.org for the right build."
    try:
        done = subprocess.run(
            [sys.executable, "-m", "isogloss.model.devices"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        found = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        said = f"does not start within {PATIENCE_SECONDS} seconds"
        yield Finding("torch", "start", said, "error", fix)
    except OSError as error:
        yield Finding("torch", "start", safe(f"cannot be started: {error}"), "error", fix)
    except (ValueError, IndexError):
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        yield Finding("torch", "start", safe(f"broken: {last[0]}"), "error", fix)
    else:
        yield from _devices(found)


def _devices(found: Mapping[str, Any]) -> Iterator[Finding]:
    """What PyTorch says of itself, and whether it misses a GPU."""
    gpus = ", ".join(f"{gpu['name']} ({gpu['gib']} GiB)" for gpu in found["gpus"])
    if GPU_DRIVER.exists() and not found["gpus"]:
        built = "was built without CUDA" if not found["built_for_cuda"] else "does not see it"
        yield Finding(
            "torch",
            "device",
            f"{found['device']}; there is a GPU, but this PyTorch {built}",
            "warning",
            "Install a PyTorch for the driver's CUDA; look at CUDA_VISIBLE_DEVICES.",
        )
    else:
        yield Finding("torch", "device", gpus or str(found["device"]))
    yield Finding("torch", "precision", f"{found['precision']} ({found['reason']})")
    kernels = ", ".join(f"{name} up to {to} tokens" for to, name in found["attention"].items())
    yield Finding("torch", "attention", kernels)
    yield Finding("torch", "threads", str(found["threads"]))
