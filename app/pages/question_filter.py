"""Which evidence of a question is shown: by kind, grade, story and words. The address keeps the choice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from app import address
from app.look import literal
from app.view import NumberedEvidence
from forecasts.definition import Question


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to see; empty parts ask for nothing."""

    kinds: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    """Admiralty grades as one text, for example `B2`."""
    threads: tuple[str, ...] = ()
    text: str = ""

    @property
    def everything(self) -> bool:
        """Tell whether nothing is left out."""
        return self == Wanted()


def grade(shown: NumberedEvidence) -> str:
    """Return the Admiralty grade of an item as one text."""
    return f"{shown.item.grade_source}{shown.item.grade_info}"


def kept(items: Sequence[NumberedEvidence], wanted: Wanted) -> list[NumberedEvidence]:
    """Return the items that are wanted: one of the kinds, of the grades and of the stories, and every word."""
    return [e for e in items if _fits(e, wanted)]


def _fits(shown: NumberedEvidence, wanted: Wanted) -> bool:
    item = shown.item
    told = f"{item.id} {item.statement} {item.source} {item.thread}".casefold()
    return (
        (not wanted.kinds or item.kind in wanted.kinds)
        and (not wanted.grades or grade(shown) in wanted.grades)
        and (not wanted.threads or item.thread in wanted.threads)
        and all(word in told for word in wanted.text.casefold().split())
    )


def choose(question: Question, items: Sequence[NumberedEvidence]) -> Wanted:
    """Draw the filter and return what is wanted; nothing is drawn where there is nothing to choose."""
    if len(items) < 2 and current(question, items).everything:
        return Wanted()
    with st.container(key="evidence-filter"):
        first, second, third, fourth = st.columns([3, 2, 2, 3], gap="small")
        with first:
            text = _words(question)
        with second:
            kinds = _several(question, "kind", "Kind", _present(e.item.kind for e in items))
        with third:
            grades = _several(question, "grade", "Grade", _present(grade(e) for e in items))
        with fourth:
            threads = _several(question, "thread", "Story", _present(e.item.thread for e in items))
    return Wanted(kinds, grades, threads, text)


def current(question: Question, items: Sequence[NumberedEvidence]) -> Wanted:
    """Return what is wanted before the filter is drawn: what its widgets hold, else what the address says."""
    values = {
        "kind": _present(e.item.kind for e in items),
        "grade": _present(grade(e) for e in items),
        "thread": _present(e.item.thread for e in items),
    }
    chosen: dict[str, tuple[str, ...]] = {
        n: tuple(address.held(_key(question, n), n, address.several(n, v))) for n, v in values.items()
    }
    text = address.held(_key(question, "words"), "words", "".join(address.given("words")[:1]))
    return Wanted(chosen["kind"], chosen["grade"], chosen["thread"], text)


def _key(question: Question, name: str) -> str:
    return f"evidence-{name}-{question.id}"


def _present(values: Iterable[str]) -> list[str]:
    return sorted(set(values))


def _words(question: Question) -> str:
    key = _key(question, "words")
    address.follow(key, "words", "".join(address.given("words")[:1]))
    text = str(
        st.text_input(
            "Words", placeholder="in report, source or story", key=key, on_change=address.catch_up, max_chars=200
        )
    )
    address.write(key, "words", [text] if text else [])
    return text


def _several(question: Question, name: str, label: str, values: Sequence[str]) -> tuple[str, ...]:
    key = _key(question, name)
    address.follow(key, name, address.several(name, values))
    picked = st.multiselect(label, values, format_func=literal, placeholder="any", key=key, on_change=address.catch_up)
    address.write(key, name, picked)
    return tuple(picked)
