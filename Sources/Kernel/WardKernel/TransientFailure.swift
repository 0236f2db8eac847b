// SPDX-License-Identifier: Apache-2.0

/// An error of something outside (a database, a peer) that may be gone in a minute: an edge then answers "try again",
/// not "broken".
package protocol TransientFailure: Error {
    var isTransient: Bool { get }
}
