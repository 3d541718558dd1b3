"""The futures of the shipped board to its horizon, next to what a user would write instead in numpy.

The kernel: 20,000 draws by 50 futures, two threads. The rival: the same board and draws, stepped month by month in
vectorised numpy on the same number of threads: budgets of hazard spent step by step, hazards renewed only in futures in
which something happened, in chunks that fit the cache.

Equal accuracy. Both draw as many futures from the same parameters, so their Monte Carlo errors are equal, and times per
future can be compared. The kernel has no other error (tests compare it with exact laws). The rival's steps
delay every effect: its bias is the largest change of a probability, over questions and deadlines, when the same luck is
stepped sixteen times a month. Steps are shortened until that is within the standard error of a probability over the
draws; the rival with these steps is the one to beat.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from forecasts import catalogue, encode
from forecasts.replay import read_moment
from forecasts.settings import Home, open_workspace
from models.futures import Futures, simulate
from models.world import DAYS_PER_YEAR, NEVER, Draws, Float, Kind, Start, World
from tests.app import publishing

ROOT = Path(__file__).resolve().parents[1]
DRAWS, PER_DRAW, THREADS = 20_000, 50, 2
KNOWN_THROUGH = 501
OCCURRED = {"eu_joint_borrowing": 101}
MONTH = DAYS_PER_YEAR / 12
CHUNK = 1_000
STEPS_PER_MONTH = (1, 2, 4, 8)
FINEST = 16


@dataclass(frozen=True, slots=True)
class Setting:
    """A board ready to simulate."""

    world: World
    draws: Draws
    start: Start
    horizon: int
    deadlines: tuple[int, ...]


def shipped() -> Setting:
    """Return the shipped board as known through 1 July 2026, with the parameter draws that come with it."""
    with tempfile.TemporaryDirectory() as folder:
        opened = open_workspace(Home.from_environment({"TWIXT_HOME": folder}))
        board, now = publishing.enter(opened), publishing.NOW
        moment = read_moment(opened.store, opened.artefacts, board.id, as_of=now, mode="live", now=now)
        parameters = catalogue.parameter_draws(moment, opened.artefacts).all
        opened.store.close()
    known = board.opens + timedelta(days=KNOWN_THROUGH)
    world = encode.world(board, as_of=known, known_through=known)
    occurred = np.full(world.questions, NEVER, np.int16)
    for question, day in OCCURRED.items():
        occurred[board.index(question)] = day
    start = Start(KNOWN_THROUGH, occurred, np.full(world.questions, NEVER, np.int16))
    draws = encode.draws(board, parameters, start, as_of=known, count=DRAWS, seed=1)
    days = [(d - board.opens).days for d in board.deadlines if d > known]
    return Setting(world, draws, start, (board.horizon - board.opens).days, tuple(days))


def some(draws: Draws, rows: np.ndarray) -> Draws:
    """Return the draws of the given rows."""
    return replace(draws, **{name: getattr(draws, name)[rows] for name in Draws.__slots__})


def kernel(setting: Setting, draws: Draws, per_draw: int, *, threads: int = THREADS, seed: int = 1) -> Futures:
    """Run the package's own simulation."""
    horizon = setting.horizon
    return simulate(setting.world, draws, setting.start, horizon=horizon, per_draw=per_draw, seed=seed, threads=threads)


class Stepper:
    """Futures in fixed steps: arrays over futures, one numpy expression per rule, hazards renewed only where needed."""

    def __init__(self, setting: Setting, draws: Draws, rng: np.random.Generator) -> None:
        self.world, self.draws = setting.world, draws
        self.count, size = draws.rate.shape
        known = setting.start.occurred
        self.when = np.tile(np.where(known == NEVER, np.inf, known.astype(float)), (self.count, 1))
        self.now = float(setting.start.day)
        self.budget = rng.standard_exponential((self.count, size))
        self.own = np.flatnonzero(setting.world.own_clock)
        self.into = np.zeros((setting.world.edge_child.size, size))
        self.into[np.arange(self.into.shape[0]), setting.world.edge_child] = 1.0
        self.speed, self.origin, self.pull = np.zeros((self.count, size)), self.when.copy(), np.zeros(self.count)
        self.own_speed = np.zeros((self.count, self.own.size))
        self.renew(np.arange(self.count))
        self.x, self.growth = draws.log_share.copy(), draws.growth.copy()
        self.pulled = np.zeros_like(self.x)
        self.published = setting.world.last_publication.astype(float)
        votes = setting.world.vote_question.size
        self.luck, self.wait = rng.random((2, self.count, votes)), rng.standard_exponential((self.count, votes))
        self.noise = rng.standard_normal((self.count, *setting.world.publication_day.shape))
        self.turn = rng.standard_normal((self.count, *setting.world.publication_day.shape))
        self.failed = np.zeros((self.count, votes), dtype=bool)

    def renew(self, rows: np.ndarray) -> None:
        """Work out the hazards per day of some futures from what has happened in them."""
        when = self.when[rows]
        happened = np.isfinite(when)
        until = (self.world.edge_until >= 0) & happened[:, self.world.edge_until]
        force = np.where(happened[:, self.world.edge_parent] & ~until, self.draws.log_hr[rows], 0.0) @ self.into
        shut = happened | (self.world.kind != Kind.EVENT)
        for g, child in enumerate(self.world.requires_child):
            members = self.world.requires_member[self.world.requires_start[g] : self.world.requires_start[g + 1]]
            shut[:, child] |= ~happened[:, members].any(axis=1)
            self.origin[rows, child] = when[:, members].min(axis=1)
        speed = np.where(shut, 0.0, self.draws.rate[rows] * np.exp(force))
        self.own_speed[rows] = speed[:, self.own]
        speed[:, self.own] = 0.0
        self.speed[rows] = speed / DAYS_PER_YEAR
        self.pull[rows] = force[:, self.world.level_question[0]]

    def step(self, end: float) -> None:
        """Move from now to `end` with the hazards that hold now."""
        self.budget -= self.speed * (end - self.now)
        for i, q in enumerate(self.own):
            rows = np.flatnonzero(self.own_speed[:, i])
            ages = (np.array([[end], [self.now]]) - self.origin[rows, q]) / DAYS_PER_YEAR
            clock = ages ** self.draws.shape[rows, q]
            self.budget[rows, q] -= self.own_speed[rows, i] * (clock[0] - clock[1])
        hit = self.budget <= 0.0
        self.pulled += self.pull[:, None] * (end - self.now)
        changed = hit.any(axis=1)
        if changed.any():
            self.when[hit], self.budget[hit] = end, np.inf
        changed |= self.votes(hit, end)
        changed |= self.publications(end)
        self.renew(np.flatnonzero(changed))
        self.now = end

    def votes(self, hit: np.ndarray, end: float) -> np.ndarray:
        """Hold first votes where the trigger happened, and second ones; return the futures in which one passed."""
        any_passed = np.zeros(self.count, dtype=bool)
        for v, (q, trigger) in enumerate(zip(self.world.vote_question, self.world.vote_trigger, strict=True)):
            waiting = np.flatnonzero(self.failed[:, v])
            self.wait[waiting, v] -= self.draws.second_vote_rate[waiting, v] * (end - self.now) / DAYS_PER_YEAR
            second = self.failed[:, v] & (self.wait[:, v] <= 0.0)
            held = hit[:, trigger] | second
            if held.any():
                passed = held & (np.where(second, self.luck[1, :, v], self.luck[0, :, v]) < self.gate(v, end))
                any_passed |= passed
                self.when[passed, q] = end
                self.failed[:, v] = (self.failed[:, v] & ~second) | (hit[:, trigger] & ~passed)
        return any_passed

    def gate(self, v: int, day: float) -> Float:
        """Return the probability (futures,) that a vote passes."""
        period = int(np.searchsorted(self.world.period_start[v], day, side="right")) - 1
        members = self.world.terms_member[self.world.terms_start[v] : self.world.terms_start[v + 1]]
        terms = ((self.when[:, members] <= day) << np.arange(members.size)).sum(axis=1)
        president = self.draws.president[:, v, period].astype(int)
        return np.asarray(self.draws.gate[np.arange(self.count), v, period, president, terms])

    def publications(self, end: float) -> np.ndarray:
        """Move each series past the publications up to `end`; return the futures in which a level was reached."""
        draws, levels, reached = self.draws, self.world.level_question, np.zeros(self.count, dtype=bool)
        for s, days in enumerate(self.world.publication_day):
            for y in np.flatnonzero((days > self.now) & (days <= end)):
                years = (days[y] - self.published[s]) / DAYS_PER_YEAR
                self.growth[:, s] += draws.growth_sd[:, s] * self.turn[:, s, y]
                self.x[:, s] += self.growth[:, s] * years + draws.response[:, s] * self.pulled[:, s] / DAYS_PER_YEAR
                self.x[:, s] += draws.noise_sd[:, s] * self.noise[:, s, y]
                self.growth[:, s] *= draws.damping[:, s]
                self.pulled[:, s], self.published[s] = 0.0, days[y]
                for i in np.flatnonzero(self.world.level_series == s):
                    crossed = (self.x[:, s] >= self.world.level_log[i]) & ~np.isfinite(self.when[:, levels[i]])
                    self.when[crossed, levels[i]] = days[y]
                    reached |= crossed
        return reached


def stepped(setting: Setting, draws: Draws, per_draw: int, *, steps: int, threads: int = THREADS) -> Float:
    """Return the days (N, Q) of futures stepped `steps` times a month, inf for never."""
    rows = np.repeat(np.arange(draws.count), per_draw)
    days = np.append(np.arange(setting.start.day, setting.horizon, MONTH / steps)[1:], setting.horizon)

    def chunk(first: int) -> Float:
        mine = some(draws, rows[first : first + CHUNK])
        state = Stepper(setting, mine, np.random.default_rng([7, first]))
        for day in days:
            state.step(float(day))
        return state.when

    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(chunk, range(0, rows.size, CHUNK))))


def curves(day: np.ndarray, deadlines: tuple[int, ...]) -> Float:
    """Return the probability (deadlines, questions) of having happened."""
    return np.array([(day <= h).mean(axis=0) for h in deadlines])


def seconds(action: Callable[[], object], repeats: int = 1) -> float:
    """Return the best wall time of an action."""
    found = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        found.append(time.perf_counter() - begin)
    return min(found)


def row(name: str, value: float, unit: str, *, bar: str | None = None, ok: bool | None = None) -> dict[str, object]:
    """Return one line of the record."""
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": ok}


def draw_error(day: np.ndarray, deadlines: tuple[int, ...]) -> float:
    """Return the largest standard error, over draws, of the probability of a question by a deadline."""
    by_draw = day.reshape(DRAWS, PER_DRAW, -1)
    return max(float(np.max((by_draw <= h).mean(axis=1).std(axis=0))) for h in deadlines) / DRAWS**0.5


def biases(setting: Setting, error: float) -> dict[int, float]:
    """Return the rival's bias by steps per month, up to the first that is within an error."""
    finest = curves(stepped(setting, setting.draws, 1, steps=FINEST), setting.deadlines)
    found: dict[int, float] = {}
    for steps in STEPS_PER_MONTH:
        curve = curves(stepped(setting, setting.draws, 1, steps=steps), setting.deadlines)
        found[steps] = float(np.max(np.abs(curve - finest)))
        if found[steps] <= error:
            break
    return found


def first_call(cache: str) -> float:
    """Return the seconds of the first futures in a new process with the given compile cache, imports left out."""
    code = (
        "import time, benchmarks.futures_speed as b, numpy as np\n"
        "s = b.shipped(); d = b.some(s.draws, np.arange(4)); t = time.perf_counter()\n"
        "b.kernel(s, d, 2); print(time.perf_counter() - t)"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def compile_rows() -> list[dict[str, object]]:
    """Return the time to compile the kernel, and to load it compiled."""
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = first_call(cache), first_call(cache)
    return [
        row("kernel, first futures of a process, empty compile cache", cold, "s", bar="<= 20", ok=cold <= 20.0),
        row("kernel, first futures of a process, compiled before", warm, "s", bar="<= 0.5", ok=warm <= 0.5),
    ]


def rows() -> list[dict[str, object]]:
    """Return the lines of the record."""
    setting = shipped()
    million = DRAWS * PER_DRAW / 1e6
    day = kernel(setting, setting.draws, PER_DRAW).day
    wall = seconds(lambda: kernel(setting, setting.draws, PER_DRAW), repeats=5) / million
    began = time.process_time()
    kernel(setting, setting.draws, PER_DRAW)
    spent = (time.process_time() - began) / million
    error = draw_error(day, setting.deadlines)
    bias = biases(setting, error)
    equal = max(bias)
    rival = {k: seconds(lambda k=k: stepped(setting, setting.draws, 1, steps=k)) / DRAWS * 1e6 for k in {1, equal}}
    ratio = rival[equal] / wall
    return [
        row("1 million futures of the shipped board, two threads", wall, "s", bar="<= 1.5", ok=wall <= 1.5),
        row("1 million futures of the shipped board, processor time", spent, "CPU s"),
        *compile_rows(),
        row("numpy in monthly steps: 1 million futures, two threads", rival[1], "s"),
        row("numpy in monthly steps: largest bias", bias[1], "probability"),
        row("standard error over draws (the accuracy to equal)", error, "probability"),
        row("numpy at equal accuracy: steps per month", equal, "steps"),
        row("numpy at equal accuracy: largest bias", bias[equal], "probability"),
        row("numpy at equal accuracy: 1 million futures, two threads", rival[equal], "s"),
        row("kernel faster than numpy in monthly steps", rival[1] / wall, "times"),
        row("kernel faster than numpy at equal accuracy", ratio, "times", bar=">= 30", ok=ratio >= 30.0),
    ]


def main() -> None:
    """Print the rows."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for line in rows():
        verdict = {True: "met", False: "NOT MET", None: ""}[line["ok"]]  # type: ignore[index]
        print(f"{line['name']:<64} {line['value']:>10.4g} {line['unit']:<12} {line['bar'] or '':<8} {verdict}")


if __name__ == "__main__":
    main()
