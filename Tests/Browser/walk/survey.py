# SPDX-License-Identifier: Apache-2.0
"""Looks at a page as different people meet it: phone, tablet, desktop, light, dark, and with axe-core."""
import re

from axe_playwright_python.base import AXE_SCRIPT

WIDTHS = (390, 768, 1440)
SCHEMES = ("light", "dark")
# A list of a hundred looks below as it does above.
TALLEST = 3_000
# Phones meet the light scheme, desktops the dark one: together both layouts and both sets of colours.
CHECKED = ((390, "light"), (1440, "dark"))
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}

DEAD_TARGETS = """
() => [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute("href"))
  .filter((href) => !document.getElementById(href.slice(1)))
"""
TOO_WIDE = """
() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const clipped = (node) => {
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return true;
    }
    return false;
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.getBoundingClientRect().right > wide + 0.5 && !clipped(node))
    .map((node) => `${node.tagName.toLowerCase()}.${node.className}`).slice(0, 5);
}
"""


class Survey:
    """Pictures go to `folder`, one for each width and scheme; every page is looked at once."""

    def __init__(self, folder):
        self.folder = folder
        self.pages = []

    def look(self, page, name):
        """Fails with everything that is wrong with the page that `page` shows."""
        assert re.fullmatch(r"[a-z0-9-]+", name) and name not in self.pages, f"{name} is no new page's name"
        self.pages.append(name)
        size = page.viewport_size
        problems = [f"{href} leads to nothing on the page" for href in page.evaluate(DEAD_TARGETS)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{place} is wider than {width} pixels" for place in page.evaluate(TOO_WIDE)]
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                picture = self.folder / f"{width}-{scheme}" / f"{name}.png"
                height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
                clip = {"x": 0, "y": 0, "width": width, "height": height}
                page.screenshot(path=picture, full_page=True, clip=clip)
                if (width, scheme) in CHECKED:
                    problems += violations(page, f"{width}, {scheme}")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(size)
        assert not problems, f"{name}:\n" + "\n".join(problems)


def violations(page, where):
    """What axe-core finds on the page, one line for each element."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE_SCRIPT} }} }}")
    found = page.evaluate("(options) => axe.run(document, options)", OPTIONS)["violations"]
    return [
        f"axe ({where}): {rule['id']}: {rule['help']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]
