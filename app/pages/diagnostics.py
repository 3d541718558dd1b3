"""Diagnostics, for the statistician: did the chains agree, what did the data add to the prior, what hangs on it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app import charts_of_draws, data, diagnosis_data, frame, look, marks
from app.look import words
from app.pages import runs
from app.pages.question import FLAGS
from app.view import BoardView
from forecasts.convergence import ESS_MIN, RANK_P, RHAT_MAX
from forecasts.prior_check import SENSITIVE
from forecasts.snapshots import Snapshot

PASSED = '<span class="tx-up tx-whole">✓ passed</span>'
FAILED = '<span class="tx-down tx-whole">✗ failed</span>'


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Diagnostics")
    st.html(
        '<p class="tx tx-lead">What a run was allowed to publish on: its gates, the chains behind its fitted models, '
        "what the data added to each prior, and where a number hangs on a judgement.</p>"
    )
    published = data.published(view.board.id)
    if published.is_empty():
        frame.no_snapshot(view)
        return
    snapshot = runs.choose_snapshot(view, published, key="diagnostics_of")
    _gates(snapshot)
    _fits(view, snapshot)
    _flags(view, snapshot)


def _gates(snapshot: Snapshot) -> None:
    st.header("Gates of the run", anchor=False)
    gates = snapshot.receipt.get("gates", [])
    if gates:
        st.html(marks.table(["", "Check", "Found", "Allowed"], [runs.gate_cells(g) for g in gates], numeric=(2,)))
    else:
        frame.note("This receipt lists no checks.")
    st.download_button(
        "Download the receipt (JSON)",
        json.dumps(snapshot.receipt, indent=2, ensure_ascii=False),
        file_name=f"receipt-{snapshot.board}-{snapshot.id[:12]}.json",
        mime="application/json",
        key="diagnostics_receipt",
        on_click="ignore",
    )


def _flags(view: BoardView, snapshot: Snapshot) -> None:
    st.header("What hangs on a judgement", anchor=False)
    found = data.detail_of(snapshot).get("flags", [])
    if not found:
        frame.note("This run pointed out no question whose level hangs on one judgement.")
        return
    titles = {q.id: q.title for q in view.board.questions}
    st.html(marks.table(["Question", "Pointed out"], flag_cells(found, titles)))
    frame.note("Pointed out by the run itself; none of these stops publication.")


def flag_cells(flags: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> list[list[str]]:
    """Return one line for each question with flags: its title, and every flag in words."""
    by_question: dict[str, list[str]] = {}
    for flag in flags:
        text = FLAGS.get(str(flag["kind"]), str(flag["kind"]).replace("_", " "))
        day = f" ({flag['deadline']})" if flag.get("deadline") else ""
        by_question.setdefault(str(flag["question"]), []).append(text + day)
    return [[words(titles.get(q, q)), words("; ".join(said))] for q, said in by_question.items()]


def _fits(view: BoardView, snapshot: Snapshot) -> None:
    st.header("Fitted models", anchor=False)
    fits = diagnosis_data.fits(snapshot)
    if not fits:
        frame.note("This run read no fitted model: every quantity in it was elicited.")
        return
    documents = diagnosis_data.diagnosed(snapshot)
    st.html(marks.table(FIT_HEAD, [fit_cells(k, f, documents.get(k)) for k, f in fits.items()], numeric=(3, 4, 5)))
    frame.note(
        f"The gate asks of every parameter, as sampled: R-hat at most {RHAT_MAX}, bulk and tail ESS at least "
        f"{ESS_MIN:.0f}, no divergence. The worst of the kept quantities, as kept, stands beside it."
    )
    if len(documents) < len(fits):
        diagnosis_data.show_progress(snapshot)
    key = _choose_fit(fits)
    _gate_lines(fits[key])
    if key in documents:
        _fit(view, str(fits[key]["artefact"]), documents[key])


FIT_HEAD = ["Fit", "Model", "Gate", "R-hat, highest", "Bulk ESS, lowest", "Tail ESS, lowest", "Kept quantities"]


def fit_cells(key: str, fit: Mapping[str, Any], document: Mapping[str, Any] | None) -> list[str]:
    """Return one fit as cells; what is not computed yet is a dash."""
    receipt = fit.get("fit", {})
    name = " ".join(str(receipt[k]) for k in ("model", "variant") if receipt.get(k))
    gate = receipt.get("gate", [])
    passed = bool(gate) and all(line.get("ok") is True for line in gate)
    cells = [f"<b>{words(key.replace('_', ' '))}</b>", words(name), PASSED if passed else FAILED]
    if document is None:
        return [*cells, "–", "–", "–", "not read yet"]
    lines = document["quantities"]
    failing = sum(bool(line["wrong"]) for line in lines)
    verdict = f"{PASSED}, all {len(lines)}" if not failing else f"{FAILED}: {failing} of {len(lines)}"
    worst = [worst_of(lines, measure, high=measure == "rhat") for measure in ("rhat", "ess_bulk", "ess_tail")]
    return [*cells, figure(worst[0], ".4f"), figure(worst[1], ",.0f"), figure(worst[2], ",.0f"), verdict]


def worst_of(lines: Sequence[Mapping[str, Any]], measure: str, *, high: bool) -> float | None:
    """Return the worst value of a measure; None where one could not be computed."""
    values: list[Any] = [line[measure] for line in lines]
    if not values or any(v is None for v in values):
        return None
    return float(max(values) if high else min(values))


def figure(value: float | None, form: str) -> str:
    """Return a number in the given form, or words where it could not be computed."""
    return "no number" if value is None else format(value, form).replace("-", "−")


def _choose_fit(fits: Mapping[str, Mapping[str, Any]]) -> str:
    keys = list(fits)
    asked = st.query_params.get("fit", keys[0])
    chosen = st.selectbox(
        "Fit",
        keys,
        index=keys.index(asked) if asked in keys else 0,
        format_func=lambda key: key.replace("_", " "),
        key="diagnostics_fit",
    )
    st.query_params["fit"] = str(chosen)
    return str(chosen)


def _gate_lines(fit: Mapping[str, Any]) -> None:
    receipt = fit.get("fit", {})
    with st.expander("Gate of this fit, and how it was sampled"):
        st.html(marks.table(["", "Line", "Found", "Allowed"], [gate_line(line) for line in receipt.get("gate", [])]))
        sampler = receipt.get("sampler", {})
        facts = [(name.replace("_", " "), value) for name, value in sampler.items()]
        facts += [("attempts", receipt.get("attempts", "")), ("draws came from", fit.get("origin", ""))]
        facts += [(name, version) for name, version in receipt.get("versions", {}).items()]
        st.html(marks.table(["Sampled with", ""], [[words(a), words(b)] for a, b in facts], stack=False))
        if fit.get("note"):
            frame.note(str(fit["note"]))


def gate_line(line: Mapping[str, Any]) -> list[str]:
    """Return one line of a fit's gate as cells; only a plain true passes."""
    value = line.get("value")
    found = f"{value:.5g}" if isinstance(value, float) else str(value)
    sign = PASSED if line.get("ok") is True else FAILED
    return [sign, words(line.get("name", "")), words(found), words(line.get("bound", ""))]


def _fit(view: BoardView, draws: str, document: Mapping[str, Any]) -> None:
    lines = sorted(document["quantities"], key=lambda line: (not line["wrong"], -(line["rhat"] or 9.0)))
    st.subheader("Convergence of each quantity", anchor=False)
    cells = [quantity_cells(line, document["ranks"].get(line["name"])) for line in lines]
    st.html(marks.table(QUANTITY_HEAD, cells, numeric=(1, 2, 3, 4, 5, 6)))
    frame.note(
        f"{document['chains']} chains of {document['draws']:,} draws; worst R-hat first. Rank p: how often chains of "
        f"one law rank as unevenly; below {RANK_P} is marked, which one quantity in a hundred is by luck."
    )
    name = _choose_quantity([line["name"] for line in lines])
    _plots(name, next(line for line in lines if line["name"] == name), document, draws)
    _prior(document)
    _downloads(view, draws, document)


QUANTITY_HEAD = ["Quantity", "Median", "90 % range", "R-hat", "Bulk ESS", "Tail ESS", "Rank p", "Verdict"]


def quantity_cells(line: Mapping[str, Any], ranked: Mapping[str, Any] | None) -> list[str]:
    """Return one quantity as cells, its name, numbers and verdict."""
    p = ranked["p"] if ranked else None
    odd = p is not None and p < RANK_P
    rank = "–" if p is None else f"{p:.3f}"
    wrong = "; ".join(line["wrong"])
    return [
        f'<code class="tx-whole">{words(line["name"])}</code>',
        figure(line["median"], ".4g"),
        f"{figure(line['low'], '.4g')} to {figure(line['high'], '.4g')}",
        figure(line["rhat"], ".4f"),
        figure(line["ess_bulk"], ",.0f"),
        figure(line["ess_tail"], ",.0f"),
        f'<span class="tx-down">{rank}</span>' if odd else rank,
        f'<span class="tx-down">✗ {words(wrong)}</span>' if wrong else ("ranks differ" if odd else "✓"),
    ]


def _choose_quantity(names: Sequence[str]) -> str:
    asked = st.query_params.get("quantity", names[0])
    chosen = st.selectbox(
        "Quantity",
        names,
        index=names.index(asked) if asked in names else 0,
        key=f"diagnostics_quantity_{st.query_params.get('fit', '')}",
    )
    st.query_params["quantity"] = str(chosen)
    return str(chosen)


def _plots(name: str, line: Mapping[str, Any], document: Mapping[str, Any], draws: str) -> None:
    colours, key = look.palette(st.context.theme.type), f"{draws}:{name}"
    unit = "" if line["units"] == "1" else f", {line['units']}"
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Trace", anchor=False)
        traced = document["traces"][name]
        spec = data.cached_spec(
            f"{key}:trace", colours, lambda: charts_of_draws.trace(traced, title=f"{name}{unit}", colours=colours)
        )
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=spoken_trace(name, line, document["chains"]))
    with right:
        st.subheader("Ranks", anchor=False)
        _ranks(name, document, key, colours)
    with st.expander("Numbers by chain"):
        head = ["Chain", "Mean", "Standard deviation", "Ranks, furthest from one law"]
        st.html(marks.table(head, chain_cells(traced, document["ranks"].get(name)), numeric=(1, 2, 3), stack=False))
    if found := document["prior"].get(name):
        st.subheader("Prior and posterior", anchor=False)
        spec = data.cached_spec(
            f"{key}:prior",
            colours,
            lambda: charts_of_draws.prior_and_posterior(found, title=f"{name}{unit}", colours=colours),
        )
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=spoken_prior(name, line, found))


def _ranks(name: str, document: Mapping[str, Any], key: str, colours: look.Palette) -> None:
    ranked = document["ranks"].get(name)
    if ranked is None:
        frame.note("One chain cannot be ranked against others.")
        return
    spec = data.cached_spec(f"{key}:ranks", colours, lambda: charts_of_draws.ranks(ranked, colours=colours))
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=spoken_ranks(name, ranked))


def spoken_trace(name: str, line: Mapping[str, Any], chains: int) -> str:
    """Return a trace plot in words."""
    said = "; ".join(line["wrong"]) or "no chain is out of bounds"
    spread = f"median {figure(line['median'], '.4g')}, standard deviation {figure(line['sd'], '.4g')}"
    return f"Trace of {name} in {chains} chains: {spread}, R-hat {figure(line['rhat'], '.4f')}; {said}."


def spoken_ranks(name: str, ranked: Mapping[str, Any]) -> str:
    """Return a rank plot in words."""
    p = "not computed" if ranked["p"] is None else f"{ranked['p']:.3f}"
    far = ", ".join(figure(v, ".3f") for v in ranked["furthest"])
    return f"Rank plot of {name}: the chains lie at most {far} from one law; the test that they share it gives p = {p}."


def chain_cells(traced: Mapping[str, Any], ranked: Mapping[str, Any] | None) -> list[list[str]]:
    """Return one line for each chain: its mean and spread, and how far its ranks are from those of one law."""
    far = ranked["furthest"] if ranked else [None] * len(traced["means"])
    rows = zip(traced["means"], traced["sds"], far, strict=True)
    return [
        [f"chain {i}", figure(mean, ".4g"), figure(sd, ".4g"), "–" if d is None else figure(d, ".3f")]
        for i, (mean, sd, d) in enumerate(rows, start=1)
    ]


def spoken_prior(name: str, line: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return prior and posterior in words."""
    low, median, high = (figure(v, ".4g") for v in found["prior_range"])
    after = f"{figure(line['median'], '.4g')} ({figure(line['low'], '.4g')} to {figure(line['high'], '.4g')})"
    return f"{name}: prior median {median} (90 % from {low} to {high}), posterior {after}."


PRIOR_HEAD = ["Quantity", "Prior, 90 %", "Posterior, 90 %", "Spread left", "To the prior", "To the data", "Pointed out"]


def _prior(document: Mapping[str, Any]) -> None:
    st.subheader("What the data added, and what hangs on the prior", anchor=False)
    if document["no_prior"]:
        frame.note(f"{document['no_prior'][:1].upper()}{document['no_prior'][1:]}.")
    if not document["prior"]:
        return
    st.html(marks.table(PRIOR_HEAD, prior_cells(document), numeric=(1, 2, 3, 4, 5)))
    frame.note(reading(document["sensitivity"]))


def prior_cells(document: Mapping[str, Any]) -> list[list[str]]:
    """Return one line for each quantity: prior, posterior, spread left, both sensitivities, and what is pointed out."""
    moved = document["sensitivity"]["lines"]
    rows = []
    for line in document["quantities"]:
        found, by = document["prior"].get(line["name"]), moved.get(line["name"], {})
        prior = "improper" if found is None else " to ".join(figure(found["prior_range"][i], ".3g") for i in (0, 2))
        rows.append(
            [
                f'<code class="tx-whole">{words(line["name"])}</code>',
                prior,
                f"{figure(line['low'], '.3g')} to {figure(line['high'], '.3g')}",
                "–" if found is None else f"{100 * found['narrowed']:.0f} %",
                "–" if by.get("prior") is None else f"{by['prior']:.3f}",
                "–" if by.get("likelihood") is None else f"{by['likelihood']:.3f}",
                words(by.get("flag", "")),
            ]
        )
    return rows


def reading(sensitivity: Mapping[str, Any]) -> str:
    """Return how the sensitivities are read, and what was not scaled."""
    text = (
        "Spread left: the posterior's standard deviation as a share of the prior's, in logs where the prior spans "
        "orders of magnitude. To the prior, to the data: how fast the posterior moves when that part is raised to a "
        f"power near 1 (power-scaling, Kallioinen and others 2024); from {SENSITIVE} on it counts."
    )
    if not sensitivity["likelihood"]:
        text += (
            " Only these priors were scaled, because not everything that was sampled is kept: "
            f"{', '.join(sensitivity['scaled']) or 'none'}. The data were not."
        )
    return text


def _downloads(view: BoardView, draws: str, document: Mapping[str, Any]) -> None:
    name = f"{view.board.id}-{document['model']}{'-' if document['variant'] else ''}{document['variant']}"
    with st.container(horizontal=True):
        st.download_button(
            "Download this diagnosis (JSON)",
            lambda: json.dumps(document, ensure_ascii=False),
            file_name=f"diagnosis-{name}.json",
            mime="application/json",
            key="diagnosis_download",
            on_click="ignore",
        )
        st.download_button(
            "Download the draws (netCDF)",
            lambda: diagnosis_data.draws_bytes(draws) or b"",
            file_name=f"draws-{name}.nc",
            mime="application/x-netcdf",
            key="draws_download",
            on_click="ignore",
        )


__all__ = ["fit_cells", "flag_cells", "gate_line", "prior_cells", "quantity_cells", "reading", "render"]
