"""Sources: licence and citation of every table that twixt ships, and of the models' draws."""

from collections.abc import Sequence

import streamlit as st

from app import frame, marks, shipped_sources
from app.look import words
from app.shipped_sources import Source


def render() -> None:
    """Draw the page."""
    st.title("Sources", anchor=False)
    st.html(
        '<p class="tx tx-lead">Where every table that comes with twixt is from, on what terms it may be used, and how '
        "it is cited. Each row of a table says by itself whether it was seen in a text or recalled.</p>"
    )
    st.header("Tables of facts", anchor=False)
    st.html(marks.table(["Table", "What it is", "Origin", "Terms"], fact_cells(shipped_sources.reference())))
    for text in shipped_sources.citations():
        st.html(f'<p class="tx"><b>To be cited:</b> {plain(text)}</p>')
    for folder, files in shipped_sources.boards().items():
        st.header(f"Board {folder}", anchor=False)
        st.html(marks.table(["File", "What it is", "Made from"], [cells[:3] for cells in fact_cells(files)]))
    st.header("Draws of the fitted models", anchor=False)
    frame.note(
        "The netCDF files in data/draws were sampled by this program from the tables above; each names its inputs and "
        "its gate. The page Diagnostics reads them and gives them away."
    )
    st.header("The program itself", anchor=False)
    frame.note("Apache License 2.0. To cite it, for example in a paper:")
    st.code(shipped_sources.citation_file(), language="yaml")
    st.download_button(
        "Download CITATION.cff",
        shipped_sources.citation_file(),
        file_name="CITATION.cff",
        mime="text/yaml",
        key="citation_download",
    )


def fact_cells(sources: Sequence[Source]) -> list[list[str]]:
    """Return one line for each table: its files, what it is, where it is from, its terms."""
    return [
        [
            "<br>".join(f'<code class="tx-whole">{words(name.rpartition("/")[2])}</code>' for name in source.files),
            plain(source.what),
            plain(source.origin),
            plain(source.terms),
        ]
        for source in sources
    ]


def plain(text: str) -> str:
    """Return a cell of a document as safe HTML; of its marks only code and emphasis are kept."""
    safe = words(text)
    for mark, tag in (("`", "code"), ("*", "em")):
        parts = safe.split(mark)
        if len(parts) % 2:
            safe = "".join(f"<{tag}>{part}</{tag}>" if i % 2 else part for i, part in enumerate(parts))
    return safe
