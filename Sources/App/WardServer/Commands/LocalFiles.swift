// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import WardCommands

/// Files of the process's own user.
package struct LocalFiles: CommandFiles {
    static let chunkSize = 65_536

    package init() {}

    package func read(_ path: String) -> AsyncThrowingStream<[UInt8], any Error> {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            let failure = CommandFailure("The file \(path) cannot be read: check its name and your rights on it.")
            return AsyncThrowingStream { throw failure }
        }
        return AsyncThrowingStream {
            guard let chunk = try handle.read(upToCount: Self.chunkSize), !chunk.isEmpty else { return nil }
            return Array(chunk)
        }
    }

    package func write(_ path: String, _ bytes: [UInt8]) async throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("The file \(path) cannot be written: check the folder and your rights on it.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }
}
