# SPDX-License-Identifier: Apache-2.0
"""read.py PORT ROOTS: reads the first message of a mailbox by IMAP over checked TLS; prints its structure on one line, then each
part that BODY[...] gives, decoded as the structure says."""
import base64
import imaplib
import quopri
import ssl
import sys

client = imaplib.IMAP4("localhost", int(sys.argv[1]))
client.starttls(ssl_context=ssl.create_default_context(cafile=sys.argv[2]))
client.login("reader", "reader")
client.select(readonly=True)
structure = client.fetch("1", "(BODYSTRUCTURE)")[1][0].decode("ascii")
print("STRUCTURE", structure)
for part in sys.argv[3:]:
    head = client.fetch("1", f"(BODY[{part}.MIME])")[1][0][1].decode("ascii").lower()
    octets = client.fetch("1", f"(BODY[{part}])")[1][0][1]
    if "content-transfer-encoding: base64" in head:
        octets = base64.b64decode(octets)
    elif "content-transfer-encoding: quoted-printable" in head:
        octets = quopri.decodestring(octets)
    print("PART", part, repr(octets.decode("utf-8")))
client.logout()
