"""Charts as files: they open, hold the title, ask for nothing, and words stay words."""

import struct
import zlib
from xml.etree import ElementTree as ET

import pytest

from app import charts_of_comparison, picture
from app.charts_of_comparison import Line
from app.look import LIGHT
from tests.app.test_charts import history

HOSTILE = '<script>alert(1)</script> & "quotes" ]]>'


@pytest.fixture(scope="module")
def spec() -> dict:
    lines = [Line("One", history("live", 5)), Line(HOSTILE, history("live", 5, start=0.4))]
    chart = charts_of_comparison.compared(lines, kind="logit", days=None, colours=LIGHT)
    return picture.titled(chart, HOSTILE, ["As of 2026-07-20 09:30 UTC."], colours=LIGHT)


def test_an_svg_is_one_document_without_scripts_or_links_to_outside(spec):
    root = ET.fromstring(picture.drawn(spec, "svg"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    tags = {e.tag.rpartition("}")[2] for e in root.iter()}
    assert not tags & {"script", "image", "foreignObject", "a", "style"}
    told = " ".join(e.text or "" for e in root.iter())
    assert HOSTILE in told, "the title, as words"
    assert "As of 2026-07-20 09:30 UTC." in told
    assert not any(v.startswith(("http", "javascript", "data")) for e in root.iter() for v in e.attrib.values())


def test_a_png_has_the_size_and_is_not_blank(spec):
    data = picture.drawn(spec, "png")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert width == picture.WIDTH * picture.SHARPNESS
    assert height > 800
    assert (depth, kind) == (8, 6)
    chunks, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            chunks += data[at + 8 : at + 8 + length]
        at += 12 + length
    assert len(set(zlib.decompress(chunks))) > 100, "more than one colour"


def test_a_specification_that_asks_for_data_from_outside_is_refused(spec):
    outside = spec | {"layer": [spec["layer"][0] | {"data": {"url": "http://127.0.0.1:9/x.json"}}]}
    with pytest.raises(ValueError, match="External data url not allowed"):
        picture.drawn(outside, "svg")
