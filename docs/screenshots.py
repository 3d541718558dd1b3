"""Take the pictures of the README from the app on the home that the environment names: `python -m docs.screenshots`.

Every page at desktop and phone width, light and dark, as PNG under docs/screenshots. Needs Chromium on the machine; the
server runs on the loopback and ends with this script. Nothing is written to the home.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.web import tour_cookie

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).with_name("screenshots")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WIDTHS = {"wide": 1280, "phone": 390}
SCHEMES = ("light", "dark")
TALLEST = 2400
"""Pixels of a page that a picture keeps."""
PAGES = {
    "board": "",
    "scenarios": "scenarios",
    "question": "question?question=ceasefire&deadline=2027-12-31",
    "what_if": "what_if?mode=see&if=ceasefire+by+2026-12-31",
    "senate": "senate",
    "rearmament": "rearmament",
    "evidence": "evidence?view=stories",
    "add_evidence": "add_evidence?question=ceasefire",
    "my_forecasts": "my_forecasts",
    "calibration": "calibration",
    "runs": "runs",
    "diagnostics": "diagnostics?fit=resumption",
    "help": "help",
    "sources": "sources",
    "people": "people",
}


def main() -> int:
    """Serve the app, take every picture, stop the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    folder: Path = parser.parse_args().folder
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium here: apt-get install chromium", file=sys.stderr)  # noqa: T201
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    script = str(ROOT / "app" / "web" / "asgi.py")
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", script, *options]
    server = subprocess.Popen(command, env=os.environ | {"TWIXT_LOCAL": "1"}, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            take_all(browser, address, folder)
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=20)
    return 0


def take_all(browser: Browser, address: str, folder: Path) -> None:
    """Take every page in every width and scheme."""
    for scheme in SCHEMES:
        for size, width in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": 1000}, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
            )
            context.add_cookies([{"name": tour_cookie.NAME, "value": tour_cookie.DONE, "url": address}])
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(f"{address}/{path}")
                ready(page)
                if name == "add_evidence":
                    fill(page)
                page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
                page.set_viewport_size({"width": width, "height": min(height(page), TALLEST)})
                page.wait_for_timeout(800)
                page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
                page.set_viewport_size({"width": width, "height": 1000})
                print(f"{name}-{size}-{scheme}.png")  # noqa: T201
            context.close()


def ready(page: Page) -> None:
    """Wait until the page's script has run and its charts are drawn."""
    page.wait_for_selector("h1", timeout=120_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=120_000)
    page.wait_for_timeout(1500)


def fill(page: Page) -> None:
    """Type an example into the form, so that the picture shows a preview; it is not saved."""
    page.get_by_role("textbox", name="What was reported").fill(
        "Both governments announced a thirty-day ceasefire on land, sea and air."
    )
    page.get_by_role("textbox", name="Who says so").fill("Statements of both governments")
    page.get_by_role("textbox", name="Its short name").fill("example_story")
    page.get_by_role("spinbutton", name="If YES, chance of such a report (%)").fill("60")
    page.get_by_role("spinbutton", name="If NO, chance of such a report (%)").fill("15")
    page.keyboard.press("Tab")
    page.wait_for_selector(".st-key-preview_side svg", timeout=120_000)
    ready(page)


def height(page: Page) -> int:
    """Return the height of the whole page in pixels."""
    return int(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")) + 20


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, seconds: float = 60.0) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):  # noqa: S310 - our own server on the loopback
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer in {seconds} s")


if __name__ == "__main__":
    sys.exit(main())
