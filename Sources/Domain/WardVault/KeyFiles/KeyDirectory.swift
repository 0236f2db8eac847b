// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import WardCrypto
package import WardKernel

/// The keys that exist only in files: the root key and the epoch keys (DESIGN section 6). They stay out of the database,
/// out of the data directory's backups, and in this process's memory.
///
/// `root.key` (or a file elsewhere) and `epoch-1.key`, `epoch-2.key` … in a directory that only its owner may enter.
package final class KeyDirectory: Sendable {
    package let path: String
    package let rootKeyPath: String
    let root: KeyMaterial
    private let epochs: Mutex<[Int64: KeyMaterial]>

    /// Reads every key file; throws `KeyFileError` when one is missing, damaged, or readable by others.
    ///
    /// - Parameter rootKey: where the root key is when it is not `root.key` in the directory.
    package init(opening path: String, rootKey: String? = nil) throws(KeyFileError) {
        self.path = path
        rootKeyPath = rootKey ?? path + "/root.key"
        root = try KeyFile.root.read(rootKeyPath)
        var found: [Int64: KeyMaterial] = [:]
        for epoch in try Self.epochNumbers(in: path) {
            found[epoch] = try KeyFile.epoch.read(Self.epochPath(epoch, in: path))
        }
        guard !found.isEmpty else { throw .missing(path: Self.epochPath(1, in: path)) }
        epochs = Mutex(found)
    }

    /// Makes the directory (mode 0700) with a root key and the first epoch key, and opens it. Never overwrites a key.
    package static func create(
        at path: String,
        rootKey: String? = nil,
        surroundings: Surroundings
    ) throws(KeyFileError) -> KeyDirectory {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .failed(path: path, operation: "making", code: errno)
        }
        guard let root = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount)),
            let epoch = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount))
        else { throw .failed(path: path, operation: "drawing a key for", code: EIO) }
        try KeyFile.root.write(root, to: rootKey ?? path + "/root.key")
        try KeyFile.epoch.write(epoch, to: epochPath(1, in: path))
        return try KeyDirectory(opening: path, rootKey: rootKey)
    }

    /// The root key's check value: sixteen hexadecimal digits that name the key without telling anything about it.
    package var rootKeyName: String { Digest.hexadecimal(rootKeyCheck) }

    var rootKeyCheck: [UInt8] { Array(root.authenticationCode(for: "ward root key check value".utf8).prefix(8)) }

    /// The epochs whose keys are here, the oldest first.
    package var epochNumbers: [Int64] { epochs.withLock { $0.keys.sorted() } }

    /// The epoch that new subject keys are wrapped by.
    var newestEpoch: Int64 { epochs.withLock { $0.keys.max() ?? 0 } }

    func epochKey(_ epoch: Int64) throws(VaultError) -> KeyMaterial {
        guard let key = epochs.withLock({ $0[epoch] }) else { throw .epochKeyMissing(epoch: epoch) }
        return key
    }

    /// Writes the key file of the next epoch and makes it the newest.
    func addEpoch(surroundings: Surroundings) throws -> Int64 {
        let epoch = newestEpoch + 1
        guard let key = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount)) else {
            throw KeyFileError.failed(path: path, operation: "drawing a key for", code: EIO)
        }
        try KeyFile.epoch.write(key, to: Self.epochPath(epoch, in: path))
        epochs.withLock { $0[epoch] = key }
        return epoch
    }

    /// Destroys an epoch's key: every subject key that only it wraps is gone, in every backup too.
    func destroyEpoch(_ epoch: Int64) throws(KeyFileError) {
        try KeyFile.destroy(Self.epochPath(epoch, in: path))
        epochs.withLock { $0[epoch] = nil }
    }

    private static func epochPath(_ epoch: Int64, in path: String) -> String { "\(path)/epoch-\(epoch).key" }

    private static func epochNumbers(in path: String) throws(KeyFileError) -> [Int64] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { throw .missing(path: path) }
            throw .failed(path: path, operation: "listing", code: errno)
        }
        defer { closedir(directory) }
        var numbers: [Int64] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix("epoch-"), name.hasSuffix(".key") else { continue }
            if let number = Int64(name.dropFirst(6).dropLast(4)), number >= 1 { numbers.append(number) }
        }
        return numbers.sorted()
    }
}
