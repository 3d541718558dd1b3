"""What every page has around its content: which board, how fresh its numbers are, plain words when there are none."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from app import data, history_job, jobs_data, login, marks, refit_job
from app.look import literal, words
from app.spec import spoken_day
from app.view import BoardView
from forecasts.people import Action

QUIET_DAYS = 45
"""A board that nobody has confirmed for longer says so in the colour of a warning."""


def open_page() -> BoardView | None:
    """Return the chosen board's view, or None after saying that there is no board yet."""
    boards = data.board_ids()
    if boards:
        return data.board_view(choose_board(boards))
    _no_board()
    return None


def choose_board(boards: Sequence[str]) -> str:
    """Return the board that the address names, or the one picked where there are several."""
    asked = st.query_params.get("board", boards[0])
    known = asked if asked in boards else boards[0]
    if len(boards) == 1:
        return known
    picked = st.selectbox("Board", boards, index=boards.index(known), key="board_picker")
    if picked != asked:
        st.query_params["board"] = picked
    return str(picked)


def headline(view: BoardView, title: str) -> None:
    """Draw the page's first heading and, below it, how fresh its numbers are."""
    st.title(literal(title), anchor=False)
    st.html(marks.tags(freshness(view, today=data.now().date())))
    progress(view)


def allowed(action: Action, what: str) -> bool:
    """Tell whether who is looking may do something; where not, say who may. `what` names it for a person."""
    if data.may(action):
        return True
    note(login.who_may(action, what, data.home().root))
    return False


def stopped(view: BoardView) -> None:
    """Say so where the last runs failed so often that they are not tried again."""
    if found := jobs_data.given_up(view.board.id):
        st.warning(literal(jobs_data.words_of(found)))


def freshness(view: BoardView, *, today: date) -> list[tuple[str, str]]:
    """Return what a reader must know before any number: as of, known through, stale, retrospective."""
    known = view.moment.known_through
    quiet = (today - known).days
    items = [("warn" if quiet > QUIET_DAYS else "", f"known through {spoken_day(known)} ({quiet} days ago)")]
    if view.shown is None:
        return items
    items.insert(0, ("", f"as of {spoken_instant(view.shown.as_of)}"))
    if view.shown.mode == "retrospective":
        items.append(("warn", "retrospective: made with hindsight, no live run yet"))
    if view.status.get("stale"):
        items.append(("warn", f"stale: {view.status.get('stale_reason') or 'the newest run did not publish'}"))
    return items


def spoken_instant(instant: datetime) -> str:
    """Return an instant in the viewer's zone, the zone named."""
    local = instant.astimezone(_zone())
    return f"{spoken_day(local.date())} {local:%H:%M %Z}"


def _zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError):
        return ZoneInfo("UTC")


def note(text: str) -> None:
    """Draw an explanation in the quiet colour; the words stay words."""
    st.html(f'<p class="tx tx-small tx-muted">{words(text)}</p>')


def progress(view: BoardView) -> None:
    """Show a run or a backfill that is under way, and refresh the page when it ends."""
    refit_job.show_progress(view)
    history_job.show_progress(view)


def no_snapshot(view: BoardView) -> None:
    """Say what to do, or what is being done, while a board has no snapshot."""
    if refit_job.under_way(view.board.id):
        st.html(
            '<section class="tx tx-empty"><h2>The first run is under way</h2><p>The models are being fitted to '
            "the board's reference classes. The page fills by itself when the numbers have passed their checks.</p>"
            "</section>"
        )
        return
    st.html(
        '<section class="tx tx-empty"><h2>No numbers yet</h2><p>This board is in the record, but no run has been '
        f"published. Start one here or with <code>twixt refit --board {words(view.board.id)}</code>.</p></section>"
    )
    refit_job.button(view, label="Run the models now")


def _no_board() -> None:
    home = data.home()
    st.title("No board yet", anchor=False)
    st.html(
        '<section class="tx tx-empty"><h2>Put a board into the record</h2><p><code>twixt init</code> enters the '
        "shipped board; <code>twixt board new DIR</code> writes a small commented one of your own.</p>"
        f'<p class="tx-muted">Home: <code>{words(home.root)}</code></p></section>'
    )
