"""A vote of a body whose members are known: the chamber, how many say yea, who decides, and what they have said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_votes as charts
from app import data, frame, links, look, marks
from app.look import literal, words
from app.pages.senate_statements import statements_section
from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts import bodies
from forecasts.definition import FittedVote, Vote
from forecasts.statement_entry import STANCE_WORDS


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn: a vote held now on some terms."""

    view: BoardView
    vote: Vote
    fitted: FittedVote
    found: Mapping[str, Any]
    """The vote's part of the snapshot's detail."""
    terms: str
    """Index of the class of terms, or `EXPECTED`."""
    tally: Mapping[str, Any]
    """What a vote on these terms would bring."""
    colours: look.Palette

    def key(self, chart: str) -> str:
        """Return what a cached chart depends on."""
        return f"{self.view.key}:{chart}:{self.vote.question}:{self.terms}"


EXPECTED = "expected"
"""The terms that the board expects, in the address."""
DECIDING = 12
"""Members listed as most likely to decide."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Senate")
    if view.shown is None:
        frame.no_snapshot(view)
        return
    chosen = _choose(view)
    if chosen is None:
        frame.note("This snapshot has no vote with known members: the board's votes are judged, or all are decided.")
        return
    vote, fitted, found = chosen
    terms, tally = _terms(view, vote, found)
    shown = Shown(view, vote, fitted, found, terms, tally, look.palette(st.context.theme.type))
    _hero(shown)
    _chamber(shown)
    _count(shown)
    _periods(shown)
    _deciders(shown)
    _members(shown)
    statements_section(view, vote, fitted)


def _choose(view: BoardView) -> tuple[Vote, FittedVote, Mapping[str, Any]] | None:
    """Return the vote of the address among those with a computed chamber, or the one picked where there are several."""
    known = view.detail.get("votes", {})
    fitted = {v.question: (v, f) for v, f in bodies.fitted_votes(view.board) if v.question in known}
    if not fitted:
        return None
    ids = list(fitted)
    asked = st.query_params.get("question", ids[0])
    picked = asked if asked in ids else ids[0]
    if len(ids) > 1:
        titles = {q: view.board.question(q).title for q in ids}
        picked = st.selectbox("Vote", ids, index=ids.index(picked), format_func=titles.__getitem__, key="vote_picker")
        if picked != asked:
            st.query_params["question"] = picked
    vote, part = fitted[picked]
    return vote, part, known[picked]


def _terms(view: BoardView, vote: Vote, found: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the class of terms that the address or the picker names, and what a vote held now on it would bring."""
    names = {EXPECTED: "as the board expects"} | {
        str(c): f"{terms_words(view, t['happened'])} ({percent(t['weight'])} of votes)"
        for c, t in enumerate(found["terms"])
    }
    asked = st.query_params.get("terms", EXPECTED)
    keys = list(names)
    index = keys.index(asked) if asked in keys else 0
    picked = EXPECTED
    if len(vote.terms):
        picked = st.selectbox("Terms of the text", keys, index=index, format_func=names.__getitem__, key="terms_picker")
    if picked != asked:
        st.query_params["terms"] = picked
    now = found["now"]
    return picked, now["expected"] if picked == EXPECTED else now["classes"][int(picked)]


def terms_words(view: BoardView, happened: Sequence[str]) -> str:
    """Return what has happened by the day of the vote, in words."""
    short = [view.board.question(q).short for q in happened]
    return " and ".join(short) if short else "none of them"


def _hero(shown: Shown) -> None:
    view, vote, tally = shown.view, shown.vote, shown.tally
    now, law = shown.found["now"], tally["yeas"]
    low, middle, high = quantiles(law)
    st.html(
        f'<p class="tx tx-lead">If a vote were held now, with the President’s party {words(now["party"])}: would two '
        "thirds of those voting consent? Computed from a model fitted to past votes, from who sits, from what members "
        "have said and from what the terms favour. Whether a vote is held at all is a question of its own.</p>"
    )
    facts = [
        ("90 % range", f"{percent(tally['low'])} to {percent(tally['high'])}"),
        ("yeas, median", f"{middle} ({low} to {high})"),
        ("a formality", percent(tally["formality"])),
    ]
    listed = "".join(f"<div><dt>{words(n)}</dt><dd>{words(v)}</dd></div>" for n, v in facts)
    big = f'<div class="tx-big">{percent(tally["chance"])}</div><div class="tx-muted">two thirds consent</div>'
    st.html(f'<div class="tx tx-hero"><div>{big}</div><dl>{listed}</dl></div>')
    if not now["seats_known"]:
        told = "some terms have ended since: enter the new composition with `twixt observe composition`"
        st.warning(literal(f"The seats shown are those of {spoken_day(date.fromisoformat(now['since']))}; {told}."))
    for name in (vote.trigger, vote.question):
        question = view.board.question(name)
        row = view.row(name, question.headline_deadline)
        if row is not None:
            label = f"{question.title} {percent(row['value'])} by {spoken_day(question.headline_deadline)}"
            query = links.address(view.board.id, question=name, deadline=question.headline_deadline)
            st.page_link(links.target("question"), label=literal(label), query_params=query)


def quantiles(law: Sequence[float]) -> tuple[int, int, int]:
    """Return the 5 %, 50 % and 95 % points of a law of counts 0, 1, ..."""
    found, total, wanted = [], 0.0, [0.05, 0.5, 0.95]
    whole = sum(law)
    for count, chance in enumerate(law):
        total += chance / whole
        while wanted and total >= wanted[0]:
            found.append(count)
            wanted.pop(0)
    last = len(law) - 1
    low, middle, high = [*found, last, last, last][:3]
    return low, middle, high


def chamber_rows(found: Mapping[str, Any], tally: Mapping[str, Any], said: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the members with their numbers, the likeliest yea first: name, state, party, chance, decides, said."""
    rows = [
        {
            "name": f"{seat['name']} ({seat['state']})",
            "party": seat["party"],
            "chance": chance,
            "decides": decides,
            "said": said.get(seat["member"], ""),
            "leaving": seat["leaving"],
            "member": seat["member"],
        }
        for seat, chance, decides in zip(found["now"]["seats"], tally["members"], tally["pivotal"], strict=True)
    ]
    return sorted(rows, key=lambda r: (-r["chance"], r["name"]))


def said_words(view: BoardView, question: str) -> dict[str, str]:
    """Return what each member has said that counts, in words, by member."""
    said: dict[str, list[str]] = {}
    for record in bodies.statements(question, view.moment.view):
        said.setdefault(record.member, []).append(f"{STANCE_WORDS[record.stance]}, {spoken_day(record.made_on)}")
    return {member: "; ".join(parts) for member, parts in said.items()}


def _chamber(shown: Shown) -> None:
    vote, colours = shown.vote, shown.colours
    st.header("The chamber", anchor=False)
    said = said_words(shown.view, vote.question)
    rows = chamber_rows(shown.found, shown.tally, said)
    parties, needed = parties_of(rows), two_thirds(vote.members)
    spec = data.cached_spec(
        f"{shown.key('chamber')}:{sorted(said.items())}",
        colours,
        lambda: charts.hemicycle(rows, parties=parties, needed=needed, colours=colours),
    )
    counts = charts.spoken_seats(rows)
    left, right = st.columns([5, 2], gap="medium", vertical_alignment="center")
    alt = f"{len(rows)} seats in the order of their chance of a yea: {counts}."
    left.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    right.html(legend(rows, parties, colours))
    frame.note(
        "One mark a seat, the likeliest yea on the left; dashed: two thirds when all vote. A seat’s chance is no head "
        "count: members move together, so the line is passed or missed by many at once."
    )


def two_thirds(voting: int) -> int:
    """Return the fewest yeas that are two thirds of those voting."""
    return -(-2 * voting // 3)


def parties_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the parties of a chamber, the largest first."""
    names = [r["party"] for r in rows]
    return sorted(set(names), key=lambda p: (-names.count(p), p))


def legend(rows: Sequence[dict[str, Any]], parties: Sequence[str], colours: look.Palette) -> str:
    """Return the counts by step and party as a line of facts: colour and shape are said in words."""
    steps = charts.step_colours(colours)
    parts = []
    for i, name in enumerate(charts.STEP_NAMES):
        of_step = [r for r in rows if charts.step_of(r["chance"]) == i]
        by_party = ", ".join(f"{n} {p}" for p in parties if (n := sum(r["party"] == p for r in of_step)))
        swatch = f'<span class="tx-seat" style="background:{steps[i]}"></span>'
        detail = f" ({words(by_party)})" if by_party else ""
        parts.append(f"<li>{swatch}<b>{len(of_step)}</b> at {words(name)}{detail}</li>")
    shapes = " ".join(f"{charts.SIGNS[i]} {words(p)}" for i, p in enumerate(parties[: len(charts.SIGNS)]))
    return f'<ul class="tx tx-seats">{"".join(parts)}<li class="tx-muted">{shapes}</li></ul>'


def _count(shown: Shown) -> None:
    vote, tally, colours = shown.vote, shown.tally, shown.colours
    st.header("How many say yea", anchor=False)
    few, middle, many = (round(v) for v in shown.found["now"]["voting"])
    needed, typical = two_thirds(vote.members), (two_thirds(middle), middle)
    spec = data.cached_spec(
        shown.key("yeas"),
        colours,
        lambda: charts.yea_counts(tally["yeas"], needed=needed, typical=typical, colours=colours),
    )
    low, half, high = quantiles(tally["yeas"])
    st.vega_lite_chart(
        spec,
        theme=None,
        width="stretch",
        alt=f"Yeas: median {half}, 90 % between {low} and {high}; two thirds of {middle} voting are {typical[0]}.",
    )
    frame.note(
        f"Two thirds of those voting: {needed} when all {vote.members} vote, {typical[0]} of {middle} in a typical "
        f"vote; nine times in ten {few} to {many} vote, so {two_thirds(few)} to {two_thirds(many)} are needed. The "
        "right end is a formality, where hardly anybody votes nay."
    )
    with st.expander("The count as a table"):
        law = tally["yeas"]
        table = pl.DataFrame({"Yeas": range(len(law)), "Chance %": [round(100 * p, 2) for p in law]})
        st.dataframe(table, hide_index=True, width="stretch", alt="The chance of each number of yeas in percent.")


def _periods(shown: Shown) -> None:
    st.header("By period", anchor=False)
    st.html(period_table(shown.found, shown.fitted.parties, shown.terms))
    frame.note(
        "P(two thirds) if the vote is held in the period, with its 90 % range. Until a new composition is entered, "
        "seats that are up change hands at random: who does not stand, split states and the swing of each election "
        "are in it."
    )
    st.subheader("What the uncertainty is made of", anchor=False)
    st.html(spread_table(shown.found))
    frame.note(
        "Shares of the variance of the yea count: who sits, what all members share, single members and absences. "
        "Points: how far P(two thirds) would move, typically, if it were known who sits."
    )


def period_words(period: Mapping[str, Any]) -> str:
    """Return a period of the body in words."""
    end = f"until {spoken_day(date.fromisoformat(period['to']))}" if period["to"] else ""
    start = f"from {spoken_day(date.fromisoformat(period['from']))}" if period["from"] else ""
    return " ".join(part for part in (start, end) if part) or "always"


def period_table(found: Mapping[str, Any], parties: Sequence[str], terms: str) -> str:
    """Return P(two thirds) by period and president's party on the chosen terms."""
    head = ["Vote held", "Seats", *(f"President {p}" for p in parties)]
    cells = []
    for period in found["periods"]:
        row = [words(period_words(period)), "known" if period["known"] else f"{period['changing']} uncertain"]
        for party in parties:
            chances = period["chances"].get(party)
            row.append("–" if chances is None else words(charts.chance_words(_on_terms(chances, terms))))
        cells.append(row)
    return marks.table(head, cells, numeric=tuple(range(2, 2 + len(parties))))


def _on_terms(chances: Mapping[str, Any], terms: str) -> dict[str, Any]:
    chosen: dict[str, Any] = chances["expected"] if terms == EXPECTED else chances["classes"][int(terms)]
    return chosen


def spread_table(found: Mapping[str, Any]) -> str:
    """Return where the spread of the yea count comes from, period by period."""
    head = ["Vote held", "Who sits", "Treaty, parties", "Single members", "Points"]
    cells = []
    for period in found["periods"]:
        parts = period["spread"]
        whole = sum(parts.values()) or 1.0
        shares = [percent(parts[name] / whole) for name in ("seats", "treaty", "members")]
        cells.append([words(period_words(period)), *shares, f"± {100 * period['known_seats_move']:.1f}"])
    return marks.table(head, cells, numeric=(1, 2, 3, 4), stack=False)


def _deciders(shown: Shown) -> None:
    st.header("Who decides", anchor=False)
    rows = sorted(chamber_rows(shown.found, shown.tally, {}), key=lambda r: -r["decides"])[:DECIDING]
    cells = [[words(r["name"]), words(r["party"]), percent(r["chance"]), percent(r["decides"])] for r in rows]
    st.html(marks.table(["Senator", "Party", "Yea", "Decides"], cells, numeric=(2, 3), stack=False))
    frame.note(
        "Members line up by how inclined they are; the one whose yea completes two thirds of those voting decides. "
        "Where the chances are close together nobody stands out."
    )


def _members(shown: Shown) -> None:
    with st.expander(f"All {len(shown.found['now']['seats'])} members as a table"):
        rows = chamber_rows(shown.found, shown.tally, {})
        table = pl.DataFrame(
            {
                "Senator": [r["name"] for r in rows],
                "Party": [r["party"] for r in rows],
                "Yea %": [round(100 * r["chance"], 1) for r in rows],
                "Decides %": [round(100 * r["decides"], 1) for r in rows],
                "Not standing again": ["yes" if r["leaving"] else "" for r in rows],
            }
        )
        st.dataframe(table, hide_index=True, width="stretch", alt="Every member's chance of a yea and of deciding.")
