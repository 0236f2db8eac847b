// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands
import WardKernel
import WardQueue
import WardStorage

/// The name under which one process leases work: each of its workers has the process's name and a byte of its own.
struct WorkOwner: Sendable {
    enum Worker: UInt8, CaseIterable {
        case delivery = 1
        case campaigns = 2
        case imports = 3
        case preflights = 4
        case trials = 5
    }

    static let size = 16
    let process: [UInt8]

    func of(_ worker: Worker) -> [UInt8] { process + [worker.rawValue] }
}

extension Installation {
    /// Names this process, and takes back what the one before it had leased. The lock of the data directory was free, so
    /// that one is dead, and nobody has to wait for its leases to end.
    func takeOverWork() async throws -> WorkOwner {
        let path = directory.workOwnerPath
        // No file at the first start; after a power loss it may be torn, and the leases then end by themselves.
        let previous = FileManager.default.contents(atPath: path).map { WorkOwner(process: Array($0)) }
        let owner = WorkOwner(process: surroundings.randomBytes(WorkOwner.size))
        if let previous, previous.process.count == WorkOwner.size {
            let queue = Queue(surroundings: surroundings)
            try await store.writeAlone { tx in
                for worker in WorkOwner.Worker.allCases {
                    try queue.takeBackAcrossOrganizations(from: previous.of(worker), in: tx)
                }
            }
        }
        let isWritten = FileManager.default.createFile(
            atPath: path,
            contents: Data(owner.process),
            attributes: [.posixPermissions: 0o600]
        )
        guard isWritten else {
            throw CommandFailure(
                "The file \(path) cannot be written: check the room on the disk and your rights on it."
            )
        }
        return owner
    }
}
