"""Writing the search index: products and categories are put in and taken out, and nobody sees it before the commit."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import tantivy

from feira.catalog.store_index import (
    BRANCH,
    VERSION,
    Branch,
    Goods,
    branch_document,
    create,
    document,
    open_index,
    safely,
)

# What is written is put into files whenever so much of it has come together. The fewer files, the faster is a search.
HEAP_BYTES = 15_000_000  # The least that Tantivy takes.
HEAP_NEW_BYTES = 30_000_000
PORTION_MAX = 16_000  # Products that surely fit into that.
MERGED = 8  # Tantivy makes one set of files of so many of about the same size.
MARK = f"v{VERSION}-"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What an index has heard of, kept beside its files: `position` is the feed's, `written` counts since it was made."""

    database: str
    position: str
    branches: str = ""
    written: int = 0


def portion_of(total: int) -> int:
    """After how many products a new index of so many has to be flushed so that it ends as one set of files."""
    pieces = 1
    while total > pieces * PORTION_MAX:
        pieces *= MERGED
    return total // pieces + 1


class Home:
    """The directory below which the indexes of one machine are kept: the one in use, and one that is being made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def claimed(self) -> bool:
        return self._lock is not None

    def claim(self) -> bool:
        """Become the one who writes, on this machine; the operating system takes that back when the process ends.
        Raises OSError if nothing can be written here.
        """
        if self._lock is None:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path / "writer.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as failure:
                os.close(lock)
                if isinstance(failure, BlockingIOError):
                    return False
                raise
            self._lock = lock
        return True

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def current(self) -> Path | None:
        """The index in use, if it is of this program's version."""
        try:
            name = (self.path / "current").read_text()
        except (OSError, UnicodeDecodeError):
            return None
        return self.path / name if name.startswith(MARK) and "/" not in name else None

    def new(self) -> Path:
        """An empty directory for an index that is to be made."""
        found = self.path / f"{MARK}{time.time_ns():x}"
        found.mkdir(mode=0o700, parents=True)
        return found

    def use(self, made: Path) -> None:
        """From now on this is the index; the others are removed. Who still reads one of them can go on."""
        _replace(self.path / "current", made.name.encode())
        self.tidy()

    def tidy(self) -> None:
        """Remove what is no index in use: former ones, and those that were never finished."""
        current = self.current()
        for found in self.path.iterdir():
            if found.is_dir() and found != current:
                shutil.rmtree(found, ignore_errors=True)


def read_state(index: Path) -> State | None:
    try:
        return msgspec.json.decode((index / "state.json").read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return None


def save_state(index: Path, state: State) -> None:
    _replace(index / "state.json", msgspec.json.encode(state))


def refresh_beat(index: Path) -> None:
    """Say that all that was told up to now can be found in this index."""
    (index / "beat").touch(mode=0o600)


def beat_age_s(index: Path) -> float:
    """How long ago that was said; infinite if never."""
    try:
        return max(0.0, time.time() - (index / "beat").stat().st_mtime)
    except OSError:
        return float("inf")


class Writer:
    """Puts documents into one index, each product at most once between two commits.

    Raises OSError, ValueError or RuntimeError when the disk is full or the files are broken: then all since the last commit
    is lost, and a new writer has to begin there.
    """

    @safely
    def __init__(self, path: Path, *, new: bool) -> None:
        self.path = path
        self._new = new
        self._index = create(path) if new else open_index(path)
        self._writer: tantivy.IndexWriter = self._index.writer(HEAP_NEW_BYTES if new else HEAP_BYTES, 1)

    @safely
    def add(self, goods: Sequence[Goods]) -> None:
        """Products that the index does not have yet."""
        for product in goods:
            self._writer.add_document(document(product))

    @safely
    def put(self, goods: Sequence[Goods], gone: Iterable[UUID]) -> None:
        """Products as they are now, in place of what they were, and those that are not there for buyers any more."""
        for one in gone:
            self._remove(one)
        for product in goods:
            self._remove(product.id)
            self._writer.add_document(document(product))

    def _remove(self, product_id: UUID) -> None:
        """What was not committed yet has to be removed unseen; else only what is there, since removals take much memory."""
        if self._new or self._index.searcher().doc_freq("id", product_id.hex):
            self._writer.delete_documents_by_term("id", product_id.hex)

    @safely
    def put_branches(self, branches: Sequence[Branch]) -> None:
        """The whole tree of categories, in place of what it was."""
        self._writer.delete_documents_by_term("id", BRANCH)
        for branch in branches:
            self._writer.add_document(branch_document(branch))

    @safely
    def commit(self, state: State) -> None:
        """Have it all found, and remember what has been heard of. The state may be older than the index, never newer."""
        self.flush()
        save_state(self.path, state)

    @safely
    def flush(self) -> None:
        """Have what was written in files, and its memory back."""
        self._writer.commit()
        self._index.reload()

    @safely
    def count(self) -> int:
        """How many documents were committed."""
        return int(self._index.searcher().num_docs)

    @safely
    def close(self) -> None:
        """Wait for what is being merged, and give the memory back. What was not committed is forgotten."""
        self._writer.wait_merging_threads()


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    new.replace(path)
