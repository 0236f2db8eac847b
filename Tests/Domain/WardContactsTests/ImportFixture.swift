// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardKernel
import WardStorage

@testable import WardContacts

/// Bytes in pieces, as an upload brings them.
func pieces(_ bytes: [UInt8], of size: Int = 1_000) -> AsyncStream<[UInt8]> {
    AsyncStream { stream in
        for start in stride(from: 0, to: bytes.count, by: size) {
            stream.yield(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        stream.finish()
    }
}

extension ContactsFixture {
    func upload(_ text: String, name: String = "people.csv") async throws -> UploadOutcome {
        try await contacts.upload(fileName: name, pieces(Array(text.utf8)), by: marketer)
    }

    /// The problem for which a file is refused.
    func problem(_ bytes: [UInt8], name: String = "people.csv") async throws -> String {
        switch try await contacts.upload(fileName: name, pieces(bytes), by: marketer) {
        case .refused(_, let problem): problem.description
        case .ready: "taken"
        }
    }

    /// Imports a file with what is proposed for it.
    @discardableResult
    func importing(
        _ text: String,
        name: String = "people.csv",
        source: String = "clinic",
        template: String? = nil,
        basis: WritingBasis? = nil,
        list: ListID? = nil,
        adjust: (inout ImportMapping) -> Void = { _ in }
    ) async throws -> ImportProgress {
        let outcome = try await contacts.importFile(
            fileName: name,
            pieces(Array(text.utf8), of: 100_000),
            source: source,
            emailTemplate: template.flatMap(EmailTemplate.init),
            basis: basis,
            list: list,
            by: marketer,
            adjust: adjust
        )
        guard case .imported(let progress) = outcome else { throw FixtureError.notCreated }
        return progress
    }

    func rejected(_ id: ImportID) async throws -> String {
        var bytes: [UInt8] = []
        let rows = try await contacts.exportRejected(of: id, by: marketer)
        while let piece = try await rows?.next() { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What everybody is, without identifiers: to compare two runs.
    func census() async throws -> [String] {
        try await everybody().map { person in
            let values = person.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.display)" }
            let records = person.records.map { "\($0.kind.rawValue) \($0.start) \($0.code)" }.sorted()
            return (values + records + [person.isDeceased ? "deceased" : "living"]).joined(separator: "|")
        }.sorted()
    }
}

/// A file of made-up people as a Synthea export that went through a spreadsheet: semicolons, dates like `5/25/1989`,
/// ZIP codes without their leading zero or zero altogether, numbers with points at every third digit, accents, digits in names.
enum DamagedExport {
    static let header = "Id;BIRTHDATE;DEATHDATE;SSN;FIRST;LAST;MARITAL;RACE;GENDER;CITY;ZIP;LAT;HEALTHCARE_EXPENSES"

    static func people(_ count: Int) -> String {
        let given = ["José Eduardo181", "Milo271", "Mariana775", "Zoë12", "Anna"]
        let family = ["Gómez206", "Feil794", "Müller1", "O'Hara", "Nuñez"]
        let rows = (0..<count).map { number -> String in
            let death = number % 7 == 3 ? "3/\(1 + number % 28)/2011" : ""
            return [
                "id-\(number)", "\(1 + number % 12)/\(1 + number % 28)/\(1_930 + number % 80)", death,
                "999-76-\(1_000 + number % 9_000)", given[number % 5], family[number / 5 % 5],
                number % 2 == 0 ? "M" : "", "white", number % 3 == 0 ? "M" : "F", "Chicopee",
                number % 10 == 9 ? "0" : number % 4 == 0 ? "1013" : "10\(10 + number % 80)", "4.222.835.382.315.940",
                number % 3 == 0 ? "13.348.799.999.999.900" : "271227.08",
            ].joined(separator: ";")
        }
        return ([header] + rows).joined(separator: "\n") + "\n"
    }

    static func conditions(_ count: Int, of people: Int) -> String {
        let rows = (0..<count).map { number in
            "2001-05-\(10 + number % 18),,id-\(number % people),enc-\(number),\(40_055_000 + number % 9),Chronic sinusitis"
        }
        return (["START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION"] + rows).joined(separator: "\r\n") + "\r\n"
    }
}

/// Throws at the points that it is told.
final class Crash: Sendable {
    private let due: Mutex<[ImportPoint]>
    init(at points: [ImportPoint]) { due = Mutex(points) }

    /// Each point crashes once.
    func pass(_ point: ImportPoint) throws {
        let isDue = due.withLock { points in
            guard let position = points.firstIndex(of: point) else { return false }
            points.remove(at: position)
            return true
        }
        if isDue { throw FixtureError.interrupted }
    }
}
