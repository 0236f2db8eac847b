// SPDX-License-Identifier: Apache-2.0

/// Where an import can be interrupted.
package enum ImportPoint: Hashable, Sendable {
    /// Before the transaction of the chunk that ends with this row.
    case beforeChunk(lastRow: Int)
    /// Inside it, when its rows are written and the place in the file is not.
    case insideChunk(lastRow: Int)
    /// After its COMMIT.
    case afterChunk(lastRow: Int)
    /// While undoing, after so many people.
    case whileUndoing(people: Int)
}
