"""Study files to begin with, commented, shipped with the package."""

from importlib.resources import files

TEMPLATES: dict[str, str] = {
    "sample": "offline, on the built-in sample data, minutes on two cores",
    "ner": "two encoders compared on named entities, quality and cost: offline, on sample data",
    "pos": "two encoders compared on parts of speech: offline, on sample data",
    "balance": "teachers and a balanced student pre-trained on sample text, offline, minutes",
    "folder": "your own files, one folder a language, with an encoder from a folder or the Hub",
    "hub": "data and encoder from the Hugging Face Hub: the reference notebook's study",
}


def template_text(name: str) -> str:
    """The text of a template."""
    return files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
