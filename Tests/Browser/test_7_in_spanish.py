# SPDX-License-Identifier: Apache-2.0
"""Patients' pages in Spanish, from the notice to the end."""
import re

from walk import patients
from walk.mail_world import link, open_newest

ENGLISH = re.compile(r"\b(the|your|message|answer|date|sign out|call us|unsubscribe)\b", re.I)


def sees_no_english(visitor, *written):
    """Nothing of the page is in English but the clinic's name and what people wrote."""
    text = visitor.page.locator("body").inner_text()
    for words in ["Lakeside Health (demo)", *written]:
        text = text.replace(words, "")
    assert not ENGLISH.search(text), f"English words: {ENGLISH.findall(text)} in\n{text}"


def test_a_patient_reads_in_spanish(visitor, demonstration):
    rosa = visitor(demonstration.patients, phone=True, language="es-US")
    open_newest(rosa, demonstration, patients.ROSA.email)
    rosa.sees_not("check-up")
    rosa.look("mailbox-notice-spanish")
    rosa.open(link(rosa, "/m/"))
    rosa.sees_heading("Tiene un mensaje")
    assert rosa.page.locator("html").get_attribute("lang") == "es"
    sees_no_english(rosa)
    for label, value in [("Mes", "7"), ("Día", "4"), ("Año", "1950")]:
        rosa.fill(label, value)
    rosa.press("Continuar")
    rosa.watch.expect(422)
    rosa.sees("Esta no es la fecha que tenemos. Le quedan 4 intentos.")
    sees_no_english(rosa)
    rosa.look("portal-wrong-date-spanish")
    rosa.fill("Año", "1951")
    rosa.press("Continuar")
    rosa.sees("Dear Rosa,", "Este mensaje se conserva hasta el")
    rosa.look("portal-message-spanish")
    rosa.fill("Su respuesta", "¿Puedo ir el martes?")
    rosa.press("Enviar su respuesta")
    rosa.sees("Su respuesta está enviada.")
    rosa.press("Cerrar sesión")
    rosa.sees_heading("Ha salido")
    sees_no_english(rosa)
