// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage

extension Contacts {
    /// All attributes: the built-in ones, then the organization's own by name.
    package func attributes(by requester: Requester) async throws -> [AttributeDefinition] {
        try requester.require(.viewContacts)
        return try await store.read { tx in try self.attributes(of: requester.organization, in: tx) }
    }

    /// The same for code that decides inside a transaction of its own.
    package func attributes(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [AttributeDefinition] {
        AttributeDefinition.builtIns + (try DefinitionQueries.all(of: organization, in: tx))
    }

    func definitions(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [AttributeName: AttributeDefinition] {
        var result = AttributeDefinition.builtInsByName
        for definition in try DefinitionQueries.all(of: organization, in: tx) { result[definition.name] = definition }
        return result
    }

    /// Adds an attribute of the organization's own. False when the name is taken.
    package func define(_ definition: AttributeDefinition, by requester: Requester) async throws -> Bool {
        try requester.require(.importContacts)
        return try await store.write { tx in try self.define(definition, by: requester, in: tx) }
    }

    func define(
        _ definition: AttributeDefinition,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        guard AttributeDefinition.builtInsByName[definition.name] == nil else { return false }
        let now = surroundings.now()
        guard try DefinitionQueries.insert(definition, of: requester.organization, at: now, in: tx) else {
            return false
        }
        try audit.record(
            AuditEntry(
                .attributeDefine,
                fields: [definition.name.rawValue],
                facts: ["phi": definition.isPHI ? "yes" : "no", "clinical": definition.isClinical ? "yes" : "no"]
            ),
            by: requester,
            in: tx
        )
        return true
    }
}

/// Statements on `attribute_definition`.
enum DefinitionQueries {
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [AttributeDefinition] {
        try tx.rows(
            """
            SELECT name, label, kind, is_phi, is_clinical FROM attribute_definition
            WHERE organization = \(organization) ORDER BY name
            """
        ).compactMap { row in
            guard let name = AttributeName(rawValue: try row.value(at: 0)),
                let kind = AttributeKind(rawValue: try row.value(at: 2))
            else { return nil }
            return AttributeDefinition(
                name: name,
                label: try row.value(at: 1),
                kind: kind,
                isPHI: try row.value(at: 3),
                isClinical: try row.value(at: 4)
            )
        }
    }

    static func insert(
        _ definition: AttributeDefinition,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO attribute_definition (organization, name, label, kind, is_phi, is_clinical, created_at)
            VALUES (\(organization), \(definition.name.rawValue), \(definition.label), \(definition.kind.rawValue),
            \(definition.isPHI), \(definition.isClinical), \(now)) ON CONFLICT DO NOTHING
            """
        ) == 1
    }
}
