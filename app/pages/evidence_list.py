"""All items of evidence: search, filters, and a page of rows, each with what it says and what it did."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app import address, evidence_address, evidence_data, evidence_words, links
from app.look import literal, words
from app.view import BoardView
from forecasts import evidence_book, likelihood
from forecasts.evidence_book import STANDINGS, Item, Wanted
from forecasts.measured import Move

ROWS = 20
"""Items on one page of the list."""
ANY = ""
FILTERS = ("about", "story", "kind", "grade", "by", "standing")


def draw(view: BoardView) -> None:
    """Draw search, filters and the items that fit."""
    everything = evidence_data.items(view)
    names = evidence_data.names(everything)
    wanted = _asked(view, everything, names)
    found = evidence_book.find(everything, wanted)
    page, pages = _page(len(found)), _pages(len(found))
    _count(len(found), page, total=len(everything))
    draw_rows(view, found[ROWS * (page - 1) : ROWS * page], names=names)
    _pager(page, pages)


def _asked(view: BoardView, everything: Sequence[Item], names: Mapping[str, str]) -> Wanted:
    """Draw the search and the filters, keep them in the address, and return what they ask for."""
    asked = evidence_address.read()
    q = st.text_input(
        "Search",
        asked["q"],
        key=evidence_address.key("q"),
        on_change=address.catch_up,
        placeholder="Words of the report, its source or its id",
    )
    choices = _choices(view, everything, names)
    with st.expander("Filters", expanded=any(asked[name] for name in FILTERS)):
        places = st.columns(3)
        picked = {
            name: _filter(places[i % 3], name, label, options, asked[name])
            for i, (name, (label, options)) in enumerate(choices.items())
        }
    before = {name: asked[name] for name in ("q", *FILTERS)}
    now = {"q": q.strip(), **picked}
    evidence_address.write(view="", **now, page=asked["page"] if now == before else "")
    standing = next((s for s in STANDINGS if s == picked["standing"]), STANDINGS[0])
    return Wanted(now["q"], picked["about"], picked["story"], picked["kind"], picked["grade"], picked["by"], standing)


def _choices(
    view: BoardView, everything: Sequence[Item], names: Mapping[str, str]
) -> dict[str, tuple[str, dict[str, str]]]:
    """Return each filter's label and its choices: value in the address -> words."""
    threads = {t: f"{evidence_words.spoken_thread(t)} ({n})" for t, n in evidence_book.threads(everything).items()}
    return {
        "about": ("Question", {ANY: "Any question"} | {q.id: q.title for q in view.board.questions}),
        "story": ("Story", {ANY: "Any story"} | threads),
        "grade": ("Source", {ANY: "Any source"} | {c: f"{c}: {t}" for c, t in likelihood.LETTERS.items()}),
        "kind": ("Kind", {ANY: "Facts and intentions", "fact": "Facts", "intent": "Intentions"}),
        "by": ("Person", {ANY: "Anybody"} | dict(sorted(names.items(), key=lambda n: n[1].casefold()))),
        "standing": ("Standing", {ANY: "In force", "retracted": "Retracted", "all": "In force and retracted"}),
    }


def _filter(
    place: "st.delta_generator.DeltaGenerator", name: str, label: str, options: dict[str, str], now: str
) -> str:
    known = list(options)
    return str(
        place.selectbox(
            label,
            known,
            index=known.index(now) if now in options else 0,
            format_func=lambda v: options[v],
            key=evidence_address.key(name),
            on_change=address.catch_up,
        )
    )


def _pages(found: int) -> int:
    return max(1, -(-found // ROWS))


def _page(found: int) -> int:
    """Return the page that the address names, or the nearest one that there is."""
    asked = evidence_address.read()["page"]
    return min(max(int(asked), 1), _pages(found)) if asked.isdecimal() and len(asked) < 6 else 1


def _count(found: int, page: int, *, total: int) -> None:
    """Say how many items fit."""
    if found:
        first, last = ROWS * (page - 1) + 1, min(ROWS * page, found)
        st.html(f'<p class="tx tx-muted" role="status">{first} to {last} of {found} items; {total} in all.</p>')
    else:
        st.html(
            '<section class="tx tx-empty" role="status"><h2>No item fits</h2>'
            "<p>Ask for fewer words, or take a filter away.</p></section>"
        )


def _pager(page: int, pages: int) -> None:
    """Draw the way to the pages before and after, below the rows."""
    with st.container(horizontal=True):
        if page > 1 and st.button("Previous page", key="evidence_back"):
            _turn(page - 1)
        if page < pages and st.button("Next page", key="evidence_on"):
            _turn(page + 1)


def _turn(page: int) -> None:
    evidence_address.write(page=f"{page}" if page > 1 else "")
    st.rerun()


def draw_rows(view: BoardView, found: Sequence[Item], *, names: Mapping[str, str]) -> None:
    """Draw items, each as a link to its own address with what it says and what it did."""
    moves = evidence_data.moves(view)
    for item in found:
        with st.container(key=f"row-evidence-{item.id}", gap="xxsmall"):
            draw_row(view, item, names=names, moves=moves)


def draw_row(view: BoardView, item: Item, *, names: Mapping[str, str], moves: Mapping[str, Sequence[Move]]) -> None:
    """Draw one item in a list."""
    st.page_link(
        links.target("evidence"),
        label=literal(evidence_words.shortened(item.evidence.statement)),
        query_params=evidence_address.of_item(view.board.id, item.id),
    )
    says, did = evidence_words.says(view, item.evidence.effects), evidence_words.did(view, item, moves, most=3)
    st.html(
        f'<div class="tx tx-small tx-muted">{evidence_words.about(item, names)}<br>'
        f"Says {words(says)}.<br>Did {did}.</div>"
    )
