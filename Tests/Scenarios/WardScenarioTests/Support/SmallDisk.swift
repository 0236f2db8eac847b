// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import WardTestKit

/// A tmpfs that holds the data directory of a place for one test; the keys lie outside. Mounting needs root.
struct SmallDisk {
    private let place: ScenarioPlace
    private var ballast: String { place.data + "/ballast" }

    static func with(
        _ megabytes: Int,
        at place: ScenarioPlace,
        _ body: (SmallDisk) async throws -> Void
    ) async throws {
        try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: false)
        let disk = SmallDisk(place: place)
        try await disk.mount("-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "tmpfs", place.data)
        do {
            try await body(disk)
            try await disk.unmount()
        } catch {
            try await disk.unmount()
            throw error
        }
    }

    /// Gives it another size.
    func resize(toMegabytes megabytes: Int) async throws {
        try await mount("-o", "remount,size=\(megabytes)m", place.data)
    }

    /// Takes every free byte.
    func fill() throws {
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard file >= 0 else { throw ChildProcess.Failure(description: "The ballast cannot be written.") }
        defer { close(file) }
        for size in [1 << 20, 4_096, 1] {
            let piece = [UInt8](repeating: 0, count: size)
            while write(file, piece, size) == size {}
        }
    }

    func makeRoom() throws { try FileManager.default.removeItem(atPath: ballast) }

    private func mount(_ arguments: String...) async throws {
        let child = try ChildProcess("/bin/mount", arguments, outputIn: place.folder, named: "mount")
        guard try await child.end() == .exited(0) else {
            throw ChildProcess.Failure(description: "A tmpfs cannot be mounted here (root is needed): \(child.errors)")
        }
    }

    private func unmount() async throws {
        let child = try ChildProcess("/bin/umount", [place.data], outputIn: place.folder, named: "umount")
        expectSame(try await child.end(), .exited(0))
    }
}
