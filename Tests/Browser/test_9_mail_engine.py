# SPDX-License-Identifier: Apache-2.0
"""The pages of the mail engine: the queue, the destinations, the policy, a person's own request."""
from playwright.sync_api import expect


def become(visitor, name):
    visitor.open("")
    visitor.page.locator("#person-menu summary").click()
    visitor.page.get_by_role("button", name=f"Continue as {name}", exact=False).click()
    expect(visitor.page.locator("#person-menu summary")).to_have_text(name)


def test_the_queue_lists_what_did_not_simply_go(newcomer):
    become(newcomer, "Ada Moreno")
    newcomer.section("Settings")
    newcomer.look("settings-with-mail")
    newcomer.open("/queue")
    newcomer.look("queue")


def test_destinations_have_a_page(newcomer):
    newcomer.open("/settings/destinations")
    newcomer.look("destinations")


def test_a_policy_is_drafted_and_shows_its_levels(newcomer):
    newcomer.open("/settings/protection")
    newcomer.look("protection")


def test_the_sender_domain_lists_its_records(newcomer):
    newcomer.open("/settings/sending")
    newcomer.look("sending-domain")


def test_a_person_has_a_page_for_requests(newcomer):
    become(newcomer, "Dana Reyes")
    newcomer.section("Contacts")
    newcomer.page.locator("main table a").first.click()
    newcomer.follow("What the person asked for")
    newcomer.look("unencrypted-requests")
    newcomer.sees("third party")
