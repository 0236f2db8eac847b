# SPDX-License-Identifier: Apache-2.0
"""A campaign from the first question to the last number."""
import re

from playwright.sync_api import expect

from walk.composing import choose, compose, send

NAME = "Walkham: your spring check-up"
TEXT = """Dear {{ given_name | "patient" }},

it is time for your yearly check-up. We have {{ birth_date | "no date" }} as your date of birth.

Answer this message to choose a day.

Your care team at Lakeside Health"""


def test_the_list_of_campaigns_shows_the_finished_and_the_scheduled_one(newcomer):
    newcomer.section("Campaigns")
    newcomer.sees("Flu shots: walk-in days", "finished", "Appointment line: new opening hours", "scheduled")
    newcomer.look("campaigns")


def test_a_new_campaign_asks_five_things_on_one_page(newcomer):
    newcomer.press("New campaign")
    newcomer.sees("Audience", "Message", "Protection", "Review", "When", "Not classified yet")
    newcomer.look("campaign-new")


def test_a_protected_fact_in_the_subject_is_refused_with_a_sentence(newcomer):
    compose(newcomer, NAME, "Born {{ birth_date }}: your check-up", TEXT)
    newcomer.press("Save")
    newcomer.sees("is protected health information and cannot stand in the subject")
    newcomer.look("campaign-subject-refused")


def test_the_questions_give_the_class_and_what_is_missing_leads_to_its_field(newcomer):
    newcomer.fill("Subject", "Time for your check-up")
    choose(newcomer, "Does it ask for a donation?", "No")
    choose(newcomer, "Is it a refill reminder", "No")
    choose(newcomer, "Does it encourage people", "No")
    choose(newcomer, "What is it about?", "The person’s own treatment")
    choose(newcomer, "Who pays for it?", "Nobody else")
    newcomer.press("Save")
    newcomer.sees("Class: Treatment", "Choose how sensitive the message is.")
    newcomer.page.get_by_label(re.compile("^Sensitive")).check()
    newcomer.press("Save")
    newcomer.sees("Saved.")
    newcomer.sees_not("Before it can go out")


def test_the_draft_is_read_as_a_member_would(newcomer):
    newcomer.follow("Preview as a member")
    newcomer.page.locator(".split .rows a").first.click()
    newcomer.sees("Time for your check-up", "it is time for your yearly check-up")
    newcomer.look("campaign-preview")
    newcomer.follow("Back to the draft", exact=False)


def test_a_test_with_a_made_up_person_goes_to_ones_own_address(newcomer, visitor, demonstration):
    newcomer.press("Send a test to myself")
    newcomer.sees("A test with a made-up person is on its way")
    reader = visitor(demonstration.mailboxes)
    for _ in range(40):
        reader.open("/?mailbox=dana@tls.example")
        if reader.page.get_by_role("link", name="check-up").count():
            break
        reader.page.wait_for_timeout(250)
    reader.sees("dana@tls.example", "check-up")


def test_preflight_says_how_many_get_it_how_and_who_does_not(newcomer):
    newcomer.press("Check everybody")
    newcomer.sees("by verified TLS", "in the portal", "18 people:")
    newcomer.look("campaign-preflight")
    newcomer.page.locator("section#review table a").first.click()
    expect(newcomer.page.locator(".rows li").first).to_be_visible()
    newcomer.look("campaign-preflight-people")
    newcomer.page.go_back()


def test_it_is_sent_and_watched_until_everybody_has_a_final_state(newcomer):
    send(newcomer)
    newcomer.sees_heading(NAME)


def test_the_report_leads_from_each_number_to_its_people_and_their_decision(newcomer):
    newcomer.sees("delivered to their mail server", "waiting in the portal", "refused by their server")
    newcomer.look("report")
    newcomer.page.get_by_role("row", name=re.compile("portal", re.I)).get_by_role("link").first.click()
    newcomer.look("report-people")
    newcomer.follow("Why?")
    newcomer.sees_heading("Why it went this way")
    newcomer.sees("Questions and answers", "What this protects")
    newcomer.unfold("Evidence")
    newcomer.look("decision")


def test_the_printed_report_is_a_report_and_not_a_web_page(newcomer):
    newcomer.section("Campaigns")
    newcomer.follow(NAME)
    newcomer.page.emulate_media(media="print")
    for hidden in [".topbar", ".side", ".skip"]:
        expect(newcomer.page.locator(hidden)).to_be_hidden()
    newcomer.sees("delivered to their mail server", "People")
    pages = newcomer.page.pdf(format="Letter", path=newcomer.survey.folder / "report.pdf")
    assert pages.count(b"/Type /Page\n") <= 2 or pages.count(b"/Type/Page") <= 4
    newcomer.page.screenshot(path=newcomer.survey.folder / "report-printed.png", full_page=True)
    newcomer.page.emulate_media(media="screen")
