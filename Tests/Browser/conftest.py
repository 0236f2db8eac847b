# SPDX-License-Identifier: Apache-2.0
"""One demonstration, one Chromium and one newcomer for the whole walk; the files are its chapters, in order."""
import os
import pathlib
import shutil
import tempfile

import pytest
from playwright.sync_api import sync_playwright

from walk.demonstration import Demonstration
from walk.survey import Survey
from walk.visitor import Visitor

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build" / "debug" / "ward"
ARTEFACTS = ROOT / ".artefacts"
CHROMIUM = "/usr/bin/chromium"

open_visitors = []


@pytest.fixture(scope="session")
def demonstration():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ward-walk-"))
    running = Demonstration(BINARY, folder)
    yield running
    code = running.stop()
    complaints = running.complained()
    shutil.rmtree(folder)
    assert code == 0, f"Ctrl-C ended the demonstration with exit code {code}:\n{complaints}"
    assert not complaints, f"the demonstration complained:\n{complaints}"


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs what root and containers do not have; it only ever meets our own pages here.
        arguments = ["--no-sandbox", "--headless=new"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def survey():
    folder = ARTEFACTS / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    return Survey(folder)


@pytest.fixture(scope="session")
def newcomer(chromium, survey, demonstration):
    """Whoever the demonstration's link signs in, at a desk; the same browser through all chapters."""
    visitor = Visitor(chromium, survey, demonstration.staff)
    open_visitors.append(visitor)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(chromium, survey):
    """Makes further people with browsers of their own, whose visits end with the test."""
    made = []

    def make(site, **settings):
        made.append(Visitor(chromium, survey, site, **settings))
        open_visitors.append(made[-1])
        return made[-1]

    yield make
    for one in made:
        open_visitors.remove(one)
        one.close()


@pytest.fixture(autouse=True)
def quiet(request):
    """No test ends with a complaint of a browser or a refusal that nobody expected."""
    yield
    for visitor in open_visitors:
        visitor.watch.settle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        folder = ARTEFACTS / "failures"
        folder.mkdir(parents=True, exist_ok=True)
        for number, visitor in enumerate(open_visitors):
            visitor.page.screenshot(path=folder / f"{item.name}-{number}.png", full_page=True)
    return report


def pytest_terminal_summary(terminalreporter):
    counts = {kind: len(terminalreporter.getreports(kind)) for kind in ("passed", "failed", "error")}
    terminalreporter.write_line(f"{counts['passed']} passed, {counts['failed'] + counts['error']} failed")
