"""The database of statistics: SQLite, in the user's data directory, shared by all servers.

A connection lives for one transaction, so that the file may be reset, or set aside, at any time.
The write-ahead log lets one server write while another one reads.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codex_lsp.errors import StatisticsBusyError, StatisticsError
from codex_lsp.model_dir import data_home
from codex_lsp.statistics.counts import Counts, Key, What

try:
    import sqlite3
except ImportError:  # some Pythons are built without it, and nothing else needs it
    sqlite3 = None  # type: ignore[assignment]

SWITCH = "CODEX_LSP_STATISTICS"
"""This environment variable names another file; ``off`` keeps none at all."""
SCHEMA_VERSION = 1
BUSY_S = 2.0
"""How long a transaction of another server is waited for."""

_SCHEMA = """
CREATE TABLE counts (
    day TEXT NOT NULL, language TEXT NOT NULL, ranker TEXT NOT NULL,
    what TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, language, ranker, what)
) WITHOUT ROWID;
CREATE TABLE latencies (
    day TEXT NOT NULL, language TEXT NOT NULL, ranker TEXT NOT NULL,
    ms INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, language, ranker, ms)
) WITHOUT ROWID;
"""
# SQLite before 3.35, which some systems still have, wants the columns named.
_ADD_COUNT = (
    "INSERT INTO counts VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (day, language, ranker, what) DO UPDATE SET n = n + excluded.n"
)
_ADD_LATENCY = (
    "INSERT INTO latencies VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (day, language, ranker, ms) DO UPDATE SET n = n + excluded.n"
)

_SOUND = """typeof(day) = 'text' AND typeof(language) = 'text' AND typeof(ranker) = 'text'
    AND typeof(n) = 'integer'"""
"""SQLite gives a damaged value in whatever type it finds; it must not take the others with it."""
_READ_COUNTS = f"SELECT * FROM counts WHERE day >= ? AND {_SOUND}"
_READ_LATENCIES = f"SELECT * FROM latencies WHERE day >= ? AND {_SOUND} AND typeof(ms) = 'integer'"

Connect = Callable[[Path], "sqlite3.Connection"]


def default_path() -> Path | None:
    """Return where the database is; None where the environment switches statistics off."""
    named = os.environ.get(SWITCH, "")
    if named == "off":
        return None
    return Path(os.path.expanduser(named)) if named else data_home() / "statistics.sqlite3"


def require_sqlite() -> None:
    """Do nothing where there is SQLite.

    :raises StatisticsError: this Python was built without it
    """
    if sqlite3 is None:
        raise StatisticsError(
            "No statistics can be kept, since this Python was built without sqlite3; install "
            f"codex-lsp with another Python, or set {SWITCH}=off."
        )


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, making it if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Transactions are begun and ended by hand.
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)


class Store:
    """Counts on disk. Usable from any thread, one call at a time.

    :ivar set_aside: where a damaged file was moved to, the last time that happened
    """

    def __init__(self, path: Path, connect: Connect = connect) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._connect = connect

    def add(self, counts: Counts) -> None:
        """Add counts to those on disk, all of them or none.

        :raises StatisticsBusyError: other servers hold the file; the counts can be added later
        :raises StatisticsError: the file cannot be written
        """
        with self._transaction() as db:
            db.executemany(
                _ADD_COUNT,
                [
                    (key.day, key.language, key.ranker, what.value, n)
                    for (key, what), n in counts.counts.items()
                ],
            )
            db.executemany(
                _ADD_LATENCY,
                [
                    (key.day, key.language, key.ranker, ms, n)
                    for (key, ms), n in counts.latencies.items()
                ],
            )

    def read(self, since: str = "") -> Counts:
        """Return the counts from a day on.

        :raises StatisticsError: the file cannot be read
        """
        known = {what.value: what for what in What}
        counts = Counts()
        with self._transaction() as db:
            for day, language, ranker, name, n in db.execute(_READ_COUNTS, (since,)):
                if name in known:
                    counts.counts[Key(day, language, ranker), known[name]] = n
            for day, language, ranker, ms, n in db.execute(_READ_LATENCIES, (since,)):
                counts.latencies[Key(day, language, ranker), ms] = n
        return counts

    def reset(self) -> None:
        """Forget everything.

        :raises StatisticsError: the file cannot be written
        """
        with self._transaction() as db:
            db.execute("DELETE FROM counts")
            db.execute("DELETE FROM latencies")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._open()
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            db.close()
            if not isinstance(error, sqlite3.OperationalError):
                self._put_aside()
            raise self._told(error) from error
        finally:
            db.close()  # what was not committed is rolled back

    def _open(self) -> sqlite3.Connection:
        require_sqlite()
        try:
            return self._prepared()
        except sqlite3.OperationalError as error:
            raise self._told(error) from error
        # What is wrong with a damaged schema may be told in bytes that are no text.
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            self._put_aside()
        except OSError as error:
            raise StatisticsError(
                f"The statistics cannot be kept in {self.path.parent}: {error.strerror or error}."
            ) from error
        try:
            return self._prepared()
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise self._told(error) from error

    def _prepared(self) -> sqlite3.Connection:
        """Return a connection to a file with our tables.

        :raises sqlite3.DatabaseError: the file is damaged, or no database
        """
        db = self._connect(self.path)
        # A damaged label must not take all other counts with it.
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._create(db)
            elif version > SCHEMA_VERSION:
                raise StatisticsError(
                    f"{self.path} was written by a newer codex-lsp; update this one, or switch "
                    "statistics off."
                )
            # Reading a row of each table finds most damage.
            db.execute("SELECT n FROM counts LIMIT 1").fetchone()
            db.execute("SELECT n FROM latencies LIMIT 1").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def _create(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:  # no other server was faster
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")

    def _put_aside(self) -> None:
        """Move a damaged file away, unless another server has done so meanwhile.

        :raises StatisticsError: nothing can be written beside it
        """
        from filelock import FileLock  # which takes a while to load, and is seldom needed

        lock = FileLock(self.path.with_name(f"{self.path.name}.lock"))
        try:
            lock.acquire()
        except OSError as error:
            raise self._told(error) from error
        try:
            if not self._sound():
                self._move()
        finally:
            lock.release()

    def _move(self) -> None:
        aside = self.path.with_name(f"{self.path.name}.damaged")
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self.path.with_name(self.path.name + suffix).unlink()
        with contextlib.suppress(OSError):
            self.path.replace(aside)
            self.set_aside = aside

    def _sound(self) -> bool:
        try:
            with contextlib.closing(self._prepared()) as db:
                (found,) = db.execute("PRAGMA quick_check").fetchone()
                return bool(found == "ok")
        except sqlite3.Error as error:
            return _is_busy(error)  # somebody works with it
        except (OSError, UnicodeDecodeError):
            return False

    def _told(self, error: Exception) -> StatisticsError:
        text = str(error)
        if _is_busy(error):
            return StatisticsBusyError(f"{self.path} is in use by others; try again.")
        return StatisticsError(f"The statistics in {self.path} cannot be used: {text}.")


def _is_busy(error: Exception) -> bool:
    return any(word in str(error) for word in ("locked", "busy"))
