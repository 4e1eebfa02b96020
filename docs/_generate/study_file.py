"""The page of the study file: every key with its type, limits, default and meaning."""

from collections.abc import Iterator, Mapping

from _generate.fields import default, description, kind
from _generate.markdown import NOTICE, block, code, fence
from _generate.sections import ROOT, Section, sections
from isogloss.study.schema import study_schema
from isogloss.study.spec import NotIdentity, Spec
from isogloss.study.study import Study
from isogloss.study.templates import TEMPLATES, template_text

_INTRO = """# The study file

Every key that a study file may have, written from the declarations that check it. Unknown keys are
refused, with the nearest name. `isogloss schema` prints all of this as JSON Schema, for editors;
`isogloss validate` checks a file. `--set` changes one value, by the places that stand here
(`--set training.learning_rate=3e-5`, `--set encoders.0.model=./mine`).

`[]` stands for any item of a list, `<name>` for any name. *Costs only* marks what the keys of steps
leave out, so that nothing is done again where it changes: it is about time, memory or looks, or
says where something lies whose content is in the keys. Still, another `max_tokens` of a training,
or `cuda_graphs`, draws other dropout; and `evaluation.max_tokens` is in the keys of tests of the
form `onnx-int8`, whose answers depend on what else is in a batch.

"""


def study_file() -> str:
    """The page, as Markdown."""
    found = sections(study_schema())
    text = NOTICE + _INTRO + "## A whole file\n\n" + _example() + "## All sections\n\n"
    text += "".join(_entry(section) for section in found.values()) + "\n"
    return text + "".join(_section(section, found) for section in found.values())


def _example() -> str:
    name = next(iter(TEMPLATES))
    return f"What `isogloss init {name}` writes:\n\n" + fence("yaml", template_text(name))


def _entry(section: Section) -> str:
    depth = 0 if section.place == ROOT else 1 + section.place.count(".")
    return f"{'  ' * depth}- [{_title(section)}](#{section.anchor})\n"


def _title(section: Section) -> str:
    return "The file itself" if section.place == ROOT else code(section.place)


def _section(section: Section, found: Mapping[str, Section]) -> str:
    level = "##" if "." not in section.place else "###"
    others = ", ".join(code(place) for place in section.places[1:])
    text = f"({section.anchor})=\n{level} {_title(section)}\n\n"
    text += description(section.schema, {}) + "\n\n"
    text += f"Also at {others}.\n\n" if others else ""
    return text + "".join(_fields(section, found))


def _fields(section: Section, found: Mapping[str, Section]) -> Iterator[str]:
    free = _free(section.name)
    declared = {name: one.schema for name, one in found.items()}
    required = section.schema.get("required", ())
    for key, field in section.schema["properties"].items():
        told = [
            kind(field, lambda name: _link(name, found)),
            default(field, required=key in required),
            *(["*costs only*"] if key in free else []),
        ]
        place = key if section.place == ROOT else f"{section.place}.{key}"
        yield block("study-field", place, f"{description(field, declared)}\n\n{' · '.join(told)}")


def _link(name: str, found: Mapping[str, Section]) -> str:
    """Lead to a section; what has none may be anything."""
    if name not in found:
        return "anything"
    return f"section [{code(found[name].place)}](#{found[name].anchor})"


def _free(name: str) -> set[str]:
    """Keys of a declaration that the keys of steps leave out."""
    fields = _declarations(Spec)[name].model_fields.items()
    return {
        field.alias or key
        for key, field in fields
        if any(isinstance(mark, NotIdentity) for mark in field.metadata)
    }


def _declarations(of: type[Spec]) -> dict[str, type[Spec]]:
    """Every declaration by its name; importing `Study` has imported them all."""
    found: dict[str, type[Spec]] = {Study.__name__: Study}
    for one in of.__subclasses__():
        found |= {one.__name__: one, **_declarations(one)}
    return found
