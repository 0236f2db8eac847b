# SPDX-License-Identifier: Apache-2.0
"""talk.py PORT FILE: writes the file to the port at once, without waiting for an answer, and prints what comes back."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as connection:
    with open(sys.argv[2], "rb") as file:
        connection.sendall(file.read())
    connection.shutdown(socket.SHUT_WR)
    try:
        while octets := connection.recv(65536):
            sys.stdout.write(octets.decode("latin-1"))
    except ConnectionResetError:
        print("reset")
