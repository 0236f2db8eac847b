# SPDX-License-Identifier: Apache-2.0
"""Choosing people: by typing, by clicking, by the keyboard alone; who belongs and why."""
from playwright.sync_api import expect

from walk import patients

TYPED = 'city = "Walkham" and email is not missing'


def change(field, text):
    """Types and leaves the field, as people do."""
    field.fill(text)
    field.press("Tab")


def test_the_list_of_segments_leads_to_a_new_one(newcomer):
    newcomer.section("Segments")
    newcomer.sees("Women due for a mammogram")
    newcomer.look("segments")
    newcomer.follow("Make a segment")
    newcomer.sees_heading("Make a segment")
    newcomer.look("segment-new")


def test_a_mistake_in_a_typed_rule_is_shown_at_its_place(newcomer):
    newcomer.unfold("As text")
    newcomer.fill("The rule as text", 'citty = "Walkham"')
    newcomer.press("Count the text")
    newcomer.sees("There is a problem", "city")
    expect(newcomer.page.locator("pre.source .caret")).to_have_text("^")
    newcomer.look("segment-mistake")


def test_a_typed_rule_is_counted_and_saved(newcomer):
    newcomer.fill("Name", "Walkham by e-mail")
    newcomer.fill("The rule as text", TYPED)
    newcomer.press("Count the text")
    newcomer.sees("18 of 139 people")
    newcomer.press("Save the text")
    newcomer.sees_heading("Walkham by e-mail")
    newcomer.sees("18 of 139 people", "Ten members")


def test_members_are_masked_until_they_are_revealed_with_a_reason(newcomer):
    newcomer.sees_not("Castillo", "Moreau")
    newcomer.look("segment-masked")
    newcomer.fill("Reason to see the names", "To check the segment before writing")
    newcomer.press("Reveal ten")
    newcomer.sees("Names are shown.")
    shown = newcomer.page.locator(".rows li").all_inner_texts()
    assert len(shown) == 10 and any(patient.name in row for patient in patients.EVERYBODY for row in shown), shown
    newcomer.look("segment-revealed")
    newcomer.follow("Hide now")
    newcomer.sees_not(*[patient.name for patient in patients.EVERYBODY])


def test_each_member_has_a_why(newcomer):
    newcomer.page.get_by_role("link", name="Why?").first.click()
    newcomer.sees("This person belongs.", "holds", "city")
    newcomer.look("segment-why")


def test_a_segment_is_made_by_clicking_and_the_count_follows_each_change(newcomer):
    newcomer.open("/segments/new")
    newcomer.fill("Name", "Walkham, born before 1960")
    change(newcomer.page.get_by_label("Value", exact=True), "66")
    change(newcomer.page.get_by_label("Upper value"), "120")
    newcomer.sees("of 139 people")
    before = newcomer.page.locator(".big-number").inner_text()
    newcomer.press("Add a line")
    newcomer.page.get_by_label("What the line is about").nth(1).select_option(label="City")
    expect(newcomer.page.get_by_label("How it is compared")).to_have_count(2)
    change(newcomer.page.get_by_label("Value", exact=True).nth(1), "Walkham")
    newcomer.sees("of 139 people")
    expect(newcomer.page.locator(".big-number")).not_to_have_text(before)
    newcomer.look("segment-builder")
    newcomer.press("Save the segment")
    newcomer.sees_heading("Walkham, born before 1960")
    newcomer.sees("The rule", "each", "left")


def test_a_segment_is_made_with_the_keyboard_alone(newcomer):
    newcomer.open("/segments/new")
    keyboard = newcomer.page.keyboard
    newcomer.tab_to("Name")
    keyboard.type("Grown-ups")
    newcomer.tab_to("Value")
    keyboard.type("18")
    newcomer.tab_to("Upper value")
    keyboard.type("120")
    newcomer.tab_to("Count")
    keyboard.press("Enter")
    newcomer.sees("of 139 people")
    newcomer.tab_to("Save the segment")
    keyboard.press("Enter")
    newcomer.sees_heading("Grown-ups")


def test_a_segment_without_a_name_is_not_saved_and_says_so(newcomer):
    newcomer.follow("Change the rule")
    newcomer.fill("Name", " ")
    newcomer.press("Save the segment")
    newcomer.watch.expect(422)
    newcomer.sees("There is a problem")
    newcomer.look("segment-without-a-name")
