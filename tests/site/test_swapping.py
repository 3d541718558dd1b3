"""A site takes the place of another in one step: nothing untouched is touched, nothing torn, nothing of others lost."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.failures import CommandError
from app.site import swapping
from app.site.swapping import Swapped, swap_in
from forecasts.file_lock import held

ROOT = Path(__file__).resolve().parents[2]


def site(**files: str) -> dict[str, bytes]:
    """Return the files of a site, with the list of them; `__` in a name stands for a slash and a page."""
    found = {name.replace("__", "/") + ".html": text.encode() for name, text in files.items()}
    return found | {"site.json": json.dumps({"twixt_site": 1, "files": dict.fromkeys(found, "")}).encode()}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_new_site_is_written_whole_and_the_same_again_touches_nothing(tmp_path) -> None:
    folder, files = tmp_path / "deep" / "site", site(index="a", b__index="b")
    assert swap_in(folder, files) == Swapped(("b/index.html", "index.html", "site.json"), (), 3)
    assert contents(folder) == files
    before = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in (folder, *folder.rglob("*"))}
    assert swap_in(folder, files) == Swapped((), (), 3)
    assert {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in (folder, *folder.rglob("*"))} == before
    assert [p.name for p in folder.parent.iterdir() if "lock" not in p.name] == ["site"]


def test_only_what_changed_is_written_and_what_is_gone_is_removed(tmp_path) -> None:
    folder = tmp_path / "site"
    swap_in(folder, site(index="a", old="x", b__same="s"))
    same = folder / "b" / "same.html"
    before = same.stat()
    done = swap_in(folder, site(index="changed", b__same="s", new="n"))
    assert done == Swapped(("index.html", "new.html", "site.json"), ("old.html",), 4)
    assert (same.stat().st_ino, same.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not (folder / "old.html").exists()


def test_what_others_put_there_stays(tmp_path) -> None:
    folder = tmp_path / "site"
    swap_in(folder, site(index="a"))
    (folder / "CNAME").write_text("board.example.org")
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "security.txt").write_text("x")
    (folder / "latest").symlink_to("index.html")
    swap_in(folder, site(index="b"))
    assert (folder / "CNAME").read_text() == "board.example.org"
    assert (folder / ".well-known" / "security.txt").read_text() == "x"
    assert (folder / "latest").is_symlink()
    assert (folder / "latest").read_text() == "b"


def test_a_folder_of_something_else_is_refused(tmp_path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for name, message in (("letters", "holds 'dear.txt' and no site"), ("file", "is a file; a folder is needed")):
        with pytest.raises(CommandError, match=message):
            swap_in(tmp_path / name, site(index="a"))
    with pytest.raises(CommandError, match="cannot be replaced as a whole"):
        swap_in(Path("/"), site(index="a"))
    assert (tmp_path / "letters" / "dear.txt").read_text() == "x"


@pytest.mark.parametrize("listed", ['{"files": {"../../outside.txt": ""}}', '{"files": {"/etc/hostname": ""}}'])
def test_a_list_that_names_files_outside_removes_nothing_there(tmp_path, listed) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    folder = tmp_path / "deep" / "site"
    swap_in(folder, site(index="a"))
    (folder / "site.json").write_text(listed)
    swap_in(folder, site(index="b"))
    assert outside.read_text() == "mine"
    assert (folder / "index.html").read_text() == "b"


def test_a_damaged_list_is_said(tmp_path) -> None:
    folder = tmp_path / "site"
    swap_in(folder, site(index="a"))
    (folder / "site.json").write_text("{")
    with pytest.raises(CommandError, match=r"site.json: is no list of a site's files"):
        swap_in(folder, site(index="b"))


def test_two_at_once_are_told_apart(tmp_path) -> None:
    folder = tmp_path / "site"
    with held(tmp_path / ".site.twixt-lock") as mine:
        assert mine
        with pytest.raises(CommandError, match="another process is writing this site"):
            swap_in(folder, site(index="a"))
    swap_in(folder, site(index="a"))


def test_a_link_to_the_folder_stays_a_link(tmp_path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    swap_in(real, site(index="a"))
    link.symlink_to(real)
    swap_in(link, site(index="b"))
    assert link.is_symlink()
    assert (real / "index.html").read_text() == "b"


@pytest.mark.parametrize("step", [True, False])
def test_without_the_systems_exchange_it_takes_two_renames(tmp_path, monkeypatch, step) -> None:
    if not step:
        monkeypatch.setattr(swapping, "_exchanged", lambda *_: False)
    folder = tmp_path / "site"
    for text in ("a", "b", "c"):
        swap_in(folder, site(index=text))
    assert (folder / "index.html").read_text() == "c"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".site.twixt-lock", "site"]


def test_what_a_kill_between_two_renames_left_is_mended(tmp_path) -> None:
    folder = tmp_path / "site"
    swap_in(folder, site(index="a"))
    folder.rename(tmp_path / ".site.twixt-old")
    (tmp_path / ".site.twixt-new").mkdir()
    assert swap_in(folder, site(index="a")) == Swapped((), (), 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".site.twixt-lock", "site"]


def test_a_disk_that_refuses_leaves_the_old_site(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "site"
    swap_in(folder, site(index="a", more="m"))
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        swap_in(folder, site(index="b", more="m"))
    assert contents(folder) == site(index="a", more="m")
    assert not (tmp_path / ".site.twixt-new").exists()


WRITER = """
import sys, itertools
from pathlib import Path
from app.site.swapping import swap_in
import json
for n in itertools.count():
    files = {f"p{i}.html": f"{n}".encode() * 500 for i in range(20)}
    files["site.json"] = json.dumps({"twixt_site": 1, "files": dict.fromkeys(files, "")}).encode()
    swap_in(Path(sys.argv[1]), files)
    print(n, flush=True)
"""


@pytest.mark.slow
def test_a_reader_sees_one_site_and_a_kill_at_any_moment_leaves_one(tmp_path) -> None:
    """Twelve writers are killed while they write; whoever opens the folder meanwhile never finds two sites in it."""
    folder, mixed, looks, done = tmp_path / "site", [], [0], threading.Event()

    def look() -> None:
        while not done.is_set():
            try:
                handle = os.open(folder, os.O_RDONLY)
            except OSError:
                continue
            try:
                seen = set()
                for name in ("p0.html", "p19.html"):
                    page = os.open(name, os.O_RDONLY, dir_fd=handle)
                    seen.add(os.read(page, 10_000))
                    os.close(page)
                looks[0] += 1
                mixed.extend([seen] if len(seen) > 1 else [])
            except OSError:
                pass  # the folder was the old one and has just been removed
            finally:
                os.close(handle)

    reader = threading.Thread(target=look)
    reader.start()
    for k in range(12):
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline().strip() == "0"
            time.sleep(0.005 + 0.011 * k)
            writer.send_signal(signal.SIGKILL)
        found = contents(folder)
        assert len(found) == 21
        assert len({v for p, v in found.items() if p != "site.json"}) == 1
    done.set()
    reader.join()
    assert not mixed
    assert looks[0] > 20
    final = site(index="end")
    swap_in(folder, final)
    assert contents(folder) == final
    assert sorted(p.name for p in tmp_path.iterdir()) == [".site.twixt-lock", "site"]
