# SPDX-License-Identifier: Apache-2.0
"""The same pages in a browser that runs no scripts: patients' pages, and a form of the staff."""
from playwright.sync_api import expect

from test_5_portal import open_portal, tell_birth_date
from walk import patients


def test_a_patient_reads_answers_and_signs_out_without_scripts(visitor, demonstration):
    abel = visitor(demonstration.patients, phone=True, scripts=False)
    open_portal(abel, demonstration, patients.ABEL)
    tell_birth_date(abel, 1, 1, 1940)
    abel.watch.expect(422)
    abel.sees("This is not the date that we have.")
    tell_birth_date(abel, "May", 8, 1939)
    abel.sees_heading("Time for your check-up")
    abel.fill("Your answer", "I will call you.")
    abel.press("Send your answer")
    abel.sees("Your answer is sent.")
    abel.press("Sign out")
    abel.sees_heading("You are signed out")


def test_staff_make_a_segment_without_scripts(visitor, newcomer, demonstration):
    dana = visitor(demonstration.staff, scripts=False)
    dana.context.add_cookies(newcomer.context.cookies())
    dana.open("")
    dana.section("Segments")
    dana.follow("Make a segment")
    dana.fill("Name", "People of Walkham")
    dana.page.get_by_label("What the line is about").select_option(label="City")
    dana.press("Show the choices for what I chose")
    dana.page.get_by_label("Value", exact=True).fill("Walkham")
    dana.press("Count")
    dana.sees("of 139 people")
    dana.press("Save the segment")
    dana.sees_heading("People of Walkham")


def test_the_navigation_of_a_phone_opens_without_scripts(visitor, newcomer, demonstration):
    dana = visitor(demonstration.staff, phone=True, scripts=False)
    dana.context.add_cookies(newcomer.context.cookies())
    dana.open("")
    campaigns = dana.page.get_by_role("navigation", name="Sections").get_by_role("link", name="Campaigns")
    expect(campaigns).to_be_hidden()
    dana.page.get_by_text("Menu", exact=True).click()
    campaigns.click()
    dana.sees_heading("Campaigns")
