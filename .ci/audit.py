"""Are there known vulnerabilities in the versions that this project is tested with?

Asks pip-audit, in an environment of its own, about every line of constraints.txt. Where its data
cannot be had (no network, no such service), that is said and nothing fails; where a vulnerability
is known that .ci/accepted-vulnerabilities.txt does not accept with a reason, this ends with 1.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PINNED = HERE.parent / "constraints.txt"
ACCEPTED = HERE / "accepted-vulnerabilities.txt"
SECONDS = 300


def main(pinned: Path) -> int:
    """Audit, and say what was found."""
    with tempfile.TemporaryDirectory() as home:
        found = ask(pinned, Path(home))
    if found is None:
        return 0
    bad = [one for one in vulnerabilities(found) if one["id"] not in accepted()]
    for one in bad:
        mended = ", ".join(one["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {one['id']}, mended in {mended}")
    skipped = [one["name"] for one in found["dependencies"] if "skip_reason" in one]
    n = len(found["dependencies"]) - len(skipped)
    if not n:
        print("pip-audit: SKIPPED, its service knows none of the packages here")
        return 0
    if skipped:
        print(f"not looked up, as the service does not know them: {', '.join(skipped)}")
    print(f"pip-audit: {n} packages looked up, {len(bad)} known vulnerabilities")
    if bad:
        print(f"Raise the versions in {PINNED.name}, or accept one with its reason in {ACCEPTED}.")
    return 1 if bad else 0


def ask(pinned: Path, home: Path) -> dict | None:
    """What pip-audit says, or None where it cannot be asked."""
    answer = home / "answer.json"
    python = home / "venv" / "bin" / "python"
    asking = [
        [sys.executable, "-m", "venv", home / "venv"],
        [python, "-m", "pip", "install", "--quiet", "pip-audit"],
        [python, "-m", "pip_audit", "--requirement", pinned, "--no-deps", "--disable-pip",
         "--progress-spinner", "off", "--timeout", "15", "--format", "json", "--output", answer],
    ]  # fmt: skip
    said = ""
    for command in asking:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error)
            break
        said = done.stderr
        if done.returncode and command is not asking[-1]:
            break
    if answer.is_file():
        return json.loads(answer.read_text(encoding="utf-8"))
    why = (said.strip().splitlines() or ["no answer"])[-1]
    print(f"pip-audit: SKIPPED, its data cannot be had here ({why[:200]})")
    return None


def vulnerabilities(found: dict) -> list[dict]:
    """One entry for each vulnerability, with the package that has it."""
    return [
        {"name": one["name"], "version": one["version"], **hole}
        for one in found["dependencies"]
        for hole in one.get("vulns", [])
    ]


def accepted() -> set[str]:
    """Ids that are accepted, each with its reason behind it."""
    lines = ACCEPTED.read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PINNED))
