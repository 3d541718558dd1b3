"""Changes below a directory as the kernel reports them (inotify), so that a process can be killed amid its writes."""

import ctypes
import os
import select
import struct
from pathlib import Path

_CREATE, _MODIFY, _MOVED_TO, _CLOSE_WRITE, _DELETE = 0x100, 0x2, 0x80, 0x8, 0x200
_IS_DIRECTORY = 0x40000000
_HEAD = struct.Struct("iIII")
_WANTED = _CREATE | _MODIFY | _MOVED_TO | _CLOSE_WRITE | _DELETE


class Watch:
    """Counts changes of files below a directory, also in directories that appear later."""

    def __init__(self, root: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._names: dict[int, Path] = {}
        self.count = 0
        for path in [root, *(p for p in root.rglob("*") if p.is_dir())]:
            self._add(path)

    def read(self, seconds: float) -> int:
        """Wait at most so long for changes; returns how many there have been so far."""
        if select.select([self._descriptor], [], [], seconds)[0]:
            data = os.read(self._descriptor, 65536)
            while data:
                watched, mask, _, length = _HEAD.unpack_from(data)
                name = data[_HEAD.size : _HEAD.size + length].rstrip(b"\0").decode()
                data = data[_HEAD.size + length :]
                self.count += 1
                if mask & _IS_DIRECTORY and mask & (_CREATE | _MOVED_TO) and watched in self._names:
                    self._add(self._names[watched] / name)
        return self.count

    def close(self) -> None:
        """Stop watching."""
        os.close(self._descriptor)

    def _add(self, path: Path) -> None:
        number = self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), _WANTED)
        if number >= 0:
            self._names[number] = path
