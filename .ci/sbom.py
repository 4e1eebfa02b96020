"""The software bill of materials: what an installation of Isogloss runs with, as CycloneDX 1.5.

Read from the metadata of the environment that this runs in, without a network: the packages that
isogloss needs, and those that they need, with version, license, and the SHA-256 of the list of
installed files with their digests (RECORD), by which an installation can be compared with this one.

    python .ci/sbom.py [--extra onnx ...] > sbom.cdx.json
"""

import argparse
import hashlib
import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "isogloss"


def bill(extras: list[str]) -> dict:
    """Everything that runs, and who needs whom."""
    needs = closure(ROOT, extras)
    root, *others = (component(name) for name in needs)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**root, "type": "application"}},
        "components": sorted(others, key=lambda one: one["name"]),
        "dependencies": [
            {"ref": reference(name), "dependsOn": sorted(map(reference, used))}
            for name, used in sorted(needs.items())
        ],
    }


def closure(root: str, extras: list[str]) -> dict[str, list[str]]:
    """Name of each package that is needed -> names of those it needs itself; the root first."""
    found: dict[str, list[str]] = {}
    asked = [(root, tuple(extras))]
    seen = set()
    while asked:
        name, wanted = asked.pop()
        if (name, wanted) in seen or there(name) is None:
            continue
        seen.add((name, wanted))
        used = [one for one in map(Requirement, there(name).requires or []) if holds(one, wanted)]
        names = [canonicalize_name(one.name) for one in used if there(one.name) is not None]
        found[name] = sorted({*found.get(name, []), *names})
        asked += [(canonicalize_name(one.name), tuple(sorted(one.extras))) for one in used]
    return found


def holds(requirement: Requirement, extras: tuple[str, ...]) -> bool:
    """Whether a package is needed here, with these extras."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def there(name: str) -> Distribution | None:
    """What is installed under a name."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def reference(name: str) -> str:
    """The package URL."""
    return f"pkg:pypi/{canonicalize_name(name)}@{there(name).version}"


def component(name: str) -> dict:
    """One package."""
    package = there(name)
    said = package.metadata.get("License-Expression") or package.metadata.get("License") or ""
    record = package.read_text("RECORD")
    found = {
        "type": "library",
        "bom-ref": reference(name),
        "name": canonicalize_name(name),
        "version": package.version,
        "purl": reference(name),
    }
    if 0 < len(said) <= 80 and "\n" not in said:
        found["licenses"] = [{"license": {"name": said}}]
    if record:
        digest = hashlib.sha256(record.encode()).hexdigest()
        found["properties"] = [{"name": "isogloss:record:sha256", "value": digest}]
    return found


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--extra", action="append", default=[])
    json.dump(bill(arguments.parse_args().extra), sys.stdout, indent=1)
    print()
