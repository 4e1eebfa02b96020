"""Languages in a study: any spelling in, `deu-Latn` stored."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from isogloss.base.errors import InputError
from isogloss.base.languages import language_code
from isogloss.study.spec import different


def _code(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("YAML reads no and yes as false and true: put the code in quotes")
    if not isinstance(value, str):
        return value
    try:
        return language_code(value)
    except InputError as error:
        raise ValueError(str(error)) from None


def teacher_by_code(name: str | None) -> str | None:
    """Write the language of `teacher:German` as it is stored; other names stay."""
    kind, colon, language = (name or "").partition(":")
    return f"{kind}:{_code(language)}" if colon else name


Language = Annotated[str, BeforeValidator(_code)]
"""A language in any spelling; stored as `deu-Latn`."""

Languages = Annotated[tuple[Language, ...], AfterValidator(different), Field(min_length=1)]
"""Different languages, one or more."""
