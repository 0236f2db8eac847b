// SPDX-License-Identifier: Apache-2.0

/// Where a command writes: the terminal it was started in, whether it runs there or inside a running `ward serve`.
package protocol CommandOutput: Sendable {
    /// Whether standard output is a terminal, so that lines may be redrawn.
    var isTerminal: Bool { get }
    /// Columns of the terminal; 100 when there is none.
    var width: Int { get }
    /// One line on standard output.
    func line(_ text: String) async
    /// One line on standard error.
    func problem(_ text: String) async
    /// The state of something that takes longer than a second; redrawn on a terminal, dropped elsewhere.
    func progress(_ text: String) async
    /// Ends the redrawn line.
    func endProgress() async
}

/// Files that the person named on the command line, read and written on their side with their rights.
package protocol CommandFiles: Sendable {
    /// The file's bytes in order, in chunks of at most 64 KiB.
    func read(_ path: String) -> AsyncThrowingStream<[UInt8], any Error>
    /// Makes or replaces a file with mode 0600.
    func write(_ path: String, _ bytes: [UInt8]) async throws
}

extension CommandFiles {
    /// The whole of a file, as far as it goes a little beyond `limit` octets: whoever takes more than that as too large says so,
    /// and there is no need to read on.
    func octets(of path: String, limit: Int) async throws -> [UInt8] {
        var octets: [UInt8] = []
        for try await chunk in read(path) {
            octets += chunk
            if octets.count > limit { break }
        }
        return octets
    }
}
