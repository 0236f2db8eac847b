// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardContacts
import WardDNS
import WardDelivery
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit

@testable import WardServer

/// Every module over one store, wired as `ward serve` wires them, with a clock that stands and a resolver that knows no
/// domain.
struct WiredWorld {
    let store: any Store
    let clock: TestSurroundings
    let modules: Modules
    let organization: OrganizationID
    let marketer: Requester
    let worker: DeliveryWorker

    static func with(_ kind: StoreKind, _ body: (WiredWorld) async throws -> Void) async throws {
        try await TestStore.with(kind, migrations: Installation.migrations) { store in
            let clock = TestSurroundings()
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            var outside = OutsideWorld.real
            outside.surroundings = clock.surroundings
            outside.resolver = FixedResolver()
            let modules = try Modules(
                store: store,
                vault: ground.vault,
                audit: ground.audit,
                hostName: "ward.example",
                outside: outside
            )
            let made = try await modules.identity.establishOrganization(
                OrganizationDetails(
                    name: "Lakeside Health",
                    postalAddress: "1 Lake Road, Lakeside",
                    timeZone: "America/Chicago",
                    senderDomain: "lakeside.example",
                    staffAddress: "https://ward.lakeside.example",
                    patientAddress: "https://patients.lakeside.example"
                ),
                administrator: NewStaffAccount(name: "Adi Min", email: try WiredWorld.address("adi"), roles: [])
            )
            try await body(
                WiredWorld(
                    store: store,
                    clock: clock,
                    modules: modules,
                    organization: made.organization.id,
                    marketer: TestRequester.with(roles: [.marketer], of: made.organization.id),
                    worker: DeliveryWorker(modules.delivery)
                )
            )
        }
    }

    struct Unexpected: Error {}

    static func address(_ local: String) throws -> EmailAddress {
        guard let address = EmailAddress("\(local)@nowhere.example") else { throw Unexpected() }
        return address
    }

    /// Imports made-up people with record numbers `prefix-0` …, all in the same city.
    func importPeople(_ count: Int, prefix: String = "p", city: String = "Lakeside") async throws -> ImportProgress {
        let rows = (0..<count).map { number in
            "\(prefix)-\(number),Testa\(number),Example,19\(50 + number % 40)-05-17,\(prefix)\(number)@nowhere.example,\(city)"
        }
        let text = (["record_number,given_name,family_name,birth_date,email,city"] + rows).joined(separator: "\r\n")
        let bytes = AsyncStream<[UInt8]> { stream in
            stream.yield(Array(text.utf8))
            stream.finish()
        }
        let outcome = try await modules.contacts.importFile(
            fileName: "people.csv",
            bytes,
            source: "clinic",
            emailTemplate: nil,
            by: marketer
        )
        guard case .imported(let progress) = outcome else { throw Unexpected() }
        return progress
    }

    func person(_ number: String) async throws -> ContactID {
        let query = ContactQuery.recordNumber(Sensitive(number), source: "clinic")
        guard let found = try await modules.contacts.find(query, by: marketer).first else { throw Unexpected() }
        return found.contact
    }

    func send(to person: ContactID, campaign: CampaignID? = nil) async throws -> SubmissionOutcome {
        let terms = MessageTerms(
            messageClass: .treatment,
            sensitivity: .sensitive,
            sender: MailSender(name: "Lakeside Health", address: try Self.address("messages")),
            campaign: campaign
        )
        return try await modules.delivery.send(
            Sensitive(ComposedContent(subject: "From your clinic", text: "The result is fine.", html: nil)),
            terms: terms,
            to: .contact(person),
            at: try Self.address("person"),
            by: marketer
        )
    }

    func undo(_ id: ImportID) async throws -> UndoImportOutcome {
        try await modules.contacts.undo(id, reason: Sensitive("wrong file"), by: marketer)
    }
}
