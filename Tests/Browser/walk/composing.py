# SPDX-License-Identifier: Apache-2.0
"""A campaign's page: filling it in, and sending it."""
import re

from playwright.sync_api import expect


def compose(visitor, name, subject, text):
    """Audience and message: everybody of Walkham who has an address."""
    visitor.fill("Name", name)
    segments = visitor.page.get_by_label("Segment").locator("option").all_inner_texts()
    label = next(words for words in segments if words.startswith("Walkham by e-mail"))
    visitor.page.get_by_label("Segment").select_option(label=label)
    visitor.fill("Sender’s name", "Lakeside Health")
    visitor.fill("Subject", subject)
    visitor.fill("Text", text)


def choose(visitor, question, answer):
    """Answers a question of the classification by its first words."""
    visitor.page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def send(visitor):
    """Sends what was checked, and watches until everybody has a final state."""
    visitor.page.get_by_role("button", name=re.compile("^Send to .* now$")).click()
    expect(visitor.page.get_by_role("progressbar")).to_be_visible()
    expect(visitor.page.locator("main > p .status")).to_have_text("finished", timeout=60_000)
    expect(visitor.page.get_by_role("progressbar")).to_have_count(0)
