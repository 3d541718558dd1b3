"""The draws that come with twixt: gated fits of the shipped inputs, so that a first start samples nothing.

`data/draws/` holds one slim netCDF file for each fit and `index.json`, which says for which inputs each was sampled,
the hash of its bytes, and its receipt. `make draws` samples what no longer matches and writes the index.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from forecasts.errors import CorruptArtefactError

MOST_BYTES = 1_000_000
"""All files of the folder together are to stay below."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One shipped draws file."""

    input_hash: str
    sha256: str
    """Of the file's bytes."""
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A folder of shipped draws."""

    folder: Path

    def entries(self) -> dict[str, Entry]:
        """Return what the index says, by file name; nothing where there is no index.

        Raises
        ------
        CorruptArtefactError
            When the index cannot be read.
        """
        path = self.folder / "index.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return {name: Entry(**entry) for name, entry in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise CorruptArtefactError(f"{path}: damaged ({error})") from error

    def find(self, input_hash: str) -> bytes | None:
        """Return the draws of these inputs, or None when none are shipped.

        Raises
        ------
        CorruptArtefactError
            When the index or the file cannot be read, or the file holds other bytes than were shipped.
        """
        for name, entry in self.entries().items():
            if entry.input_hash == input_hash:
                return self._read(name, entry)
        return None

    def _read(self, name: str, entry: Entry) -> bytes:
        path = self.folder / name
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CorruptArtefactError(f"{path}: cannot be read ({error.strerror})") from error
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise CorruptArtefactError(f"{path}: damaged: {len(data)} bytes that are not the ones shipped")
        return data

    def write(self, files: Mapping[str, tuple[bytes, Entry]]) -> None:
        """Make the folder hold exactly these files and their index."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, (data, _) in files.items():
            (self.folder / name).write_bytes(data)
        index = {name: asdict(entry) for name, (_, entry) in sorted(files.items())}
        text = json.dumps(index, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (self.folder / "index.json").write_text(text, encoding="utf-8", newline="\n")
        for path in self.folder.glob("*.nc"):
            if path.name not in files:
                path.unlink()


SHIPPED = Shipped(Path(__file__).resolve().parents[1] / "data" / "draws")
