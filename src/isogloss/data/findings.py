"""Which numbers of an audit a person should act on, how urgently, and what to do.

An *error* makes results wrong (a label that cannot be learned, a test set that was trained on), a
*warning* can move them, a *note* is good to know.
"""

from collections.abc import Iterator, Mapping
from typing import Any

SEVERITIES = ("error", "warning", "note")
IMBALANCE = 1.5  # largest class over smallest
LEAK_ERROR = 0.01  # share of rows that also stand in an earlier split
LOW_SCRIPT_SHARE = 0.5

# Fault -> severity, what it is, what to do.
FAULT_FINDINGS: dict[str, tuple[str, str, str]] = {
    "empty": ("warning", "empty texts", "Remove these rows: no model can tell their label."),
    "replacement_character": (
        "warning",
        "texts with U+FFFD, where bytes could not be decoded",
        "Export the texts again as UTF-8.",
    ),
    "literal_escape": (
        "warning",
        "texts with literal \\uXXXX escapes in place of characters",
        "Decode the escapes; models read them as digits and letters.",
    ),
    "control_character": (
        "note",
        "texts with control characters",
        "Remove them; they often come from a wrong encoding.",
    ),
    "markup": ("note", "texts with HTML entities such as &amp;", "Unescape the HTML."),
}


def find(languages: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what is wrong in the `languages` part of an audit, the severe findings first."""
    order = {severity: number for number, severity in enumerate(SEVERITIES)}
    return sorted(_all(languages), key=lambda finding: order[finding["severity"]])


def _all(languages: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for language, report in languages.items():
        for name, split in report["splits"].items():
            for finding in _split_findings(split):
                yield {**finding, "language": language, "split": name}
        for pair in report["leakage"]:
            for finding in _leak_findings(pair):
                yield {**finding, "language": language, "split": pair["splits"][1]}


def _finding(
    severity: str, what: str, count: int, examples: list[Any], remedy: str
) -> dict[str, Any]:
    return {
        "severity": severity,
        "language": "",
        "split": "",
        "what": what,
        "count": count,
        "examples": examples,
        "remedy": remedy,
    }


def _split_findings(split: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from _label_findings(split["labels"])
    yield from _duplicate_findings(split["duplicates"])
    for fault, (severity, what, remedy) in FAULT_FINDINGS.items():
        seen = split["faults"][fault]
        if seen["count"]:
            yield _finding(severity, what, seen["count"], seen["examples"], remedy)
    share = split["script_share"]
    if share is not None and share < LOW_SCRIPT_SHARE:
        yield _finding(
            "warning",
            f"only {share:.0%} of the letters are in the language's script",
            split["rows"],
            [],
            "Check the language of the data, or name the script (as in hin-Latn).",
        )


def _label_findings(labels: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    counts = {label: seen["count"] for label, seen in labels.items()}
    absent = [label for label, count in counts.items() if not count]
    if absent:
        yield _finding(
            "error",
            f"labels that never occur: {', '.join(absent)}",
            len(absent),
            [],
            "Add rows with them, or leave the language out: its scores cannot be compared.",
        )
    elif counts and max(counts.values()) > IMBALANCE * min(counts.values()):
        spread = ", ".join(f"{label} {count}" for label, count in counts.items())
        yield _finding(
            "warning",
            f"unbalanced labels: {spread}",
            max(counts.values()) - min(counts.values()),
            [],
            "Balanced samples and macro scores, as studies have by default, allow for it.",
        )


def _duplicate_findings(seen: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if seen["conflicting"]:
        yield _finding(
            "warning",
            "texts that stand twice with different labels",
            seen["conflicting"],
            seen["conflicting_examples"],
            "Decide on one label, or remove both rows.",
        )
    if seen["normalized"]:
        yield _finding(
            "note",
            f"rows that repeat an earlier row ({seen['exact'] or 'none'} of them exactly)",
            seen["normalized"],
            seen["examples"],
            "Remove them; a repeated row counts twice.",
        )


def _leak_findings(pair: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not pair["normalized"]:
        return
    share = pair["normalized"] / pair["rows"]
    severity = "error" if share >= LEAK_ERROR else "warning"
    yield _finding(
        severity,
        f"rows that also stand in {pair['splits'][0]} ({pair['exact'] or 'none'} of them exactly)",
        pair["normalized"],
        pair["examples"],
        f"Remove them from {pair['splits'][0]}; else the scores on {pair['splits'][1]} flatter.",
    )
