// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands
import WardDNS
import WardIdentity
import WardKernel
import WardQueue
import WardSenderDomains
import WardStorage
import WardSubmission
import WardVault

/// `ward doctor`: each setting with its source, then each check with what to do when it fails.
struct Diagnosis {
    enum Verdict: String {
        case good, warning, bad
    }

    struct Finding {
        let check: String
        let verdict: Verdict
        let sentence: String
    }

    let output: any CommandOutput
    let directory: DataDirectory
    let values: SettingValues

    func run(json: Bool) async -> ExitStatus {
        let findings = await findings()
        if json {
            await tellJSON(findings)
        } else {
            await tellSettings()
            await tell(findings)
        }
        return findings.contains { $0.verdict == .bad } ? .negative : .done
    }

    private func findings() async -> [Finding] {
        var findings = [finding("data directory", "\(directory.path)") { try directory.check() }]
        let configuration: ServerConfiguration
        do {
            configuration = try SettingsLoading.configuration(values, directory)
        } catch {
            return findings + [Finding(check: "configuration", verdict: .bad, sentence: "\(error)")]
        }
        findings.append(
            finding("keys", "\(configuration.keysFolder), readable by you alone") {
                _ = try KeyDirectory(opening: configuration.keysFolder)
            }
        )
        findings.append(await storeFinding(configuration))
        findings += await senderDomainFindings(configuration)
        findings += MailPortFindings.of(
            configuration.mail,
            hostName: configuration.mailHostName,
            now: Surroundings.machine.now()
        )
        findings += await waitingFindings(configuration)
        findings.append(checkpointsFinding(configuration.auditCheckpoints))
        findings.append(diskFinding())
        return findings
    }

    private func checkpointsFinding(_ path: String) -> Finding {
        let check = "audit checkpoints"
        var folder = stat()
        guard stat(path, &folder) == 0, folder.st_mode & S_IFMT == S_IFDIR, access(path, W_OK) == 0 else {
            return Finding(
                check: check,
                verdict: .bad,
                sentence: "the folder \(path) is not there or cannot be written to: nothing is sealed without it. "
                    + "Bring it back, or name another as audit.checkpoints."
            )
        }
        var data = stat()
        let isSameDisk = stat(directory.path, &data) == 0 && data.st_dev == folder.st_dev
        return Finding(
            check: check,
            verdict: .good,
            sentence: path + (isSameDisk ? ", on the disk of the data; another disk proves more" : ", on another disk")
        )
    }

    private func finding(_ check: String, _ good: String, _ body: () throws -> Void) -> Finding {
        do {
            try body()
            return Finding(check: check, verdict: .good, sentence: good)
        } catch {
            return Finding(check: check, verdict: .bad, sentence: "\(error)")
        }
    }

    private func storeFinding(_ configuration: ServerConfiguration) async -> Finding {
        do {
            let store = try await StoreOpening.open(configuration.store, in: directory)
            do {
                try await Installation.checkSchema(of: store, in: directory)
                await store.close()
                return Finding(check: "store", verdict: .good, sentence: "answers, and its schema is of this version")
            } catch {
                await store.close()
                return Finding(check: "store", verdict: .bad, sentence: "\(error)")
            }
        } catch {
            return Finding(check: "store", verdict: .bad, sentence: "\(error)")
        }
    }

    /// One line for each organization's mail: whether it is signed, and what its DNS lacks. Nothing when the store does not
    /// answer: its own line says so.
    private func senderDomainFindings(_ configuration: ServerConfiguration) async -> [Finding] {
        do {
            let store = try await StoreOpening.open(configuration.store, in: directory)
            do {
                try await Installation.checkSchema(of: store, in: directory)
                let findings = try await senderDomainFindings(in: store, configuration)
                await store.close()
                return findings
            } catch {
                await store.close()
                return []
            }
        } catch {
            return []
        }
    }

    /// What waits for a person, of every organization: work that was given up, certificates that end. Nothing when the store
    /// does not answer.
    private func waitingFindings(_ configuration: ServerConfiguration) async -> [Finding] {
        do {
            let store = try await StoreOpening.open(configuration.store, in: directory)
            do {
                try await Installation.checkSchema(of: store, in: directory)
                let now = Surroundings.machine.now()
                let (counts, ending) = try await store.read { tx in
                    (
                        try Queue.parkedCountsAcrossOrganizations(in: tx),
                        try Submission.endingCertificatesAcrossOrganizations(at: now, in: tx)
                    )
                }
                await store.close()
                return Self.parkedFindings(counts) + Self.certificateFindings(ending)
            } catch {
                await store.close()
                return []
            }
        } catch {
            return []
        }
    }

    static func parkedFindings(_ counts: [WorkKind: Int]) -> [Finding] {
        counts.sorted { $0.key.name < $1.key.name }.map { kind, count in
            Finding(
                check: "work given up",
                verdict: .warning,
                sentence: "\(count) of \(kind.name), until somebody looks. See: ward mail queue list"
            )
        }
    }

    static func certificateFindings(_ ending: Int) -> [Finding] {
        guard ending > 0 else { return [] }
        return [
            Finding(
                check: "client certificates",
                verdict: .warning,
                sentence:
                    "\(ending) of mail programs ended or will within 30 days, and their accounts sign in with nothing "
                    + "else. See: ward mail accounts certificate list NAME"
            )
        ]
    }

    private func senderDomainFindings(
        in store: any Store,
        _ configuration: ServerConfiguration
    ) async throws -> [Finding] {
        let resolver = try UnboundResolver()
        var findings: [Finding] = []
        for organization in try await Identity.organizationsOfEveryTenant(in: store) {
            let report = try await SenderDomains.diagnose(
                organization,
                in: store,
                resolver: resolver,
                mailHostName: configuration.mailHostName,
                now: Surroundings.machine.now()
            )
            findings.append(Self.finding(report))
        }
        return findings
    }

    static func finding(_ report: DomainReport) -> Finding {
        let check = "mail from \(report.domain)"
        guard report.isSigning else {
            let sentence = "leaves unsigned (no DKIM key is active). Begin with: ward mail keys make"
            return Finding(check: check, verdict: .warning, sentence: sentence)
        }
        let lacking = report.records.filter { !$0.standing.holds }
        guard lacking.isEmpty else {
            let names = lacking.map { "\($0.purpose.word) at \($0.name) \($0.standing.word)" }
            let sentence = names.joined(separator: ", ") + ". See: ward mail dns"
            return Finding(check: check, verdict: .warning, sentence: sentence)
        }
        return Finding(check: check, verdict: .good, sentence: "is signed; DKIM, SPF and DMARC are published")
    }

    /// Whether the volume of the data directory is a mapped (dm-crypt) device. Other ways cannot be seen from here.
    private func diskFinding() -> Finding {
        var status = stat()
        guard stat(directory.path, &status) == 0 else {
            return Finding(check: "disk encryption", verdict: .warning, sentence: "cannot be seen")
        }
        let major = (status.st_dev >> 8) & 0xfff
        let minor = (status.st_dev & 0xff) | ((status.st_dev >> 12) & ~0xff)
        // A mapped device whose identifier begins with CRYPT- (cryptsetup(8)).
        let path = "/sys/dev/block/\(major):\(minor)/dm/uuid"
        let identifier = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let isEncrypted = identifier.hasPrefix("CRYPT-")
        return Finding(
            check: "disk encryption",
            verdict: isEncrypted ? .good : .warning,
            sentence: isEncrypted
                ? "the data directory's volume is encrypted"
                : "the data directory's volume is not seen to be encrypted; what Ward seals is sealed all the same"
        )
    }

    private func tellSettings() async {
        var table = Table([("setting", .left), ("value", .left), ("from", .left)])
        for setting in Setting.all {
            let text = values.text(setting)
            let shown = setting.isSecret && text != setting.standard ? "(set)" : text
            let source =
                switch values.source(setting) {
                case .standard: "standard"
                case .file(let line): "file, line \(line)"
                case .environment: "environment \(setting.environmentName)"
                }
            table.add([setting.key, shown.isEmpty ? "–" : shown, source])
        }
        for line in table.lines(width: output.width) { await output.line(line) }
        await output.line("")
    }

    private func tell(_ findings: [Finding]) async {
        for finding in findings {
            let mark =
                switch finding.verdict {
                case .good: "✓"
                case .warning: "!"
                case .bad: "✗"
                }
            await output.line("\(mark) \(finding.check): \(finding.sentence)")
        }
    }

    private func tellJSON(_ findings: [Finding]) async {
        let rows = findings.map { ["check": $0.check, "verdict": $0.verdict.rawValue, "sentence": $0.sentence] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Strings always encode.
        await output.line((try? encoder.encode(rows)).map { String(decoding: $0, as: UTF8.self) } ?? "[]")
    }
}
