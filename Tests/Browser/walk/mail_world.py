# SPDX-License-Identifier: Apache-2.0
"""The demonstration's mailboxes, read as their owners would."""
from playwright.sync_api import expect


def open_newest(reader, demonstration, address, at_least=1):
    """Opens the newest message of a mailbox, once so many have come; delivery takes a moment, so the page is loaded again."""
    mailbox = f"{demonstration.mailboxes}/?mailbox={address}"
    for _ in range(80):
        reader.open(mailbox)
        if reader.page.locator("tbody tr").count() >= at_least:
            break
        reader.page.wait_for_timeout(250)
    expect(reader.page.locator("tbody tr")).to_have_count(at_least)
    reader.page.locator("tbody a").first.click()


def link(reader, part):
    """The address of the link in the open message that holds this piece of a path."""
    return reader.page.locator(f'article a[href*="{part}"]').first.get_attribute("href")
