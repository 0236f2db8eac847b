// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

extension Contacts {
    /// Those of these people whose import is being undone: they are about to go, or to be again who they were. The send
    /// gate holds what would go to them until that has ended.
    package func beingUndone(
        among people: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        var found: Set<ContactID> = []
        for id in try ImportQueries.undoing(of: organization, in: tx) {
            found.formUnion(try ImportQueries.people(among: people, of: id, organization: organization, in: tx))
        }
        return found
    }
}
