# SPDX-License-Identifier: Apache-2.0
"""Commercial mail has a postal address and a way out of it, in both languages."""
import re

from test_7_in_spanish import sees_no_english
from walk import patients
from walk.composing import choose, compose, send
from walk.mail_world import link, open_newest


def test_commercial_mail_is_asked_for_a_postal_address_and_goes_out_with_a_way_to_unsubscribe(newcomer):
    newcomer.section("Campaigns")
    newcomer.press("New campaign")
    compose(newcomer, "Walkham: our new gym", "Our new gym is open", "Dear {{ given_name | \"patient\" }},\n\ncome and see our gym.")
    newcomer.fill("Postal address", "")
    choose(newcomer, "Does it ask for a donation?", "No")
    choose(newcomer, "Is it a refill reminder", "No")
    choose(newcomer, "Does it encourage people", "Yes")
    choose(newcomer, "What is it about?", "Our own service, or a benefit of our plan")
    choose(newcomer, "Who pays for it?", "Nobody else")
    newcomer.page.get_by_label(re.compile("^Routine")).check()
    newcomer.press("Save")
    newcomer.sees("Class: Own service or benefit", "must carry your postal address")
    newcomer.look("campaign-without-an-address")
    newcomer.fill("Postal address", "1 Shore Road, Lakeside, MA 01013")
    newcomer.press("Save")
    newcomer.press("Check everybody")
    newcomer.sees("18 people:")
    send(newcomer)


def test_unsubscribing_asks_once_and_takes_effect(visitor, demonstration):
    ines = visitor(demonstration.patients, phone=True)
    open_newest(ines, demonstration, patients.OTHERS[0].email, at_least=2)
    ines.sees("Dear Ines,", "come and see our gym.")
    ines.open(link(ines, "/u/"))
    ines.sees_heading("Unsubscribe")
    ines.look("unsubscribe-asks")
    ines.press("Unsubscribe")
    ines.sees_heading("You are unsubscribed")
    ines.look("unsubscribe-done")


def test_somebody_unsubscribes_in_spanish(visitor, demonstration):
    lucia = visitor(demonstration.patients, phone=True, language="es-US")
    open_newest(lucia, demonstration, patients.OTHERS[2].email, at_least=2)
    lucia.open(link(lucia, "/u/"))
    lucia.sees_heading("Cancelar la suscripción")
    sees_no_english(lucia)
    lucia.press("Cancelar la suscripción")
    lucia.sees_heading("Su suscripción está cancelada")
    sees_no_english(lucia)
    lucia.look("unsubscribe-done-spanish")
