"""Hypothesis strategies for every record type, with all that the codec allows."""

from datetime import UTC, date

from hypothesis import strategies as st

from forecasts.domain import (
    BoardVersion,
    Composition,
    Confirmation,
    Edition,
    Effect,
    Evidence,
    Forecast,
    NamedWhatIf,
    Occurrence,
    Resolution,
    Retraction,
    Seat,
    Share,
    Statement,
)

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
identifiers = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,20}\Z")
hashes = st.from_regex(r"\A[0-9a-f]{64}\Z")
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t"), max_size=60)
urls = st.just("") | st.from_regex(r"\Ahttps?://[a-z0-9.-]{1,20}/[a-z0-9%?=&#_~+/é-]{0,20}\Z")
ratios = st.floats(min_value=5e-324, max_value=1.7e308, allow_subnormal=True)
instants = st.datetimes(timezones=st.just(UTC))
stances = st.sampled_from(["for_firm", "for_lean", "undecided", "against_lean", "against_firm"])
verifications = st.sampled_from(["verified", "recalled", "unverified"])

seats = st.lists(
    st.builds(Seat, identifiers, texts, texts, texts, texts, days, st.none() | st.floats(-1, 1), st.booleans()),
    max_size=3,
).map(tuple)
shares = st.lists(st.builds(Share, texts, st.integers(0, 2200), ratios, st.booleans()), max_size=3).map(tuple)


@st.composite
def effects(draw):
    low, lr, high = sorted(draw(st.tuples(ratios, ratios, ratios)))
    return Effect(draw(identifiers), draw(days), lr, low, high)


@st.composite
def evidence(draw):
    kind = draw(st.sampled_from(["fact", "intent"]))
    return Evidence(
        draw(identifiers),
        draw(days),
        draw(days),
        draw(texts),
        draw(texts),
        draw(urls),
        draw(st.sampled_from("ABCDEF")),
        draw(st.sampled_from("123456")),
        draw(st.sampled_from(["content", "report"])),
        kind,
        draw(ratios | st.integers(1, 10_000)) if kind == "intent" else None,
        draw(identifiers),
        draw(verifications),
        tuple(draw(st.lists(effects(), max_size=3))),
        draw(identifiers),
        draw(st.booleans()),
    )


records = st.one_of(
    evidence(),
    st.builds(Retraction, identifiers, identifiers, texts, days),
    st.builds(Occurrence, identifiers, identifiers, days, days, texts, urls, verifications, texts),
    st.builds(Confirmation, identifiers, days, days, st.lists(identifiers, max_size=3).map(tuple), texts),
    st.builds(
        Resolution,
        identifiers,
        identifiers,
        days,
        st.sampled_from(["yes", "no", "ambiguous", "annulled"]),
        days,
        days,
        texts,
        urls,
        texts,
    ),
    st.builds(Statement, identifiers, identifiers, identifiers, stances, days, days, texts, urls, texts),
    st.builds(Composition, identifiers, identifiers, days, days, seats, texts, urls, texts),
    st.builds(Edition, identifiers, identifiers, days, texts, texts, urls, shares, texts),
    st.builds(
        Forecast,
        identifiers,
        identifiers,
        days,
        identifiers,
        st.none() | st.floats(0, 1),
        instants,
        days,
        texts,
        texts,
        urls,
    ),
    st.builds(
        NamedWhatIf,
        identifiers,
        texts,
        st.sampled_from(["see", "do"]),
        st.lists(texts, max_size=3).map(tuple),
        texts,
        days,
    ),
    st.builds(BoardVersion, st.just("board"), hashes, identifiers, texts, days),
)
