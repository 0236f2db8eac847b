# SPDX-License-Identifier: Apache-2.0
"""The peer: Postfix, with OpenDKIM over a local socket, with the settings that were fastest for it."""
import glob
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from .processes import free_port, memory_now, opened, processor_seconds, run, start, text_of
from .receiver import NAME

#: What its programs sign in with.
ACCOUNT = {"login": "bench", "password": "bench"}


class SignIns:
    """Says yes to every AUTH, in the protocol by which Postfix asks Dovecot (version 1.2).

    It runs here, so a sign-in costs the peer no look-up, no hash of the password and no entry in a log.
    """

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(200)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection, connection.makefile("rwb") as file:
            file.write(b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n")
            file.flush()
            try:
                for line in file:
                    words = line.rstrip(b"\n").split(b"\t")
                    if words[0] == b"AUTH":
                        file.write(b"OK\t" + words[1] + b"\tuser=bench\n")
                        file.flush()
            except OSError:
                return

    def stop(self):
        # A thread that waits in accept() is not woken by closing its socket alone.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Postfix:
    """Takes mail on `port` in the clear and on `secure_port` over TLS from the start with AUTH; relays it to the sink.

    - signs: whether OpenDKIM signs what comes.
    - holds: whether everything is kept without an attempt to deliver it, until `let_go`.
    """

    def __init__(self, folder, sink, signs=True, holds=False):
        self.etc, self.home, self.sink = f"{folder}/postfix/etc", f"{folder}/postfix", sink
        self.port, self.secure_port, self.holds = free_port(), free_port(), holds
        for name in ("etc", "spool", "data"):
            os.makedirs(f"{self.home}/{name}")
        shutil.chown(f"{self.home}/data", "postfix")
        os.chmod(folder, 0o755)
        for name in ("dynamicmaps.cf", "postfix-files"):
            if os.path.exists(f"/etc/postfix/{name}"):
                shutil.copy(f"/etc/postfix/{name}", self.etc)
        self.sign_ins = SignIns(f"{self.home}/sign-ins")
        self.dkim = self.socket = self.signing = None
        if signs:
            self.start_signer()
        self.write_services()
        self.write_settings(folder)
        self.begin()

    def begin(self):
        try:
            run("postfix", "-c", self.etc, "start")
            opened(self.port)
        except SystemExit as problem:
            sys.exit(f"{problem}\n{text_of(f'{self.home}/log')}")
        self.master = int(text_of(f"{self.home}/spool/pid/master.pid"))

    def write_services(self):
        source = "/usr/share/postfix/master.cf.dist"
        lines = []
        with open(source if os.path.exists(source) else "/etc/postfix/master.cf", encoding="utf-8") as file:
            for line in file:
                words = line.split()
                if len(words) > 7 and words[1] in ("unix", "unix-dgram", "fifo", "pass") and not line.startswith("#"):
                    words[4] = "n"
                    lines.append(" ".join(words))
        lines += [f"{self.port} inet n - n - 100 smtpd",
                  f"{self.secure_port} inet n - n - 100 smtpd -o smtpd_tls_wrappermode=yes "
                  "-o smtpd_sasl_auth_enable=yes",
                  "tlsproxy unix - - n - 0 tlsproxy"]
        with open(f"{self.etc}/master.cf", "w", encoding="utf-8") as file:
            file.write("\n".join(dict.fromkeys(lines)) + "\n")

    def write_settings(self, folder):
        hold = "check_recipient_access static:HOLD," if self.holds else ""
        milter = f"smtpd_milters=local:{self.socket}\nmilter_default_action=tempfail\n" if self.socket else ""
        with open(f"{self.etc}/main.cf", "w", encoding="utf-8") as file:
            file.write(f"""compatibility_level=3.6
queue_directory={self.home}/spool
data_directory={self.home}/data
inet_interfaces=127.0.0.1
inet_protocols=ipv4
myhostname=bench.test
mydestination=
mynetworks=127.0.0.0/8
relayhost=[127.0.0.1]:{self.sink.port}
smtpd_recipient_restrictions={hold}permit_mynetworks,reject
smtpd_client_connection_count_limit=0
smtpd_peername_lookup=no
smtpd_tls_cert_file={folder}/mx.pem
smtpd_tls_key_file={folder}/mx.key
smtpd_sasl_type=dovecot
smtpd_sasl_path={self.home}/sign-ins
smtp_dns_support_level=disabled
default_destination_concurrency_limit=50
initial_destination_concurrency=50
default_process_limit=100
qmgr_message_active_limit=200000
in_flow_delay=0
maillog_file={self.home}/log
maillog_file_prefixes=/tmp,/var
smtp_tls_security_level=secure
smtp_tls_secure_cert_match={NAME}
smtp_tls_CAfile={folder}/ca.pem
smtp_tls_connection_reuse=yes
smtp_tls_session_cache_database=btree:{self.home}/data/smtp_scache
{milter}""")

    def start_signer(self):
        # OpenDKIM refuses files below a folder that everybody may write to, such as /tmp.
        self.signing = tempfile.mkdtemp(prefix="ward-bench-opendkim-", dir="/run")
        self.socket = f"{self.signing}/sock"
        run("openssl", "genrsa", "-traditional", "-out", f"{self.signing}/key.pem", "2048")
        with open(f"{self.signing}/conf", "w", encoding="utf-8") as file:
            file.write(f"""Syslog no
Mode s
Domain sender.test
Selector s1
KeyFile {self.signing}/key.pem
Canonicalization relaxed/relaxed
Socket local:{self.socket}
UMask 000
UserID opendkim
InternalHosts 127.0.0.0/8
Background no
PidFile {self.signing}/pid
RequireSafeKeys no
""")
        for path in [self.signing, *glob.glob(f"{self.signing}/*")]:
            shutil.chown(path, "opendkim")
        os.chmod(self.signing, 0o755)
        self.dkim = start("opendkim", "-x", f"{self.signing}/conf", stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while not os.path.exists(self.socket) and time.monotonic() < limit:
            time.sleep(0.05)

    def roots(self):
        return [self.master] + ([self.dkim.pid] if self.dkim else [])

    def processor_seconds(self):
        return processor_seconds(self.roots())

    def memory(self):
        """At the end of a run: its processes stay for a while, at what they grew to."""
        return memory_now(self.roots())

    def let_go(self):
        """Delivers what was held."""
        run("postsuper", "-c", self.etc, "-H", "ALL")
        run("postqueue", "-c", self.etc, "-f")

    def break_off(self):
        """Everything ends at once, in the middle of what it does."""
        run("postfix", "-c", self.etc, "abort")
        limit = time.monotonic() + 20
        while os.path.exists(f"/proc/{self.master}") and time.monotonic() < limit:
            time.sleep(0.02)

    def stop(self):
        subprocess.run(["postfix", "-c", self.etc, "stop"], stderr=subprocess.DEVNULL, check=False)
        self.sign_ins.stop()
        if self.dkim:
            self.dkim.terminate()
            self.dkim.wait()
            shutil.rmtree(self.signing, ignore_errors=True)
