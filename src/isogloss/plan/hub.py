"""The commits that revisions of Hub repositories stand for: asked once each, remembered offline.

A question is one short request without the client's retries, and a Hub that does not answer is not
asked again, so that a plan is drawn within seconds wherever we are. What a revision stood for when
it was last downloaded is kept where the client keeps it (`refs/` in its cache): a cache that is
copied to a machine without a network is enough there.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, final

import huggingface_hub  # what of it is heavy comes when it is asked for
from huggingface_hub import constants

from isogloss.base.errors import LeadsOutside, RunError, Untrusted
from isogloss.base.hub_names import COMMIT, INDEX, WEIGHTS
from isogloss.base.safe_text import redacted, safe

if TYPE_CHECKING:
    from isogloss.base.hub_errors import Kind

TIMEOUT_SECONDS = 5.0
_SHORT = 12
_LONGEST_REFERENCE = 1024


@final
@dataclass
class Hub:
    """What the Hub says while one plan is drawn."""

    notes: list[str] = field(default_factory=list)
    """What could not be found out."""

    remarks: list[str] = field(default_factory=list)
    """What the reader of the plan should know, though it stops nothing."""

    silent: str = ""
    """Why the Hub is not asked any more."""

    def commit(self, repo: str, revision: str, kind: "Kind") -> str:
        """The commit of `repo` at `revision`.

        Without an answer the cache is asked; where that has nothing either, the name of the
        revision stands in, with a note: a plan can be drawn, though its keys are not final.

        Raises:
            InputError: if the Hub answers that there is no such repository or revision, that it is
                not open to this user, or that a model has no safetensors.
        """
        if COMMIT.fullmatch(revision):
            return revision
        known = cached_commit(repo, revision, kind)
        found = None if cached_only() else self._ask(repo, revision, kind)
        if found is None:
            return self._unanswered(known, repo, revision, kind)
        if known not in {None, found}:
            self.remarks.append(
                f"The Hub's {kind} {repo} at {revision} has moved since it was last downloaded, to"
                f" {found[:_SHORT]}: what hangs on it is done again. To stay with the old one, set"
                f" revision: {known}."
            )
        return found

    def _ask(self, repo: str, revision: str, kind: "Kind") -> str | None:
        """The Hub's answer, or None if there is none."""
        from isogloss.base.hub_errors import explained  # noqa: PLC0415 brings the client

        if self.silent:
            return None
        try:
            with explained(kind, repo, revision):
                info = huggingface_hub.HfApi().repo_info(
                    repo, revision=revision, repo_type=kind, timeout=TIMEOUT_SECONDS
                )
        except RunError as error:
            cause = error.__cause__
            self.silent = safe(str(cause).strip().partition("\n")[0]) or type(cause).__name__
            return None
        if isinstance(info, huggingface_hub.ModelInfo):
            _refuse_pickles(repo, info)
        return info.sha

    def _unanswered(self, known: str | None, repo: str, revision: str, kind: "Kind") -> str:
        """The commit that was last downloaded, or the revision's own name."""
        hub = redacted(constants.ENDPOINT)
        why = f"cannot be asked ({self.silent})" if self.silent else "is not asked (HF_HUB_OFFLINE)"
        if known is None:
            self.notes.append(
                f"The Hub at {hub} {why}, and the cache {constants.HF_HUB_CACHE} has"
                f" no {kind} {repo} at {revision}: the keys of this plan are not final, and it"
                " cannot be run from here."
            )
            return revision
        if self.silent:
            self.remarks.append(
                f"The Hub at {hub} {why}: revisions stand for what they were when"
                " they were last downloaded."
            )
        return known


def cached_only() -> bool:
    """Whether the person asked the client to stay offline."""
    return bool(constants.HF_HUB_OFFLINE)


def cached_commit(repo: str, revision: str, kind: "Kind") -> str | None:
    """What a revision stood for when it was last downloaded; None if it never was."""
    with suppress(OSError, ValueError), _reference(repo, revision, kind).open("rb") as stream:
        found = stream.read(_LONGEST_REFERENCE).decode().strip()
        if COMMIT.fullmatch(found):
            return found
    return None


def remember_commit(repo: str, revision: str, kind: "Kind", commit: str) -> None:
    """Keep what a revision stands for, as the client does when it is given a revision.

    We download by commit, and the client learns no revision from that. Nothing is kept before
    something of that commit is in the cache, since other programs read these references too. A
    cache that cannot be written is left as it is.
    """
    reference = _reference(repo, revision, kind)
    downloaded = (_folder(repo, kind) / "snapshots" / commit).is_dir()
    if not downloaded or revision == commit or cached_commit(repo, revision, kind) == commit:
        return
    with suppress(OSError):
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit, encoding="utf-8")


def _folder(repo: str, kind: "Kind") -> Path:
    return Path(constants.HF_HUB_CACHE) / f"{kind}s--{repo.replace('/', '--')}"


def _reference(repo: str, revision: str, kind: "Kind") -> Path:
    """Where the client keeps what a revision stands for.

    Raises:
        LeadsOutside: if the revision is a path to somewhere else.
    """
    refs = _folder(repo, kind) / "refs"
    found = refs / revision
    if ".." in found.parts or not found.is_relative_to(refs):
        raise LeadsOutside(f"{revision!r} is no revision of {repo}: it leads out of the cache.")
    return found


def _refuse_pickles(repo: str, info: "huggingface_hub.ModelInfo") -> None:
    files = [sibling.rfilename for sibling in info.siblings or ()]
    if files and not any(name in {WEIGHTS, INDEX} for name in files):
        raise Untrusted(
            f"The Hub's model {repo} has no safetensors weights ({WEIGHTS}); pickles can run"
            " code when they are read and are refused. Look for a revision with safetensors, such"
            " as refs/pr/N."
        )
