"""Secrets and people's names stay where they belong: a word for each is looked for in everything that goes out."""

import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from forecasts import people
from forecasts.people import LOCAL_OWNER
from tests.cli.conftest import Place, run_at
from tests.jobs import small_home

NOW = small_home.NOW + timedelta(hours=2)
LOGIN = {"client_secret": "canary-of-the-client-5f1c", "cookie_secret": "canary-of-the-cookies-77d1-0123456789abcdef"}
HOOK = "https://localhost/services/canary-of-the-hook-9a3e"
PASSWORD = "canary-of-the-database-b2c4"
NAME, EMAIL = "Canary Person-Name", "canary.person@example.org"

OUT = (
    ["status", "--json"],
    ["evidence", "list", "--json"],
    ["alerts", "list"],
    ["alerts", "list", "--json"],
    ["doctor", "--json"],
    ["doctor", "--bundle", "{out}/bundle.zip"],
    ["export", "ledger", "{out}/record.jsonl"],
    ["export", "lines", "{out}/lines.jsonl"],
    ["export", "csv", "{out}/csv"],
    ["publish", "{out}/site"],
    ["backup", "{out}/backup.zip"],
    ["people", "list"],
    ["alerts", "test", "desk"],
)
"""What tells or writes something, for others to read."""
NAMES_BELONG_THERE = ("people list", "backup")


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Iterator[dict[str, str]]:
    """Give everything that goes out of a home full of secrets: by command or file, its text."""
    root, out = tmp_path_factory.mktemp("secrets") / "home", tmp_path_factory.mktemp("out")
    home = small_home.open_home(root)
    home.add(small_home.evidence("E1"))
    assert home.refit().kind == "published"
    people.add(home.store, NAME, actor=LOCAL_OWNER, now=small_home.NOW, email=EMAIL, role="admin")
    home.store.close()
    write_login(root)
    place = Place(root)
    added = run_at(place, "alerts", "add", "desk", "--url", HOOK, now=NOW)
    assert added.exit_code == 0, added.output
    found = {"whsec": re.search(r"whsec_[\w+/=]+", added.output)[0]}
    for arguments in OUT:
        result = run_at(place, *(a.format(out=out) for a in arguments), now=NOW)
        assert result.exit_code in {0, 2, 3}, result.output
        found[" ".join(arguments)] = result.output
    found |= {str(p.relative_to(out)): text_of(p) for p in out.rglob("*") if p.is_file()}
    found |= {f"home/{p.name}": text_of(p) for p in root.rglob("*") if p.is_file() and p.name == "twixt.sqlite"}
    found |= {f"logs/{p.name}": text_of(p) for p in (root / "logs").rglob("*") if p.is_file()}
    yield found
    shutil.rmtree(root)


def write_login(root: Path) -> None:
    values = LOGIN | {
        "client_id": "twixt",
        "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
        "redirect_uri": "https://board.example.org/oauth2callback",
    }
    path = root / "login.toml"
    path.write_text("".join(f'{key} = "{value}"\n' for key, value in values.items()))
    path.chmod(0o600)


def text_of(path: Path) -> str:
    """Return everything that is readable in a file; of an archive, in its members."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return "\n".join(archive.read(n).decode("utf-8", "ignore") for n in archive.namelist())
    return path.read_bytes().decode("utf-8", "ignore")


@pytest.mark.slow
@pytest.mark.parametrize("secret", ["client", "cookie", "hook", "whsec"])
def test_no_secret_goes_out(told, secret: str) -> None:
    word = {"client": LOGIN["client_secret"], "cookie": LOGIN["cookie_secret"], "hook": "canary-of-the-hook"}
    looked_for = word.get(secret) or told["whsec"]
    assert [where for where, text in told.items() if where != "whsec" and looked_for in text] == []
    assert len(told) > 20


@pytest.mark.slow
def test_names_and_addresses_of_people_go_nowhere_else(told) -> None:
    allowed = (*NAMES_BELONG_THERE, "home/", "whsec")
    for word in (NAME, EMAIL):
        leaks = [where for where, text in told.items() if word in text and not where.startswith(allowed)]
        assert leaks == [], word
    assert NAME in told["people list"], "the search would find it"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["home", "no home"])
def test_the_password_of_a_database_is_in_no_message_and_no_report(tmp_path: Path, place: str) -> None:
    root = tmp_path / place
    if place == "home":
        root.mkdir()
    for url in (
        f"postgresql://twixt:{PASSWORD}@127.0.0.1:1/x",
        f"postgresql://127.0.0.1:1/x?password={PASSWORD}",
        f"postgresql://twixt:{PASSWORD}@127.0.0.1:notaport/x",
        f"mysql://twixt:{PASSWORD}@h/x",
    ):
        for command in (["status"], ["doctor"], ["evidence", "list", "--json"]):
            result = run_at(Place(root, url), *command)
            assert result.exit_code in {1, 2}, result.output
            assert PASSWORD not in result.output
    assert PASSWORD not in "".join(text_of(p) for p in root.rglob("*") if p.is_file())
