"""Help: how to read the board, the words it uses, the keys that work, and the way back to the first tour."""

from collections.abc import Sequence

import streamlit as st

from app import data, frame, glossary, keys, links, marks, tour
from app.glossary import Term
from app.look import words
from app.spec import percent, points, spoken_day
from app.view import BoardView


def render() -> None:
    """Draw the page."""
    st.title("Help", anchor=False)
    tour.offer()
    _reading()
    _glossary()
    _keys()
    _rest()


def _reading() -> None:
    st.header("How to read this", anchor=False)
    boards = data.board_ids()
    view = data.board_view(boards[0]) if boards else None
    example = read_aloud(view) if view else ""
    if example:
        source = "<footer>One line of the board, read aloud</footer>"
        st.html(f'<blockquote class="tx tx-quote">{words(example)}{source}</blockquote>')
    items = "".join(f"<li><b>{words(name)}</b> {words(text)}</li>" for name, text in READING.items())
    st.html(f'<ol class="tx">{items}</ol>')


READING = {
    "The number": (
        "is the chance that the event happens by the date beside it: a share of simulated futures, weighed by the "
        "evidence. All numbers of a board come from the same futures and cannot contradict each other."
    ),
    "The bar": (
        "is the 90 % band: how far the number could be off for reasons that the models know of. Before two numbers are "
        "compared, compare their bars."
    ),
    "The changes": (
        "are in percentage points, each with an arrow. A chance also falls by itself while nothing happens; the dotted "
        "line on a question shows by how much."
    ),
    "Dashed is hindsight.": (
        "Solid lines were issued at the time and kept; dashed ones were computed later from what had been published by "
        "then. They are never joined, and only solid ones count as a record."
    ),
    "Fitted or elicited.": (
        "Beside each number stands whether it rests on counted cases or on somebody’s judgement, with the reason in "
        "words."
    ),
    "Scenarios sum to 100 %.": "They are read off the same futures, and are true or false of each one.",
    "Nothing passes unchecked.": (
        "A run that fails a gate publishes nothing; the page then says stale and keeps the last good numbers."
    ),
}
"""What to know before any number."""


def read_aloud(view: BoardView) -> str:
    """Return the first open question of a board in a whole sentence, or nothing before its first run."""
    for question, row in view.headlines():
        if row["state"] != "open" or row["low90"] is None:
            continue
        month = view.change(question.id, question.headline_deadline)[1]
        moved = "" if month is None else f" Over 30 days it moved by {points(month)} points."
        band = f"{percent(row['low90'])} to {percent(row['high90'])}"
        return (
            f"{question.title} By {spoken_day(question.headline_deadline)} the chance is {percent(row['value'])}; "
            f"what is not known of rates and evidence leaves {band}.{moved}"
        )
    return ""


def _glossary() -> None:
    st.header("Glossary", anchor=False)
    asked = glossary.of_id(st.query_params.get("term", ""))
    if asked:
        st.html(marks.table(HEAD, [term_cells(asked)]))
        frame.note("The word that the address names. All words:")
    text = st.text_input("Find a word", placeholder="For example: band", key="glossary_search", max_chars=60)
    if text.strip():
        found = glossary.find(text)
        if found:
            st.html(marks.table(HEAD, [term_cells(term) for term in found]))
        else:
            frame.note(f"No word of the pages fits {text.strip()!r}.")
        return
    for title, terms in glossary.groups().items():
        st.subheader(title, anchor=False)
        st.html(marks.table(HEAD, [term_cells(term) for term in terms]))


HEAD = ["Word", "What it means", "Where"]


def term_cells(term: Term) -> list[str]:
    """Return one word as cells: its name, which links to its own address, its meaning, links to where it is met."""
    places = ", ".join(_link(path(page), links.TITLES[page]) for page in term.pages)
    name = _link(f"help?term={term.id}", term.name)
    return [f'<b id="{words(term.id)}">{name}</b>', words(term.meaning), places]


def _link(address: str, text: str) -> str:
    return f'<a class="tx-whole" href="{words(address)}" target="_self">{words(text)}</a>'


def path(name: str) -> str:
    """Return the relative address of a page; the board's is that of the site itself."""
    return "./" if name == "board" else name


def _keys() -> None:
    st.header("Keyboard", anchor=False)
    st.html(marks.table(["Keys", "What they do"], key_cells(keys.ALL), stack=False))
    frame.note("Everything can be reached with Tab and opened with Enter; what has the focus is outlined.")


def key_cells(found: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Return each shortcut as cells."""
    return [["+".join(f"<kbd>{words(k)}</kbd>" for k in pressed.split("+")), words(does)] for pressed, does in found]


def _rest() -> None:
    st.header("Print, errors, sources", anchor=False)
    st.html(
        '<ul class="tx"><li><b>Print</b> with the browser (Ctrl+P): menus and forms are left out, dark becomes light, '
        "tables keep their heads, and links are written out.</li>"
        "<li><b>Something went wrong?</b> The page says what happened in one line, with a number to report. Nothing is "
        "written by a page that failed.</li>"
        "<li><b>Colours</b> follow the browser’s setting for light or dark; no difference is one of colour only.</li>"
        "</ul>"
    )
    st.page_link(links.target("sources"), label="Licence and citation of each shipped table")
