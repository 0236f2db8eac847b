# SPDX-License-Identifier: Apache-2.0
"""Somebody with a browser: cookies of their own, a window, and a watch over what the browser complains about."""
import re

from playwright.sync_api import expect

from .watch import Watch

# A debug build on a busy machine with two cores answers late, not never.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


class Visitor:
    def __init__(self, chromium, survey, site, *, phone=False, language="en-US", scripts=True):
        self.survey = survey
        self.site = site
        self.context = chromium.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
            locale=language,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            color_scheme="light",
        )
        self.context.set_default_timeout(PATIENCE)
        self.watch = Watch(self.context)
        self.page = self.context.new_page()

    def open(self, address):
        """Goes to a path of the site, or a whole address."""
        self.page.goto(address if address.startswith("http") else self.site + address)

    def look(self, name):
        self.survey.look(self.page, name)

    # What people do, by the words that they read.

    def press(self, words, exact=True):
        self.page.get_by_role("button", name=words, exact=exact).click()

    def follow(self, words, exact=True):
        self.page.get_by_role("link", name=words, exact=exact).first.click()

    def unfold(self, words):
        self.page.locator("summary", has_text=words).first.click()

    def fill(self, label, text):
        """Fills the field with this label, whether or not it says that it may stay empty."""
        words = re.compile(rf"^\s*{re.escape(label)}\s*(\((optional|opcional)\))?\s*$")
        self.page.get_by_label(words).fill(text)

    def section(self, words):
        self.page.get_by_role("navigation", name="Sections").get_by_role("link", name=words, exact=True).click()

    # What people see.

    def sees(self, *texts):
        for text in texts:
            expect(self.page.get_by_role("main")).to_contain_text(text)

    def sees_not(self, *texts):
        for text in texts:
            expect(self.page.get_by_role("main")).not_to_contain_text(text)

    def sees_heading(self, words):
        expect(self.page.get_by_role("heading", level=1, name=words, exact=True)).to_be_visible()

    def row(self, *texts):
        """The row of a table or list that holds all of the texts."""
        rows = self.page.locator("tr, li")
        for text in texts:
            rows = rows.filter(has_text=text)
        return rows.first

    # The keyboard alone.

    def tab_to(self, words, at_most=60):
        """Presses Tab until the focus is on what has this name; each stop must be seen."""
        for _ in range(at_most):
            self.page.keyboard.press("Tab")
            name = self.page.evaluate(FOCUSED_NAME)
            assert self.page.evaluate(IS_FOCUS_SEEN), f"the focus on “{name}” cannot be seen"
            if name == words:
                return
        raise AssertionError(f"{at_most} presses of Tab do not reach “{words}”")

    def close(self):
        self.context.close()


FOCUSED_NAME = """
() => {
  const here = document.activeElement;
  const label = here.labels?.[0]?.innerText ?? here.getAttribute("aria-label") ?? here.innerText ?? "";
  return label.trim().replace(/\\s+/g, " ");
}
"""
IS_FOCUS_SEEN = """
() => {
  const here = document.activeElement;
  if (here === document.body) return true;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0;
}
"""
