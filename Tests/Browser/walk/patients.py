# SPDX-License-Identifier: Apache-2.0
"""Invented patients of a town of their own, as a spreadsheet would have exported them: semicolons, day before month."""
from dataclasses import dataclass

TOWN = "Walkham"
HEADER = "Patient ID;First name;Last name;Date of birth;Sex;Language;E-mail;Phone;City;Nickname"


@dataclass(frozen=True)
class Patient:
    number: str
    given: str
    family: str
    day: int
    month: int
    year: int
    email: str
    sex: str = "F"
    language: str = "en"

    @property
    def name(self):
        return f"{self.given} {self.family}".strip()

    @property
    def row(self):
        born = f"{self.day:02}/{self.month:02}/{self.year}"
        cells = [self.number, self.given, self.family, born, self.sex, self.language, self.email, "", TOWN, "Pip"]
        return ";".join(cells)


# Their provider offers no TLS, or TLS for another name: they read in the portal.
ROSA = Patient("W-1001", "Rosa", "Castillo", 4, 7, 1951, "rosa.castillo@plain.example", language="es")
MAXIMILIANA = Patient(
    "W-1002", "Maximiliana Bartholomea", "Featherstonehaugh-Konstantinopoulou", 9, 11, 1946, "maxi.f@othername.example"
)
UNA = Patient("W-1003", "Una", "Okoro", 2, 3, 1988, "una.okoro@plain.example")
ABEL = Patient("W-1004", "Abel", "Lindgren", 8, 5, 1939, "abel.lindgren@plain.example", sex="M")
# Somebody who is not reached: the server refuses the mailbox.
GREG = Patient("W-1005", "Greg", "Ames", 1, 2, 1970, "gone.ames@refusing.example", sex="M")
# A name from right to left, and nobody to write to.
NOUR = Patient("W-1006", "نور", "الدين", 6, 6, 1992, "nour@tls.example", language="ar")
SILAS = Patient("W-1007", "Silas", "Brand", 3, 8, 1961, "", sex="M")
OTHERS = [
    Patient(f"W-11{number:02}", given, family, number + 1, 12 - number, 1950 + 3 * number, f"w11{number:02}@tls.example")
    for number, (given, family) in enumerate(
        [("Ines", "Moreau"), ("Tom", "Sayle"), ("Lucía", "Peña"), ("Björk", "Ström"), ("Wen", "Li"), ("Pia", "Kern"),
         ("Jo", "Ashby"), ("Dara", "Quinn"), ("Emeka", "Obi"), ("Suri", "Patel")]
    )
]
EVERYBODY = [ROSA, MAXIMILIANA, UNA, ABEL, GREG, NOUR, SILAS, *OTHERS]

# Rows that a spreadsheet has, too: one with an impossible day, one person twice, one who may be another.
BAD = Patient("W-1090", "Ida", "Holm", 31, 31, 1977, "ida.holm@tls.example")
MENDED = Patient("W-1090", "Ida", "Holm", 31, 3, 1977, "ida.holm@tls.example")
MAYBE_TOM = Patient("W-1091", "Tom", "Sayle", 2, 11, 1953, "t.sayle@slow.example", sex="M")


def spreadsheet():
    rows = [patient.row for patient in EVERYBODY] + [BAD.row, OTHERS[0].row, MAYBE_TOM.row]
    return "\r\n".join([HEADER, *rows, ""]).encode()


def long_spreadsheet(count):
    """Enough people of another town that an import can be watched."""
    rows = [f"L-{number};Person {number};Long;{number % 28 + 1:02}/05/1980;F;en;;;Longtown;" for number in range(count)]
    return "\r\n".join([HEADER, *rows, ""]).encode()
