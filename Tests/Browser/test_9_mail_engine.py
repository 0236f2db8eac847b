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
    newcomer.open("/queue?part=failed")
    newcomer.look("queue-failed")
    newcomer.page.locator("main th[scope=row] a").first.click()
    newcomer.sees("Why it went this way", "Questions and answers")
    newcomer.look("queue-explained")


def test_destinations_have_a_page(newcomer):
    newcomer.open("/settings/destinations")
    newcomer.look("destinations")


def test_a_policy_is_drafted_and_shows_its_levels(newcomer):
    newcomer.open("/settings/protection")
    newcomer.look("protection")


def test_a_draft_is_run_against_what_was_decided(newcomer):
    newcomer.page.locator("form[action$='/protection/rule'] #order").fill("portal")
    newcomer.page.locator("form[action$='/protection/rule'] button").click()
    newcomer.page.get_by_role("button", name="Run the draft against past decisions").click()
    newcomer.sees("was run: it may be activated", "What the draft would have changed")
    newcomer.look("protection-run")
    newcomer.page.locator("main table a").first.click()
    newcomer.sees("Why it went this way")
    newcomer.open("/settings/protection")
    newcomer.page.get_by_role("button", name="Throw the draft away").click()


def test_the_sender_domain_lists_its_records(newcomer):
    newcomer.open("/settings/sending")
    newcomer.look("sending-domain")


def test_the_checklist_says_what_protects_messages(newcomer):
    newcomer.open("/settings/checklist")
    newcomer.sees("Storage is encrypted", "DKIM signs what leaves from")
    newcomer.look("checklist")


def test_drug_names_are_taken_over_and_found(newcomer):
    newcomer.open("/settings/protection/drugs")
    newcomer.page.get_by_label("generic names that come with Ward", exact=False).check()
    newcomer.page.get_by_role("button", name="Change the draft").first.click()
    newcomer.page.get_by_label("Search").fill("zidov")
    newcomer.page.get_by_role("button", name="Search").click()
    newcomer.sees("zidovudine")
    newcomer.look("drug-names")


def test_rates_keeping_reports_and_keys_have_pages(newcomer):
    for page in ("rates", "retention", "sending/reports", "sending/mail-keys", "mail-programs", "tls-reports"):
        newcomer.open(f"/settings/{page}")
        newcomer.look(page.replace("/", "-"))


def test_what_was_agreed_with_a_person_about_methods_has_a_page(newcomer):
    become(newcomer, "Dana Reyes")
    newcomer.section("Contacts")
    newcomer.page.locator("main table a").first.click()
    newcomer.follow("How messages to this person travel")
    newcomer.look("person-protection")


def test_a_message_is_shown_as_it_was_sent(newcomer):
    newcomer.section("Campaigns")
    for link in [link.get_attribute("href") for link in newcomer.page.locator("main a[href*='/campaigns/']").all()]:
        newcomer.open("/".join(newcomer.site.split("/")[:3]) + link)
        if newcomer.page.locator("td.number a").count():
            break
    newcomer.page.locator("td.number a").first.click()
    newcomer.page.locator("main a[href*='/people/']").first.click()
    newcomer.follow("Show the message as it was sent")
    newcomer.page.locator("#reason").fill("The patient asks what we wrote")
    newcomer.page.get_by_role("button", name="Show it").click()
    newcomer.sees("Headers", "Source")
    newcomer.look("as-sent")


def test_a_person_has_a_page_for_requests(newcomer):
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


def test_a_program_gets_a_certificate_to_sign_in_with(newcomer, demonstration):
    demonstration.command("mail", "accounts", "make", "laboratory", "--class", "treatment")
    become(newcomer, "Ada Moreno")
    newcomer.open("/settings/mail-programs")
    newcomer.sees("laboratory", "No certificates")
    newcomer.unfold("Add a certificate")
    newcomer.look("mail-programs-adding")
    newcomer.fill("Paste it", certificate())
    newcomer.page.get_by_role("button", name="Add the certificate").click()
    newcomer.sees("Valid until")
    newcomer.look("mail-programs-one")
    newcomer.sees("Signs in with: The password")
    newcomer.unfold("Remove")
    newcomer.look("mail-programs-removing")
    newcomer.page.get_by_role("button", name="Remove the certificate").click()
    newcomer.sees("laboratory", "No certificates")
