"""A chart and its numbers as files: PNG, SVG and CSV, made when they are asked for."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import streamlit as st

from app import look, picture
from app.look import Palette
from app.picture import MIME, Format
from app.spec import Spec
from forecasts.spreadsheet import csv_text

FORMATS: tuple[Format, ...] = ("png", "svg")


@dataclass(frozen=True)
class Chart:
    """What a chart's files are made of."""

    key: str
    """What the drawing depends on."""
    name: str
    """Of the files, without what says their kind."""
    title: str
    notes: tuple[str, ...]
    """Under the title: what is shown, and where the numbers come from."""
    build: Callable[[Palette], Spec]
    table: pl.DataFrame


def downloads(chart: Chart) -> None:
    """Draw the buttons; a file is made when its button is pressed, so that looking costs nothing."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="downloads"):
        for form in FORMATS:
            label = form.upper()
            st.download_button(
                label,
                data=_maker(chart, form),
                file_name=f"{chart.name}.{form}",
                mime=MIME[form],
                key=f"download-{form}",
                help=f"The chart as {label}, in light colours",
                icon=":material/download:",
                on_click="ignore",
            )
        st.download_button(
            "CSV",
            data=lambda: csv_text(chart.table).encode(),
            file_name=f"{chart.name}.csv",
            mime="text/csv",
            key="download-csv",
            help="The numbers of this chart, safe to open in a spreadsheet",
            icon=":material/download:",
            on_click="ignore",
        )


def _maker(chart: Chart, form: Format) -> Callable[[], bytes]:
    return lambda: _drawn(chart.key, form, chart)


@st.cache_data(show_spinner=False, max_entries=64)
def _drawn(key: str, form: Format, _chart: Chart) -> bytes:  # noqa: ARG001 - the cache's key
    spec = picture.titled(_chart.build(look.LIGHT), _chart.title, _chart.notes, colours=look.LIGHT)
    return picture.drawn(spec, form)
