"""Colours that everyone can tell apart, and words that stay words."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from app import look
from app.look import DARK, LIGHT, contrast, link, literal, safe_link, text_on, words
from app.marks import SPARK_COLOUR

CONFIG = Path(look.__file__).parent / "web" / ".streamlit" / "config.toml"

# Machado, Oliveira and Fernandes (2009), severity 1: linear RGB of how a dichromat sees a colour
SEEN_BY = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* under D65."""
    xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    t = xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(first: str, second: str, eyes: str) -> float:
    return float(np.linalg.norm(lab(SEEN_BY[eyes] @ linear(first)) - lab(SEEN_BY[eyes] @ linear(second))))


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_neighbouring_scenarios_stay_apart_for_all_eyes(colours, eyes):
    # 11 is about ten times the just noticeable difference of CIE76
    first_six = colours.categories[:6]
    closest = min((distance(a, b, eyes), a, b) for a, b in itertools.pairwise(first_six))
    assert closest[0] > 11, closest
    assert min(distance(a, b, eyes) for a, b in itertools.combinations(first_six, 2)) > 8


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_a_rise_and_a_fall_stay_apart_for_all_eyes(eyes):
    for colours in (LIGHT, DARK):
        assert distance(colours.rise, colours.fall, eyes) > 20


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_its_ground(colours):
    for ground in (colours.paper, colours.surface):
        for name in ("ink", "muted", "accent", "rise", "fall", "warn"):
            assert contrast(getattr(colours, name), ground) >= 4.5, (name, ground)
    for colour in colours.categories:
        assert contrast(text_on(colour), colour) >= 4.5, colour


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_fields_and_marks_of_charts_are_seen(colours):
    # WCAG 2.2, 1.4.11: 3 to 1 for what is needed to find a control or to read a graphic
    for ground in (colours.paper, colours.surface):
        assert contrast(colours.edge, ground) >= 3, ground
    for name in ("accent", "rise", "fall"):
        assert contrast(getattr(colours, name), colours.paper) >= 3, name
    for ground in (LIGHT.paper, DARK.paper):
        assert contrast(SPARK_COLOUR, ground) >= 3, ground


def test_contrast_of_known_pairs():
    # WCAG: black on white is 21; #777777 on white is the well-known 4.48
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_the_theme_file_repeats_the_palette():
    theme = tomllib.loads(CONFIG.read_text())["theme"]
    for name, colours in (("light", LIGHT), ("dark", DARK)):
        assert theme[name] == {
            "primaryColor": colours.accent,
            "backgroundColor": colours.paper,
            "secondaryBackgroundColor": colours.surface,
            "textColor": colours.ink,
            "linkColor": colours.accent,
            "borderColor": colours.line,
        }


def test_nothing_is_fetched_from_outside():
    files = [p for p in Path(look.__file__).parent.rglob("*") if p.suffix in {".css", ".svg", ".toml"}]
    assert len(files) >= 4
    for file in files:
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text, file
        assert "@import" not in text, file
    assert tomllib.loads(CONFIG.read_text())["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c#d", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        (" https://example.org", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("vbscript:x", False),
        ("//example.org", False),
        ("/board", False),
        ("https://", False),
        ('https://example.org/"onmouseover=alert(1)', False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_become_links(url, safe):
    assert safe_link(url) == (url if safe else None)
    assert ("<a " in link(url, "label")) is safe


HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "a & b", "'"]


@pytest.mark.parametrize("text", HOSTILE)
def test_words_hold_no_markup(text):
    import html

    safe = words(text)
    assert not set("<>\"'") & set(safe.replace("&#x27;", "").replace("&quot;", ""))
    assert html.unescape(safe) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** _x_", r"\*\*bold\*\* \_x\_"),
        ("[a](javascript:x)", "\\[a\\]\\(javascript:\u2060x\\)"),
        ("![](https://e.org/x.png)", "\\!\\[\\]\\(https:\u2060//e\\.org/x\\.png\\)"),
        ("www.e.org a@e.org", "www\u2060\\.e\\.org a@\u2060e\\.org"),
        ("# head\n- item", r"\# head \- item"),
        (":red[x] :material/home: :smile:", ":\u2060red\\[x\\] :\u2060material/home: :\u2060smile:"),
        ("cost $5 and $6", r"cost \$5 and \$6"),
        ("plain words, 100 %", "plain words, 100 %"),
    ],
)
def test_literal_words_carry_no_markdown(text, expected):
    assert literal(text) == expected
