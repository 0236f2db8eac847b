// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

extension Contacts {
    /// Octets that differ whenever an attribute or a list was added, renamed or removed: for whoever remembers what names
    /// stand for. No name is opened for it.
    package func vocabularyMark(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [UInt8] {
        var mark: [UInt8] = []
        for list in try ListQueries.nameIndexes(of: organization, in: tx) { mark += list.id.bytes + list.nameIndex }
        for definition in try DefinitionQueries.all(of: organization, in: tx) {
            mark += Array("\(definition.name.rawValue) \(definition.kind.rawValue) \(definition.isClinical);".utf8)
        }
        return mark
    }
}
