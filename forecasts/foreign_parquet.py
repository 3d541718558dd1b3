"""Parquet files of strangers, read in a process of their own.

To read a Parquet file is to follow its directions: a damaged or crafted one makes the library panic, or ask for so much
memory that the whole process ends with it. So a child with bounded memory and time reads the file and hands the table
back in Arrow's plain form; whatever becomes of the child, its parent says so in one line.
"""

import io
import subprocess
import sys

import polars as pl

LARGEST = 256 * 2**20
"""Bytes of a file, and of the table that comes of it."""
MOST_ROWS = 5_000_000
MOST_MEMORY = 8 * 2**30
"""Bytes of addresses that the child may ask for; its libraries reserve some of them without use."""
MOST_SECONDS = 60
"""Time that the child may take."""
_REFUSED = 3
"""Exit code of a child that says on its standard error why the file is not read."""


class ParquetError(ValueError):
    """A file that is not read; the message says in one line why."""


def read(content: bytes, *, seconds: float = MOST_SECONDS) -> pl.DataFrame:
    """Return the table of a Parquet file.

    Parameters
    ----------
    content
        The file.
    seconds
        How long reading may take.

    Raises
    ------
    ParquetError
        When it is no readable Parquet file, damaged, or larger than `LARGEST` bytes or `MOST_ROWS` rows.
    OSError
        When no process can be started.
    """
    if len(content) > LARGEST:
        raise ParquetError(f"larger than {LARGEST} bytes; not read")
    command = [sys.executable, "-P", "-m", "forecasts.foreign_parquet"]
    try:
        child = subprocess.run(command, input=content, capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise ParquetError(f"not read within {seconds:g} seconds") from None
    if child.returncode == _REFUSED:
        raise ParquetError(child.stderr.decode(errors="replace").strip().splitlines()[-1][:200])
    if child.returncode != 0:
        raise ParquetError("damaged: what reads it was ended by it")
    return pl.read_ipc(io.BytesIO(child.stdout))


def _serve() -> int:
    """Read a file from standard input, write its table to standard output; returns the exit code."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        content = _plain(sys.stdin.buffer.read())
    except (ParquetError, pl.exceptions.PolarsError, OSError, MemoryError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
    except pl.exceptions.PanicException:
        reason = "damaged"
    else:
        sys.stdout.buffer.write(content)
        return 0
    sys.stderr.buffer.write(b"\n" + reason.encode(errors="replace"))
    return _REFUSED


def _plain(content: bytes) -> bytes:
    """Return a Parquet file's table as an Arrow file; raises ParquetError when either is too large."""
    lazy = pl.scan_parquet(io.BytesIO(content))
    rows = int(lazy.select(pl.len()).collect().item())
    if rows > MOST_ROWS:
        raise ParquetError(f"{rows} rows; at most {MOST_ROWS} are read")
    table, plain = lazy.collect(), io.BytesIO()
    texts = table.select(pl.col(pl.String).str.len_bytes().sum(), pl.col(pl.Binary).bin.size().sum())
    unpacked = sum(n or 0 for n in texts.row(0)) if texts.width else 0
    if max(unpacked, table.estimated_size()) > LARGEST:  # one text that a million rows point to is a million texts
        raise ParquetError(f"more than {LARGEST} bytes once it is unpacked")
    table.write_ipc(plain)
    return plain.getvalue()


if __name__ == "__main__":
    sys.exit(_serve())
