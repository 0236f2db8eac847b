# SPDX-License-Identifier: Apache-2.0
"""The menu of people: each sees what their roles allow, and a new colleague sets a password of her own."""
from playwright.sync_api import expect

PASSWORD = "seven quiet herons at dusk"


def become(visitor, name):
    visitor.open("")
    visitor.page.locator("#person-menu summary").click()
    visitor.page.get_by_role("button", name=f"Continue as {name}", exact=False).click()
    expect(visitor.page.locator("#person-menu summary")).to_have_text(name)


def sections(visitor):
    return visitor.page.get_by_role("navigation", name="Sections").get_by_role("link").all_inner_texts()


def test_a_marketer_sees_no_clinical_segment_and_no_messages(newcomer):
    newcomer.open("")
    newcomer.page.locator("#person-menu summary").click()
    newcomer.look("person-menu")
    become(newcomer, "Miles Okafor")
    assert "Messages" not in sections(newcomer) and "Audit" not in sections(newcomer)
    newcomer.section("Segments")
    newcomer.look("segments-of-a-marketer")
    newcomer.follow("Women due for a mammogram")
    newcomer.sees("This segment speaks of health. Your roles do not show who is in it.")
    newcomer.sees_not("71651007")
    newcomer.look("segment-of-a-marketer")
    newcomer.open("/messages")
    newcomer.watch.expect(403)
    newcomer.sees_heading("Your roles do not allow this")
    newcomer.look("denied")


def test_an_auditor_reads_the_log_and_verifies_it(newcomer):
    become(newcomer, "Noor Haddad")
    assert "Contacts" not in sections(newcomer)
    newcomer.section("Audit")
    newcomer.sees("Dana Reyes")
    newcomer.press("Verify the whole log now")
    newcomer.sees("intact")
    newcomer.look("audit")


def test_an_administrator_invites_a_colleague_who_sets_a_password(newcomer, visitor, demonstration):
    become(newcomer, "Ada Moreno")
    newcomer.look("home-of-an-administrator")
    newcomer.section("Settings")
    newcomer.look("settings")
    newcomer.follow("Staff and roles")
    newcomer.look("staff")
    newcomer.follow("Miles Okafor")
    newcomer.look("staff-member")
    newcomer.page.go_back()
    newcomer.follow("Invite", exact=False)
    newcomer.look("staff-invite")
    newcomer.fill("Name", "Kim Sato")
    newcomer.fill("E-mail address", "kim@tls.example")
    newcomer.page.get_by_label("Marketer", exact=False).check()
    newcomer.fill("Reason", "New in the team")
    newcomer.press("Make the account and a link")
    newcomer.sees("The link is shown this one time.")
    newcomer.look("staff-invited")
    kim = visitor(demonstration.staff)
    kim.open(newcomer.page.locator("code.copyable").inner_text())
    kim.sees_heading("Choose a password")
    kim.fill("New password", "short")
    kim.fill("The same password again", "short")
    kim.press("Set the password and sign in")
    kim.watch.expect(422)
    kim.sees("Use at least 15 characters.")
    kim.look("choose-a-password")
    kim.fill("New password", PASSWORD)
    kim.fill("The same password again", PASSWORD)
    kim.press("Set the password and sign in")
    kim.sees_heading("Lakeside Health (demo)")
    kim.page.locator("#person-menu summary").click()
    kim.follow("Your account")
    kim.look("account")
    kim.follow("Change your password")
    kim.look("account-password")
    kim.page.locator("#person-menu summary").click()
    kim.press("Sign out")
    kim.sees_heading("Sign in")


def test_a_colleague_signs_in_with_the_keyboard_and_her_password(visitor, demonstration):
    kim = visitor(demonstration.staff)
    kim.open("/sign-in")
    kim.tab_to("E-mail address")
    kim.page.keyboard.type("kim@tls.example")
    kim.tab_to("Password")
    kim.page.keyboard.type(PASSWORD)
    kim.tab_to("Sign in")
    kim.page.keyboard.press("Enter")
    kim.sees_heading("Lakeside Health (demo)")


def test_signing_out_ends_the_session(newcomer):
    newcomer.open("")
    newcomer.page.locator("#person-menu summary").click()
    newcomer.press("Sign out")
    newcomer.sees_heading("Sign in")
    newcomer.open("/contacts")
    newcomer.watch.expect(401)
    newcomer.look("signed-out")
