// SPDX-License-Identifier: Apache-2.0

import Glibc
package import WardCommands

/// The right to a data directory: one process holds it (flock(2)), and the kernel takes it back when the process ends.
package final class DataDirectoryLock: Sendable {
    private let descriptor: Int32

    /// Throws a sentence when another process has the directory.
    package init(_ directory: DataDirectory) throws(CommandFailure) {
        descriptor = open(directory.lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("The data directory \(directory.path) cannot be written with your rights.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure(
                "Another process has the data directory \(directory.path). Two would corrupt it; stop the other one first."
            )
        }
    }

    deinit {
        // Closing alone is not enough while a program that another thread is just starting has a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
