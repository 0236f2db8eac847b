# SPDX-License-Identifier: Apache-2.0
"""The pages of the mail engine: the queue, the destinations, the policy, a person's own request."""
import subprocess

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


def certificate():
    """What somebody's mail program would hand out, made by OpenSSL."""
    made = subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", "/dev/null", "-days", "300",
         "-subj", "/CN=person", "-addext", "basicConstraints=critical,CA:FALSE"],
        capture_output=True, text=True, check=True,
    )
    return made.stdout


def test_a_certificate_is_kept_for_a_person(newcomer):
    newcomer.section("Contacts")
    newcomer.page.locator("main table a").first.click()
    newcomer.follow("Keep a certificate or key")
    newcomer.look("keys-none")
    newcomer.page.get_by_label("Paste it").fill("a letter")
    newcomer.page.get_by_role("button", name="Read and keep it").click()
    newcomer.sees("neither an X.509 certificate")
    newcomer.watch.expect(422)
    newcomer.page.get_by_label("Paste it").fill(certificate())
    newcomer.page.get_by_role("button", name="Read and keep it").click()
    newcomer.sees("S/MIME certificate")
    newcomer.sees("in use")
    newcomer.look("keys-one")
