# SPDX-License-Identifier: Apache-2.0
"""The link from the terminal, the first page, and what happens to who has no link or no password."""
import urllib.request

from playwright.sync_api import expect


def test_the_terminal_tells_the_story_and_leads_to_the_pages(demonstration):
    for words in ["Imported", "In the segment", "Delivered", "In the portal", "Audit log verified", "mailboxes"]:
        assert words in demonstration.text


def test_fetching_the_link_does_not_use_it_up(demonstration):
    for _ in range(2):
        with urllib.request.urlopen(demonstration.link) as answer:
            assert answer.status == 200
            assert "session" not in str(answer.headers.get_all("Set-Cookie"))


def test_the_link_asks_and_the_keyboard_signs_in(newcomer, demonstration):
    newcomer.open(demonstration.link)
    newcomer.sees_heading("Sign in to the demonstration")
    newcomer.sees("Dana Reyes", "It works once.")
    newcomer.look("sign-in-by-link")
    newcomer.tab_to("Skip to the content")
    newcomer.tab_to("Sign in")
    newcomer.page.keyboard.press("Enter")
    newcomer.sees_heading("Lakeside Health (demo)")


def test_home_says_what_happened_and_what_is_due(newcomer):
    newcomer.sees("Today", "delivered", "waiting in the portal", "Due", "Appointment line: new opening hours goes out")
    newcomer.look("home")


def test_the_link_works_once(visitor, demonstration):
    late = visitor(demonstration.staff)
    late.open(demonstration.link)
    late.watch.expect(410)
    late.sees_heading("This link does not work")
    late.look("sign-in-link-used")


def test_who_is_not_signed_in_is_asked_to(visitor, demonstration):
    stranger = visitor(demonstration.staff)
    stranger.open("/contacts")
    stranger.watch.expect(401)
    stranger.sees_heading("Sign in")


def test_a_wrong_password_gets_a_sentence_and_the_focus(visitor, demonstration):
    stranger = visitor(demonstration.staff)
    stranger.open("/sign-in")
    stranger.tab_to("E-mail address")
    stranger.page.keyboard.type("dana@tls.example")
    stranger.tab_to("Password")
    stranger.page.keyboard.type("not the password")
    stranger.page.keyboard.press("Enter")
    stranger.sees("E-mail address and password do not belong together.")
    stranger.watch.expect(422)
    expect(stranger.page.get_by_label("E-mail address")).to_have_value("dana@tls.example")
    stranger.look("sign-in-refused")


def test_an_address_that_leads_nowhere_says_so(newcomer):
    newcomer.open("/nothing-of-this-name")
    newcomer.watch.expect(404)
    newcomer.sees_heading("There is nothing here")
    newcomer.look("nothing-here")
