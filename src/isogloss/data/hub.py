"""A dataset repository of the Hugging Face Hub as a source: parquet files only.

Scripts that some repositories hold are never run; the Hub converts those data sets to parquet under
the revision `refs/convert/parquet`. A revision is resolved once to its commit, and everything is
read at that commit. One short request tells the commit and its files; where it is not answered, the
cache says what there is, and what it lacks is never taken for what the repository lacks. All parts
of a split are downloaded before its first row is given out, into the Hub client's own cache, with
the client's patience. `HF_ENDPOINT`, `HF_HOME`, `HF_TOKEN` and `HF_HUB_OFFLINE` work as the
client's documentation says.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from glob import escape
from pathlib import Path
from typing import final

from huggingface_hub import DatasetInfo, HfApi, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from isogloss.base.errors import InputError, RunError
from isogloss.base.hub_errors import explained
from isogloss.base.hub_names import COMMIT
from isogloss.base.languages import language_code, language_name
from isogloss.base.splits import split_name
from isogloss.data.names import by_language, in_split_order, known_language, missing_split
from isogloss.data.readers.parquet import read_parquet
from isogloss.data.shards import Shard, ordered_shards, parse_shard
from isogloss.data.source import Row

PARQUET_REVISION = "refs/convert/parquet"
NOTHING = "//"  # a pattern that no path matches
TIMEOUT_SECONDS = 10.0


@final
@dataclass(frozen=True)
class HubSource:
    """Reads the parquet files of a dataset repository.

    Attributes:
        repo: `"owner/name"`.
        revision: a commit, branch, tag or reference such as `refs/convert/parquet`.
            What is read of a language is the configuration that names it, in any spelling.
    """

    repo: str
    revision: str

    @cached_property
    def commit(self) -> str:
        """The commit that the revision stands for, to be recorded.

        Raises:
            InputError: the repository or revision does not exist, or is not open to this user.
            RunError: the Hub cannot be reached, and the cache does not know the revision.
        """
        if COMMIT.fullmatch(self.revision):
            return self.revision
        if isinstance(self._answer, RunError):
            cached = self._cached_folder(self.revision)
            if cached is None:
                raise self._answer
            return cached.name
        if self._answer.sha is None:
            raise RunError(f"{self._where}: the Hub names no commit. Try again.")
        return self._answer.sha

    def languages(self) -> tuple[str, ...]:
        """Canonical codes of the languages that a configuration names, sorted."""
        return tuple(by_language(self._shards, self._where))

    def splits(self, language: str) -> tuple[str, ...]:
        """Splits of a language: train, validation, test, then others by name."""
        return in_split_order(self._shards[self._config(language)])

    def rows(self, language: str, split: str) -> Iterator[Row]:
        """The rows of a split, shard after shard; class labels come out as names.

        Raises:
            InputError: repository, revision, language or split is missing, or a file is broken.
            RunError: the Hub cannot be reached, and the cache does not hold the whole split.
        """
        shards = self._wanted(language, split)
        folder = self._download(shards)
        index = 0
        for shard in shards:
            for row in read_parquet(folder / shard.path):
                place = f"{self.repo}/{shard.path}:row {row.index + 1}"
                yield Row(place, index, row.fields)
                index += 1

    @property
    def _where(self) -> str:
        return f"{self.repo} at {self.revision}"

    def _wanted(self, language: str, split: str) -> list[Shard]:
        try:
            return self._named(language, split)
        except InputError:
            if isinstance(self._answer, RunError):
                name = language_name(language_code(language))
                raise RunError(
                    f"{self._where}: the cache has no {split} of {name}, and the"
                    " Hub cannot be asked for it. Connect, and run again."
                ) from self._answer
            raise

    def _named(self, language: str, split: str) -> list[Shard]:
        config = self._config(language)
        splits = self._shards[config]
        if split_name(split) not in splits:
            raise missing_split(split, splits, f"{self._where}, configuration {config}")
        return ordered_shards(splits[split_name(split)], self._where)

    def _config(self, language: str) -> str:
        return known_language(language, by_language(self._shards, self._where), self._where)

    @cached_property
    def _shards(self) -> dict[str, dict[str, list[Shard]]]:
        """Configuration -> split -> shards."""
        found: dict[str, dict[str, list[Shard]]] = defaultdict(lambda: defaultdict(list))
        for path in self._files():
            shard = parse_shard(path)
            if shard is not None:
                found[shard.config][shard.split].append(shard)
        if not found:
            raise InputError(
                f"{self._where}: no parquet files. Loading scripts are not run; use the revision "
                f"{PARQUET_REVISION}, or a repository that holds parquet."
            )
        return {config: dict(splits) for config, splits in sorted(found.items())}

    @cached_property
    def _answer(self) -> DatasetInfo | RunError:
        """What the Hub says about the repository at the revision, or why it says nothing."""
        try:
            with explained("dataset", self.repo, self.revision):
                return HfApi().dataset_info(
                    self.repo, revision=self.revision, timeout=TIMEOUT_SECONDS
                )
        except RunError as error:
            return error

    def _files(self) -> list[str]:
        if not isinstance(self._answer, RunError):
            return [sibling.rfilename for sibling in self._answer.siblings or ()]
        folder = self._cached_folder(self.commit)
        if folder is None:
            raise self._answer
        return [
            path.relative_to(folder).as_posix()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]

    def _download(self, shards: list[Shard]) -> Path:
        """Bring a split into the cache; the client notices offline if a part is missing there.

        Where names do not say how many parts there are, the pattern asks for all of them. At a
        commit whose listing the Hub gave, what is there need not be asked for.
        """
        if COMMIT.fullmatch(self.revision) and not isinstance(self._answer, RunError):
            cached = self._cached_folder(self.revision)
            if cached and all((cached / shard.path).is_file() for shard in shards):
                return cached
        patterns = [
            escape(shard.path) if shard.total else f"{escape(shard.origin)}/*.parquet"
            for shard in shards
        ]
        with explained("dataset", self.repo, self.revision):
            folder = Path(
                snapshot_download(
                    self.repo,
                    repo_type="dataset",
                    revision=self.revision,  # not the commit: the cache then learns what it means
                    allow_patterns=sorted(set(patterns)),
                )
            )
        if folder.name != self.commit:
            raise RunError(f"{self._where}: the revision moved while it was read. Run again.")
        return folder

    def _cached_folder(self, revision: str) -> Path | None:
        try:
            folder = snapshot_download(
                self.repo,
                repo_type="dataset",
                revision=revision,
                allow_patterns=NOTHING,
                local_files_only=True,
            )
        except LocalEntryNotFoundError:
            return None
        return Path(folder)
