# SPDX-License-Identifier: Apache-2.0
"""A patient on a phone opens the notice, proves who she is, reads, answers; a clinician answers; she reads that."""
from playwright.sync_api import expect

from walk import patients
from walk.mail_world import link, open_newest

QUESTION = "Can I come on a Tuesday?\n\nMornings are best."
REPLY = "Yes, Tuesday at nine. Please do not eat before."


def tell_birth_date(visitor, month, day, year):
    for label, value in [("Month", month), ("Day", day), ("Year", year)]:
        visitor.fill(label, str(value))
    visitor.press("Continue")


def open_portal(visitor, demonstration, patient, at_least=1):
    open_newest(visitor, demonstration, patient.email, at_least)
    visitor.open(link(visitor, "/m/"))
    visitor.sees_heading("You have a message")


def test_the_notice_holds_no_content(visitor, demonstration):
    una = visitor(demonstration.patients, phone=True)
    una.open(f"{demonstration.mailboxes}/?mailbox={patients.UNA.email}")
    una.look("mailbox")
    open_newest(una, demonstration, patients.UNA.email)
    una.sees_not("check-up", "Una", "Okoro", "1988")
    una.look("mailbox-notice")


def test_a_wrong_date_is_refused_the_right_one_opens_and_the_answer_is_kept(visitor, demonstration):
    una = visitor(demonstration.patients, phone=True)
    open_portal(una, demonstration, patients.UNA)
    una.look("portal-asks")
    tell_birth_date(una, "", 2, 1988)
    una.watch.expect(422)
    una.sees("Write your date of birth with month, day and year")
    tell_birth_date(una, 4, 2, 1988)
    una.watch.expect(422)
    una.sees("This is not the date that we have. You have 4 more tries.")
    una.look("portal-wrong-date")
    tell_birth_date(una, 3, 2, 1988)
    una.sees_heading("Time for your check-up")
    una.sees("Dear Una,", "This message is kept until", "Do not use this for emergencies. Call 911.")
    una.look("portal-message")
    una.press("Send your answer")
    una.watch.expect(422)
    una.sees("Write your answer.")
    una.look("portal-empty-answer")
    una.fill("Your answer", QUESTION)
    una.press("Send your answer")
    una.sees("Your answer is sent.", "Mornings are best.")
    una.look("portal-answered")
    una.press("Sign out")
    una.sees_heading("You are signed out")
    una.look("portal-signed-out")
    una.open("/message")
    una.watch.expect(401)
    una.sees_heading("You were signed out")


def test_the_answer_is_in_messages_and_a_clinician_answers(newcomer):
    newcomer.open("")
    newcomer.section("Messages")
    newcomer.sees("Time for your check-up", "nobody yet")
    newcomer.look("messages")
    newcomer.follow("Time for your check-up", exact=False)
    newcomer.sees("Mornings are best.", "The person")
    newcomer.look("thread")
    newcomer.press("Take it")
    newcomer.press("Send the answer")
    newcomer.fill("Your answer", REPLY)
    newcomer.press("Send the answer")
    newcomer.sees("Your answer goes to the portal", REPLY)
    newcomer.look("thread-answered")
    newcomer.section("Messages")
    newcomer.sees("Nothing here")
    newcomer.look("messages-empty")


def test_the_person_gets_a_second_notice_and_reads_the_reply(visitor, demonstration):
    una = visitor(demonstration.patients, phone=True)
    open_portal(una, demonstration, patients.UNA, at_least=2)
    tell_birth_date(una, 3, 2, 1988)
    una.sees(REPLY, "Dana Reyes", "You")
    una.look("portal-reply")


def test_five_wrong_dates_lock_the_page_and_staff_lets_the_person_try_again(visitor, newcomer, demonstration):
    maxi = visitor(demonstration.patients, phone=True)
    open_portal(maxi, demonstration, patients.MAXIMILIANA)
    for _ in range(5):
        tell_birth_date(maxi, 1, 1, 1950)
    maxi.watch.expect(422, 422, 422, 422, 403)
    maxi.sees_heading("We could not make sure that it is you")
    maxi.look("portal-locked")
    newcomer.section("Messages")
    newcomer.sees("Locked out of the portal after five wrong attempts")
    newcomer.look("messages-locked")
    newcomer.unfold("Let them try again")
    newcomer.fill("How do you know who it is?", "She came to the desk with her card")
    newcomer.press("Let them try again")
    newcomer.sees_not("Locked out of the portal")


def test_a_link_that_is_none_says_so(visitor, demonstration):
    somebody = visitor(demonstration.patients, phone=True)
    somebody.open("/m/this-is-no-link")
    somebody.watch.expect(404)
    somebody.sees_heading("This link does not work")
    somebody.look("portal-no-link")
