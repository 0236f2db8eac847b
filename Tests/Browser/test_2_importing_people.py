# SPDX-License-Identifier: Apache-2.0
"""A spreadsheet of patients: looked at, corrected, imported, mended, and one import undone."""
import re

from playwright.sync_api import expect

from walk import patients


def upload(visitor, name, content):
    visitor.open("/imports")
    visitor.page.get_by_label("File").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    visitor.press("Upload and look")


def target(visitor, column):
    return visitor.page.get_by_label(f"Becomes: {column}")


def count(visitor, label):
    """The number beside a label of the finished import."""
    return visitor.page.locator("dt", has_text=label).locator("xpath=following-sibling::dd[1]")


def test_the_contacts_lead_to_importing(newcomer):
    newcomer.open("")
    newcomer.section("Contacts")
    newcomer.sees("120 people")
    newcomer.look("contacts")
    newcomer.follow("Import people")
    newcomer.sees_heading("Import people")
    newcomer.look("imports")


def test_what_is_no_table_is_refused_with_a_sentence(newcomer):
    upload(newcomer, "picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(400))
    newcomer.watch.expect(422)
    newcomer.sees("There is a problem")
    newcomer.look("import-refused")


def test_an_upload_shows_what_was_understood_before_anything_is_imported(newcomer):
    upload(newcomer, "walkham-patients.csv", patients.spreadsheet())
    newcomer.sees_heading("walkham-patients.csv")
    newcomer.sees("20 rows", "semicolon", "UTF-8", "Treated as protected:", "Date of birth")
    expect(target(newcomer, "First name")).to_have_value("attribute:given_name")
    expect(target(newcomer, "E-mail")).to_have_value("attribute:email")
    newcomer.sees(patients.ROSA.email)
    newcomer.look("import-preview")


def test_the_mapping_can_be_corrected_and_stays_so(newcomer):
    target(newcomer, "Nickname").select_option(label="leave out")
    for order, understood in [("month first", "1951-04-07"), ("day first", "1951-07-04")]:
        newcomer.row("Date of birth", "leave out").get_by_label(order).check()
        newcomer.press("Look again with these choices")
        newcomer.sees(understood)
        expect(newcomer.row("Date of birth", "leave out").get_by_label(order)).to_be_checked()
        expect(target(newcomer, "Nickname")).to_have_value("skip")


def test_without_the_feeds_name_the_import_does_not_start(newcomer):
    newcomer.page.get_by_label("Care: treatment, coordination, refills").check()
    newcomer.fill("Name of the feed", " ")
    newcomer.press("Start the import")
    newcomer.watch.expect(422)
    newcomer.sees("There is a problem", "Name the source")
    newcomer.look("import-not-started")


def test_the_basis_is_named_and_the_import_counts_what_it_did(newcomer):
    newcomer.fill("Name of the feed", "walkham-clinic")
    newcomer.page.get_by_label("Care: treatment, coordination, refills").check()
    newcomer.page.get_by_label("Our own services and plan benefits").check()
    newcomer.fill("Where they agreed", "Intake form of 2025")
    newcomer.fill("Version of the wording", "2025-03")
    newcomer.fill("When", "2025-03-01")
    newcomer.press("Start the import")
    newcomer.sees("finished")
    expect(count(newcomer, "Added")).to_have_text("18")
    expect(count(newcomer, "Unchanged")).to_have_text("1")
    expect(count(newcomer, "Possible duplicates")).to_have_text("1")
    expect(count(newcomer, "Rejected")).to_have_text("1")
    newcomer.look("import-finished")


def test_rejected_rows_are_downloaded_mended_and_uploaded_again(newcomer):
    with newcomer.page.expect_download() as waiting:
        newcomer.press("Download the rejected rows")
    text = waiting.value.path().read_text()
    assert patients.BAD.number in text and "31/31/1977" in text
    assert re.search(r"not a (day|date)|date", text.splitlines()[1]), text
    upload(newcomer, "mended.csv", text.replace("31/31/1977", "31/03/1977").encode())
    target(newcomer, "Nickname").select_option(label="leave out")
    newcomer.row("Date of birth", "leave out").get_by_label("day first").check()
    newcomer.fill("Name of the feed", "walkham-clinic")
    newcomer.press("Start the import")
    newcomer.sees("finished")
    expect(count(newcomer, "Added")).to_have_text("1")
    expect(count(newcomer, "Rejected")).to_have_text("0")


def test_a_long_import_is_watched_survives_a_reload_and_is_undone(newcomer):
    upload(newcomer, "longtown.csv", patients.long_spreadsheet(6_000))
    target(newcomer, "Nickname").select_option(label="leave out")
    newcomer.fill("Name of the feed", "longtown")
    newcomer.press("Start the import")
    expect(newcomer.page.get_by_role("progressbar")).to_be_visible()
    newcomer.sees("rows")
    newcomer.look("import-running")
    newcomer.page.reload()
    newcomer.sees_heading("longtown.csv")
    expect(newcomer.page.locator(".status", has_text="finished")).to_be_visible(timeout=60_000)
    expect(count(newcomer, "Added")).to_have_text("6,000")
    newcomer.unfold("Undo this import")
    newcomer.fill("Reason", "The wrong town")
    newcomer.press("Undo this import")
    expect(newcomer.page.locator(".status", has_text="undone")).to_be_visible(timeout=60_000)
    newcomer.section("Contacts")
    newcomer.sees("139 people")


def test_somebody_is_found_shown_in_part_and_revealed_with_a_reason(newcomer):
    newcomer.section("Contacts")
    newcomer.fill("Name, e-mail address or phone number", "Featherstonehaugh")
    newcomer.press("Search")
    newcomer.sees("1 person found")
    newcomer.sees_not("Konstantinopoulou", patients.MAXIMILIANA.email)
    newcomer.look("contacts-found")
    newcomer.page.locator("tbody th a").first.click()
    newcomer.sees("Facts", "Timeline")
    newcomer.sees_not(patients.MAXIMILIANA.email)
    newcomer.look("contact-masked")
    newcomer.fill("Reason to see the values", "She called about her letter")
    newcomer.press("Reveal")
    newcomer.sees_heading(patients.MAXIMILIANA.name)
    newcomer.sees(patients.MAXIMILIANA.email, "Values are shown.")
    newcomer.look("contact-revealed")


def test_a_search_without_a_result_says_how_to_search(newcomer):
    newcomer.section("Contacts")
    newcomer.fill("Name, e-mail address or phone number", "Nobodyhasthisname")
    newcomer.press("Search")
    newcomer.sees("Nobody was found")
    newcomer.look("contacts-nobody")
