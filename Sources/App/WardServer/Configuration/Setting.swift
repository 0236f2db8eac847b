// SPDX-License-Identifier: Apache-2.0

/// One setting of the configuration file. `staff.listen` in the file is `WARD_STAFF_LISTEN` in the environment.
package struct Setting: Sendable, Hashable {
    package let key: String
    /// What it decides, in a sentence; `ward doctor` prints it.
    package let summary: String
    package let standard: String
    /// A secret is never printed, only whether it is set.
    package let isSecret: Bool

    init(_ key: String, _ summary: String, standard: String = "", isSecret: Bool = false) {
        self.key = key
        self.summary = summary
        self.standard = standard
        self.isSecret = isSecret
    }

    package var environmentName: String {
        var name = "WARD_"
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase { name += "_" }
                name += character.uppercased()
            }
        }
        return name
    }
}

extension Setting {
    static let store = Setting(
        "store",
        "Where the data is kept: sqlite (a file in the data directory), or a PostgreSQL connection address",
        standard: "sqlite",
        isSecret: true
    )
    static let keysFolder = Setting("keys.folder", "The folder of the root key, apart from the data and its backups")
    static let staffListen = Setting("staff.listen", "Where staff pages are served", standard: "127.0.0.1:8480")
    static let staffAddress = Setting("staff.address", "The address staff type into a browser, without a path")
    static let staffCertificate = Setting("staff.certificate", "Certificate chain (PEM) of the staff pages")
    static let staffPrivateKey = Setting("staff.privateKey", "Private key (PEM) of the staff pages")
    static let patientsListen = Setting(
        "patients.listen",
        "Where patients' pages are served",
        standard: "127.0.0.1:8481"
    )
    static let patientsAddress = Setting("patients.address", "The address in links to patients, without a path")
    static let patientsCertificate = Setting("patients.certificate", "Certificate chain (PEM) of the patients' pages")
    static let patientsPrivateKey = Setting("patients.privateKey", "Private key (PEM) of the patients' pages")
    static let webProxies = Setting(
        "web.proxies",
        "Addresses of the proxies in front of both sites, separated by commas: theirs alone is the word on who asks"
    )
    static let mailHostName = Setting("mail.hostName", "The name this host gives to other mail servers (EHLO)")
    static let mailIncoming = Setting(
        "mail.incoming",
        "Where mail that comes back is taken (port 25), such as 0.0.0.0:25; empty: nowhere"
    )
    static let mailSubmission = Setting(
        "mail.submission",
        "Where programs hand in mail with STARTTLS (port 587), such as 127.0.0.1:587; empty: nowhere"
    )
    static let mailSubmissionTLS = Setting(
        "mail.submissionTLS",
        "Where programs hand in mail with TLS from the start (port 465), such as 127.0.0.1:465; empty: nowhere"
    )
    static let mailCertificate = Setting("mail.certificate", "Certificate chain (PEM) of the mail ports")
    static let mailPrivateKey = Setting("mail.privateKey", "Private key (PEM) of the mail ports")
    static let mailFeedback = Setting(
        "mail.feedback",
        "Local parts of the sender domain that take complaints, separated by commas",
        standard: "abuse, fbl, postmaster"
    )
    static let mailRelays = Setting(
        "mail.relays",
        "Addresses of your own mail servers that pass mail on to port 25, separated by commas: SPF says nothing about them"
    )
    static let auditCheckpoints = Setting(
        "audit.checkpoints",
        "The folder of the audit log's signed checkpoints, never in the data directory, best on another disk"
    )
    static let logLevel = Setting("log.level", "The lowest level of events that are logged", standard: "info")

    /// Every setting there is; any other key is an error.
    package static let all: [Setting] = [
        store, keysFolder, staffListen, staffAddress, staffCertificate, staffPrivateKey, patientsListen,
        patientsAddress,
        patientsCertificate, patientsPrivateKey, webProxies, mailHostName, mailIncoming, mailSubmission,
        mailSubmissionTLS, mailCertificate, mailPrivateKey, mailFeedback, mailRelays, auditCheckpoints,
        logLevel,
    ]
}
