"""Make the draws that come with twixt match their inputs: `make draws`.

Every fit that the shipped boards need, at the opening and whenever more became known of their series, is looked up by
its input hash; what does not match is sampled, through its gate, and what nothing needs is removed. Run it after a
change of cases, tables, priors, a model's code or a sampler's settings; with nothing changed it does nothing.
"""

import argparse
import hashlib
import os
import sys
import time
from datetime import date

from forecasts import draws_file
from forecasts.board import load
from forecasts.board_store import BoardInRecord
from forecasts.catalogue import recipes
from forecasts.definition import Board
from forecasts.domain import LedgerView
from forecasts.draws_file import DrawsFileError
from forecasts.errors import CorruptArtefactError
from forecasts.instants import end_of_day
from forecasts.recipe import ParametersRefusedError, Recipe
from forecasts.replay import Moment
from forecasts.settings import SHIPPED_BOARDS, Home, prepare_caches
from forecasts.shipped import MOST_BYTES, SHIPPED, Entry
from forecasts.spending_editions import days_of_change, editions_of


def shipped_recipes() -> dict[str, Recipe]:
    """Return every fit that the shipped boards need at some time, by the name of its file."""
    found: dict[str, Recipe] = {}
    for place in sorted(p for p in SHIPPED_BOARDS.iterdir() if p.is_dir()):
        board, problems = load(place)
        if board is None:
            raise SystemExit(f"{place.name}: {problems[0]}")
        for day in days(board):
            for recipe in recipes(moment(board, day)).values():
                other = found.setdefault(f"{recipe.name}.nc", recipe)
                if other.input_hash != recipe.input_hash:
                    raise SystemExit(f"{recipe.name}: two fits of this name; a variant must tell them apart")
    return found


def days(board: Board) -> list[date]:
    """Return the days on which other data are in force: the opening, and those of what became known after it."""
    told: set[date] = set()
    for series in board.series:
        told |= days_of_change(series.panel) if series.panel else {e.published_on for e in editions_of(series)}
    return sorted({board.opens, *(d for d in told if d > board.opens)})


def moment(board: Board, day: date) -> Moment:
    """Return what a board's definition alone knows on a day."""
    view = LedgerView(board.id, end_of_day(day), "retrospective", 0, "", None)
    return Moment(BoardInRecord(board, 1, 1), view, board.opens)


def matching(recipe: Recipe) -> bytes | None:
    """Return the shipped draws of a recipe, or None when there are none, or none that can be read."""
    try:
        data = SHIPPED.find(recipe.input_hash)
        return data if data and draws_file.from_bytes(data).input_hash == recipe.input_hash else None
    except (CorruptArtefactError, DrawsFileError) as error:
        print(f"{recipe.name}: {error}")
        return None


def sampled(recipe: Recipe) -> bytes:
    """Sample a recipe; raises ParametersRefusedError when its gate refused twice."""
    began = time.perf_counter()
    file = recipe.sample()
    data = draws_file.to_bytes(file, bits=recipe.bits)
    print(
        f"{recipe.name}: {file.rows} draws in {time.perf_counter() - began:.0f} s, {len(data) / 1000:.0f} kB",
        flush=True,
    )
    return data


def main() -> int:
    """Sample what does not match, write files and index; returns 1 when any is missing or they are too large."""
    parser = argparse.ArgumentParser(description="Make the draws that come with twixt match their inputs.")
    parser.add_argument("--check", action="store_true", help="only say what does not match")
    parser.add_argument("--all", action="store_true", help="sample every fit anew")
    chosen = parser.parse_args()
    prepare_caches(Home.from_environment(os.environ), os.environ)
    wanted = shipped_recipes()
    kept = {} if chosen.all else {n: data for n, r in wanted.items() if (data := matching(r)) is not None}
    missing = [name for name in wanted if name not in kept]
    print(f"{len(kept)} of {len(wanted)} match{': sampling ' + ', '.join(missing) if missing else ''}", flush=True)
    if chosen.check:
        return int(bool(missing))
    refused = 0
    for name in missing:
        try:
            kept[name] = sampled(wanted[name])
        except ParametersRefusedError as error:
            print(error)
            refused += 1
        SHIPPED.write({known: (data, entry(data)) for known, data in kept.items()})
    size = sum(p.stat().st_size for p in SHIPPED.folder.iterdir())
    print(f"{size / 1000:.0f} kB in all, at most {MOST_BYTES / 1000:.0f} may be shipped")
    return int(refused > 0 or size > MOST_BYTES)


def entry(data: bytes) -> Entry:
    """Return what the index says of a file."""
    file = draws_file.from_bytes(data)
    return Entry(file.input_hash, hashlib.sha256(data).hexdigest(), file.receipt)


if __name__ == "__main__":
    sys.exit(main())
