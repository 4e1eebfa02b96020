"""What the audit of the data warns of, of the languages that a verdict names."""

from collections.abc import Iterator, Mapping
from typing import Any

from isogloss.base.languages import language_name

WARNED = ("error", "warning")
"""Severities of findings that may be why a score is what it is; notes may not."""


def data_warnings(
    audit: Mapping[str, Any] | None, named: Mapping[str, str], splits: set[str]
) -> Iterator[str]:
    """A line a finding about the data that a named score is of.

    Args:
        audit: of the data, as the page's evidence has it.
        named: language -> what the verdict calls it, `the worst language`.
        splits: that count: the one tested on, and what models were trained on.
    """
    for finding in (audit or {}).get("findings", ()):
        language = finding["language"]
        if finding["severity"] in WARNED and language in named and finding["split"] in splits:
            yield (
                f"**Data of {language_name(language)}**, {named[language]}, {finding['split']}:"
                f" {finding['what']}. {finding['remedy']}"
            )
