"""The pin of a plug-in's source: whose it is, what it was told, and what it says of its bytes."""

from collections.abc import Sequence
from typing import Any

from isogloss.base.errors import InputError, IsoglossError
from isogloss.plugins.found import find
from isogloss.study.data import SOURCES, PluginSource
from isogloss.study.spec import identity


def pin_plugged(source: PluginSource, language: str, splits: Sequence[str]) -> dict[str, Any]:
    """Ask the plug-in what decides the splits of one language.

    Raises:
        InputError: if it has no such data, or fails, or says what is no text.
    """
    plugin = find("source", source.kind, SOURCES)
    try:
        opened = plugin.load()(source.root, dict(source.options))
        pins = {split: opened.pin(language, split) for split in splits}
    except IsoglossError:
        raise
    except Exception as error:
        raise InputError(
            f"The {plugin} failed when it was asked for {language} {'+'.join(splits)}:"
            f" {type(error).__name__}: {error}. Look at its options in the study, or tell its"
            " makers."
        ) from error
    for split, pin in pins.items():
        if not isinstance(pin, str) or not pin:
            raise InputError(
                f"The {plugin} gave {type(pin).__name__} as the pin of {language} {split}, where a"
                " text is wanted that changes with the data. Tell its makers."
            )
    return {
        "kind": source.kind,
        "plugins": [plugin.identity],
        "options": identity(source.options),
        "files": {split: [split, pin] for split, pin in pins.items()},
    }
