"""Short explanations where a reader needs them: a word to press beside the thing, a few sentences behind it."""

from typing import NamedTuple

import streamlit as st


class Explained(NamedTuple):
    """One explanation."""

    label: str
    text: str
    """Our own words, as Markdown."""


EXPLAINED = {
    "band": Explained(
        "What is this band?",
        "The number is the best estimate; the band is how far it could be wrong **for reasons that the models know "
        "of**: rates known from few cases, judged quantities, how far to trust a report. If all of that were settled, "
        "the number would land within the 90 % band nine times in ten. It is not a range of outcomes: the event "
        "happens or it does not.",
    ),
    "drift": Explained(
        "What is the dotted line?",
        "Where the chance goes if, day after day, it is confirmed that nothing on the board has happened. Most chances "
        "fall as their date comes nearer. A move **off** that line is news; a move along it is only time passing.",
    ),
    "modes": Explained(
        "Why dashed and solid?",
        "**Solid** is what this board said at the time, kept as issued. **Dashed** is retrospective: the newest model, "
        "given only what had been published by then. It is made with hindsight about the model, is never joined to the "
        "solid line, and never counts as a forecast that was made.",
    ),
    "scale": Explained(
        "Linear or log-odds?",
        "On the **linear** scale equal heights are equal percentage points. On the **log-odds** scale equal heights "
        "are equal factors of the odds: a step from 1 to 2 % is seen as well as one from 33 to 50 %, and the same "
        "report moves every chance by about the same height.",
    ),
    "marks": Explained(
        "What are the numbers on top?",
        "Each circle is a report that bears on the question, at the day it was published, numbered as in the list of "
        "evidence below. Reports close together stand above one another.",
    ),
    "ratio": Explained(
        "What is a ratio?",
        "How much more likely this report would be if the answer is yes than if it is no. **2** doubles the odds, "
        "**0.5** halves them, **1** says nothing. Its weight shrinks with the grade of the source and where several "
        "reports tell one story.",
    ),
    "importance": Explained(
        "In which order?",
        "Outcomes first, then what moved, the most important first. Importance is the distance of the two chances on "
        "a scale on which chance is equally blurred everywhere (2·asin √p): a move from 1 to 3 % counts as much as one "
        "from 50 to 57 %.",
    ),
}
"""Name -> what is explained."""


def explain(*names: str, key: str) -> None:
    """Draw a row of words to press, each opening its explanation; `key` tells rows of one page apart."""
    with st.container(horizontal=True, gap="small", key=f"explain-{key}"):
        for name in names:
            with st.popover(EXPLAINED[name].label, type="tertiary", width="content"):
                st.markdown(EXPLAINED[name].text)
